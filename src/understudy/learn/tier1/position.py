"""Does an entry's place in the list change what is said of it? Off-policy estimates take it that it does not.

The places were chosen by rankers, not by chance: what an entry was expected to earn, and what it
earns elsewhere, is held equal; what else users see in an order is not.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import NormalDist

import numpy as np

from understudy.learn.tier1.tensors import Array

MIN_JUDGED = 50


@dataclass(frozen=True, slots=True)
class Judged:
    """The entries of one answer that were shown and rewarded (-1 to 1), with the place of each."""

    keys: Sequence[str]
    places: Array
    expected: Array
    rewards: Array


@dataclass(frozen=True, slots=True)
class PlaceEffect:
    """The change of the reward with each place further down; `judged` entries told."""

    value: float
    low: float
    high: float
    judged: int

    @property
    def seen(self) -> bool:
        return self.low > 0 or self.high < 0


def place_effect(answers: Sequence[Judged], confidence: float) -> PlaceEffect | None:
    """Least squares within answers on place, expectation and the entry's mean in other answers;
    interval robust to what the entries of an answer share (Liang and Zeger 1986).

    None where under 50 entries tell, or where places follow from the expectation alone.
    """
    several = [one for one in answers if len(one.keys) > 1]
    judged = sum(len(one.keys) for one in several)
    if judged < MIN_JUDGED:
        return None
    elsewhere = _means_elsewhere(several)
    inputs = [
        _centred(np.column_stack([one.places, one.expected, mean]))
        for one, mean in zip(several, elsewhere, strict=True)
    ]
    rewards = [_centred(one.rewards) for one in several]
    every = np.concatenate(inputs)
    square = every.T @ every
    if np.linalg.matrix_rank(square) < len(square):
        return None
    inverse = np.linalg.inv(square)
    slopes = inverse @ (every.T @ np.concatenate(rewards))
    scores = np.stack([x.T @ (y - x @ slopes) for x, y in zip(inputs, rewards, strict=True)])
    deviation = float(np.sqrt((inverse @ (scores.T @ scores) @ inverse)[0, 0]))
    reach, value = NormalDist().inv_cdf((1 + confidence) / 2) * deviation, float(slopes[0])
    return PlaceEffect(value, value - reach, value + reach, judged)


def _means_elsewhere(answers: Sequence[Judged]) -> list[Array]:
    """For each entry the mean reward of its key in all other answers; 0 where there is none."""
    total: dict[str, float] = defaultdict(float)
    count: dict[str, int] = defaultdict(int)
    for one in answers:
        for key, reward in zip(one.keys, one.rewards, strict=True):
            total[key] += float(reward)
            count[key] += 1
    return [
        np.array(
            [
                (total[key] - float(reward)) / (count[key] - 1) if count[key] > 1 else 0.0
                for key, reward in zip(one.keys, one.rewards, strict=True)
            ]
        )
        for one in answers
    ]


def _centred(values: Array) -> Array:
    return values - values.mean(axis=0)
