"""What another ranker would have earned on the logged lists, with intervals.

The value of a ranker is the mean reward of the items it would show. An item's reward is taken to be
the same in every place of the list, and every item must have had a chance to be shown and judged.
No weight is clipped: chances are exact, and what a clip takes away the model's own belief replaces.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import NormalDist

import numpy as np

from understudy.learn.tier1.tensors import Array, Bools

# How far two rewards may lie apart.
_WIDEST = 2.0


@dataclass(frozen=True, slots=True)
class Logged:
    """One event: each item's chance to be shown and judged, whether it was shown, its reward (NaN
    where it was not judged), the reward that a model expects of it, and whether the ranker in
    question would show it."""

    chances: Array
    shown: Bools
    rewards: Array
    expected: Array
    wanted: Bools


@dataclass(frozen=True, slots=True)
class Estimate:
    """Of the mean reward of a shown item. `unsupported` is the share of wanted items that had no
    chance: about them the log says nothing, and only the model speaks."""

    value: float
    low: float
    high: float
    unsupported: float


def ips(events: Sequence[Logged], confidence: float) -> Estimate:
    """Inverse propensity scoring."""
    values, worst = [_weighted(one) for one in events], _rarest(events, _wanted(events))
    return _estimate(values, events, worst, confidence)


def snips(events: Sequence[Logged], confidence: float) -> Estimate:
    """Swaminathan and Joachims 2015: divided by the weights' own mean; interval by the delta method."""
    totals = np.array([_weighted(one) for one in events])
    weights = np.array([_weights(one).sum() / one.wanted.sum() for one in events])
    if not len(events) or weights.sum() == 0:
        return _estimate([], events, 0.0, confidence)
    value = totals.sum() / weights.sum()
    residuals = (totals - value * weights) / weights.mean()
    worst = _WIDEST * _rarest(events, _wanted(events))
    return _estimate(list(value + residuals), events, worst, confidence)


def doubly_robust(events: Sequence[Logged], confidence: float) -> Estimate:
    """Dudik et al. 2011: the model's guess, corrected by what was seen."""
    values = [_corrected(one) for one in events]
    return _estimate(values, events, _WIDEST * _rarest(events, _wanted(events)), confidence)


def difference(ours: Sequence[Logged], theirs: Sequence[Logged], confidence: float) -> Estimate:
    """Doubly robust, paired: what one ranker would earn above another on the same log."""
    pairs = list(zip(ours, theirs, strict=True))
    values = [_corrected(one) - _corrected(other) for one, other in pairs]
    # What both would show cancels out.
    apart = [one.wanted ^ other.wanted for one, other in pairs]
    return _estimate(values, [*ours, *theirs], _WIDEST * _rarest(ours, apart), confidence)


def _wanted(events: Sequence[Logged]) -> list[Bools]:
    return [one.wanted for one in events]


def _known(one: Logged) -> Bools:
    return one.shown & ~np.isnan(one.rewards) & (one.chances > 0)


def _weights(one: Logged) -> Array:
    """Of each wanted item that was shown and judged."""
    found = np.zeros(len(one.chances))
    return np.divide(1.0, one.chances, out=found, where=_known(one) & one.wanted)


def _weighted(one: Logged) -> float:
    rewards = np.where(_known(one), one.rewards, 0.0)
    return float((_weights(one) * rewards).sum() / one.wanted.sum())


def _corrected(one: Logged) -> float:
    seen = np.where(_known(one), one.rewards - one.expected, 0.0)
    corrected = one.wanted * one.expected + _weights(one) * seen
    return float(corrected.sum() / one.wanted.sum())


def _rarest(events: Sequence[Logged], asked: Sequence[Bools]) -> float:
    """The largest weight that an event could have given to one of these items, in the mean."""
    largest = []
    for one, some in zip(events, asked, strict=True):
        chances = one.chances[some & (one.chances > 0)]
        largest.append(1 / (chances.min() * one.wanted.sum()) if chances.size else 0.0)
    return float(np.mean(largest)) if largest else 0.0


def _estimate(
    values: Sequence[float], events: Sequence[Logged], worst: float, confidence: float
) -> Estimate:
    """The mean and its interval by the central limit theorem; without two events, no bounds.

    Never narrower than what a rare event, `worst` in the mean, not seen in n tries may still be worth:
    its probability can be -ln(1 - confidence) / n (at 95 % the rule of three).
    """
    wanted = sum(int(one.wanted.sum()) for one in events)
    without = sum(int((one.wanted & (one.chances <= 0)).sum()) for one in events)
    missing = without / wanted if wanted else 0.0
    if len(values) < 2:
        value = float(values[0]) if values else float("nan")
        return Estimate(value, -np.inf, np.inf, missing)
    mean = float(np.mean(values))
    reach = NormalDist().inv_cdf((1 + confidence) / 2) * float(np.std(values, ddof=1))
    reach = max(reach / len(values) ** 0.5, -math.log(1 - confidence) * worst / len(values))
    return Estimate(mean, mean - reach, mean + reach, missing)
