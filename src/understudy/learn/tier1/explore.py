"""Shows something else in the last place now and then, with the exact chance of everything shown.

Only the last place is given to chance: the others are what the user came for.
"""

from dataclasses import dataclass

import numpy as np

from understudy.learn.tier1.tensors import Array, Ints


@dataclass(frozen=True, slots=True)
class Shown:
    """The places of the shown items, best first, and for every item of the list its chance to be
    shown: one, what the last place gives it, or nothing."""

    order: Ints
    chances: Array


def choose_shown(scores: Array, count: int, epsilon: float, draw: np.random.Generator) -> Shown:
    """The best `count`; with chance `epsilon` the last of them is drawn from all that is left."""
    order = np.argsort(-scores, kind="stable")
    chances = np.zeros(len(order), dtype=np.float64)
    if len(order) <= count or count == 0:
        chances[order[:count]] = 1.0
        return Shown(order[:count], chances)
    kept, rest = order[: count - 1], order[count - 1 :]
    chances[kept] = 1.0
    chances[rest] = epsilon / len(rest)
    chances[rest[0]] += 1 - epsilon
    last = rest[draw.integers(len(rest))] if draw.random() < epsilon else rest[0]
    return Shown(np.append(kept, last), chances)
