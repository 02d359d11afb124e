"""What another ranker would have earned on the logged lists, with intervals.

The value of a ranker is the mean reward of the items it would show. An item's reward is taken to be
the same in every place of the list, and every item must have had a chance to be shown.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import NormalDist

import numpy as np

from understudy.learn.tier1.tensors import Array, Bools


@dataclass(frozen=True, slots=True)
class Logged:
    """One event: each item's chance to be shown, whether it was, its reward (NaN where unknown),
    the reward that a model expects of it, and whether the ranker in question would show it."""

    chances: Array
    shown: Bools
    rewards: Array
    expected: Array
    wanted: Bools


@dataclass(frozen=True, slots=True)
class Estimate:
    """Of the mean reward of a shown item. `unsupported` is the share of wanted items that had no
    chance to be shown: about them the log says nothing, and only the model speaks."""

    value: float
    low: float
    high: float
    unsupported: float


def clipped_ips(events: Sequence[Logged], clip: float, confidence: float) -> Estimate:
    """Inverse propensity scoring; no weight above `clip`, which trades variance for bias."""
    return _estimate([_weighted(one, clip) for one in events], events, confidence)


def snips(events: Sequence[Logged], clip: float, confidence: float) -> Estimate:
    """Swaminathan and Joachims 2015: divided by the weights' own mean; interval by the delta method."""
    totals = np.array([_weighted(one, clip) for one in events])
    weights = np.array([_weights(one, clip).sum() / one.wanted.sum() for one in events])
    if not len(events) or weights.sum() == 0:
        return _estimate([], events, confidence)
    value = totals.sum() / weights.sum()
    residuals = (totals - value * weights) / weights.mean()
    return _estimate(list(value + residuals), events, confidence)


def doubly_robust(events: Sequence[Logged], clip: float, confidence: float) -> Estimate:
    """Dudik et al. 2011: the model's guess, corrected by what was seen."""
    values = []
    for one in events:
        seen = np.where(_known(one), one.rewards - one.expected, 0.0)
        corrected = one.wanted * one.expected + _weights(one, clip) * seen
        values.append(float(corrected.sum() / one.wanted.sum()))
    return _estimate(values, events, confidence)


def difference(
    ours: Sequence[Logged], theirs: Sequence[Logged], clip: float, confidence: float
) -> Estimate:
    """Doubly robust, paired: what one ranker would earn above another on the same log."""
    values = [
        doubly_robust([one], clip, confidence).value
        - doubly_robust([other], clip, confidence).value
        for one, other in zip(ours, theirs, strict=True)
    ]
    return _estimate(values, [*ours, *theirs], confidence)


def _known(one: Logged) -> Bools:
    return one.shown & ~np.isnan(one.rewards)


def _weights(one: Logged, clip: float) -> Array:
    """Of each wanted item that was shown and rewarded."""
    inverse = np.minimum(1 / np.maximum(one.chances, 1e-12), clip)
    return np.where(_known(one) & one.wanted, inverse, 0.0)


def _weighted(one: Logged, clip: float) -> float:
    rewards = np.where(_known(one), one.rewards, 0.0)
    return float((_weights(one, clip) * rewards).sum() / one.wanted.sum())


def _estimate(values: Sequence[float], events: Sequence[Logged], confidence: float) -> Estimate:
    """The mean and its interval by the central limit theorem; without two events, no bounds."""
    wanted = sum(int(one.wanted.sum()) for one in events)
    without = sum(int((one.wanted & (one.chances <= 0)).sum()) for one in events)
    missing = without / wanted if wanted else 0.0
    if len(values) < 2:
        value = float(values[0]) if values else float("nan")
        return Estimate(value, -np.inf, np.inf, missing)
    mean = float(np.mean(values))
    reach = NormalDist().inv_cdf((1 + confidence) / 2) * float(np.std(values, ddof=1))
    reach /= len(values) ** 0.5
    return Estimate(mean, mean - reach, mean + reach, missing)
