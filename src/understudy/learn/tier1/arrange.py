"""The order in which an answer's entries are shown: the ranker's, within what may not be moved.

A critical entry is always shown and never falls below its limit; with a cap, chance has the last
place alone.
"""

from collections.abc import Sequence, Set

import numpy as np

from understudy.learn.tier1.explore import Shown, choose_shown
from understudy.learn.tier1.tensors import Array


def arrange(
    scores: Array,
    critical: Sequence[bool],
    critical_place: int,
    count: int,
    epsilon: float,
    draw: np.random.Generator,
) -> Shown:
    """Which entries are shown, best first. `critical_place` counts from one; a critical entry that
    the model itself put lower may stay there. The cap gives way where it would cut one off."""
    total = len(critical)
    count = min(total, max(count, sum(critical) + 1))
    last = total - 1 if count == total else count - 2
    deadlines = [
        min(last, max(critical_place - 1, place)) if flag else total
        for place, flag in enumerate(critical)
    ]
    order = _by_score_within(np.asarray(scores), deadlines)
    ranks = np.empty(total)
    ranks[order] = -np.arange(total, dtype=np.float64)
    return choose_shown(ranks, count, epsilon, draw)


def _by_score_within(scores: Array, deadlines: Sequence[int]) -> list[int]:
    """Best first, but each by its deadline (the last place it may take, from zero)."""
    left = [int(entry) for entry in np.argsort(-scores, kind="stable")]
    # Whatever may stand last is in time wherever it stands.
    urgent = {entry for entry, deadline in enumerate(deadlines) if deadline < len(deadlines)}
    order: list[int] = []
    while urgent:
        first = len(order) + 1
        best = next(one for one in left if _in_time(urgent - {one}, deadlines, first))
        left.remove(best)
        urgent.discard(best)
        order.append(best)
    return order + left


def _in_time(others: Set[int], deadlines: Sequence[int], first: int) -> bool:
    """Whether these can still be placed in time, from this place on (earliest deadline first)."""
    due = sorted(deadlines[one] for one in others)
    return all(one >= first + later for later, one in enumerate(due))
