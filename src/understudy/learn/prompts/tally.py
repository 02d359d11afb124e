"""What is known of one version's answers, in sums; and by which of them versions are compared.

A judge takes the newest answers first, so that it may have judged nearly all of one version's and none of
another's. Its part in a reward is never compared with the lack of it.
"""

import math
from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum
from typing import Protocol


class Basis(Enum):
    UNJUDGED = "unjudged"
    """Answers of which users or the application said something, the judge's part left out."""
    JUDGED = "judged"
    """Answers that a judge evaluated, its part included."""


@dataclass(frozen=True, slots=True)
class Tally:
    """So many rewards, their sum and that of their squares."""

    count: int = 0
    total: float = 0.0
    squares: float = 0.0

    @property
    def mean(self) -> float | None:
        return self.total / self.count if self.count else None

    def moved(self, before: float | None, after: float | None) -> "Tally":
        """One reward in another's place; None is none."""
        was, now = before or 0.0, after or 0.0
        return Tally(
            self.count + (after is not None) - (before is not None),
            self.total + now - was,
            self.squares + now**2 - was**2,
        )


NOTHING = Tally()


class Tallied(Protocol):
    @property
    def trials(self) -> int: ...

    def by(self, basis: Basis) -> Tally: ...


def find_basis(versions: Iterable[Tallied]) -> Basis:
    """The one by which the least known of those that were tried is known better; of equals the
    judged, which says more."""
    tried = [one for one in versions if one.trials]
    judged = min((one.by(Basis.JUDGED).count for one in tried), default=0)
    unjudged = min((one.by(Basis.UNJUDGED).count for one in tried), default=0)
    return Basis.JUDGED if judged and judged >= unjudged else Basis.UNJUDGED


def clipped(reward: float | None, clip: float) -> float | None:
    """None for what is no number."""
    if reward is None or not math.isfinite(reward):
        return None
    return max(-clip, min(clip, reward))
