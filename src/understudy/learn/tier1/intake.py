"""Feedback as it comes in, brought to what the ranker can learn from.

Scores that are no numbers, items that were not in the plan and repeated events are left out and
counted; nothing here raises.
"""

import math
import zlib
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from numbers import Real

from understudy.learn.tier1.features import Item


@dataclass(frozen=True, slots=True)
class Event:
    """One answered query: what stood in the plan, and the rewards (-1 to 1) that came for items of
    it by their key. `key` is the answer and, after a colon, what was said of it: the same said again
    changes nothing, something else takes the earlier event's place. `relevance` is the LLM's own, 0
    to 1; `at` is when it was answered."""

    key: str
    query: str
    items: Sequence[Item]
    rewards: Mapping[str, float]
    relevance: Sequence[float] | None = None
    at: float = 0.0


class Intake:
    """Remembers what it let in last of each answer, for the last `limit` of them."""

    def __init__(self, limit: int) -> None:
        self.said: dict[str, str] = {}
        self.refused: Counter[str] = Counter()
        self._limit = limit

    def admit(self, event: Event) -> dict[int, float]:
        """Rewards by the item's place in the plan; empty when there is nothing to learn."""
        answer, said = split_key(event.key)
        if self.said.get(answer) == said:
            self.refused["repeated event"] += 1
            return {}
        keys = [item.key for item in event.items]
        rewards: dict[int, float] = {}
        for key, reward in event.rewards.items():
            if key not in keys:
                self.refused["item not in the plan"] += 1
            elif not _is_number(reward):
                self.refused["score is no number"] += 1
            else:
                rewards[keys.index(key)] = float(max(-1, min(1, reward)))
        if rewards:
            self.said.pop(answer, None)
            self.said[answer] = said
            if len(self.said) > self._limit:
                del self.said[next(iter(self.said))]
        return rewards


def split_key(key: str) -> tuple[str, str]:
    """The answer, and what was said of it."""
    answer, _, said = key.partition(":")
    return answer, said


def is_held_out(key: str, share: float) -> bool:
    """By hash, so that a restart or a reordered stream decides alike; of the answer alone, so that
    later words about it are on the side of the first."""
    return zlib.crc32(b"validation:" + split_key(key)[0].encode()) < share * 2**32


def clean_relevance(relevance: Sequence[float] | None, count: int) -> list[float]:
    """One number in [0, 1] for each item, NaN where none was given or it is not one."""
    if relevance is None:
        return [math.nan] * count
    given = list(relevance)[:count]
    given += [math.nan] * (count - len(given))
    return [float(max(0, min(1, one))) if _is_number(one) else math.nan for one in given]


def _is_number(value: object) -> bool:
    """Of numpy's too. An integer is never infinite, and may be too large to ask."""
    if isinstance(value, int):
        return not isinstance(value, bool)
    return isinstance(value, Real) and math.isfinite(value)
