"""Intervals for a finished evaluation; bounds for a running one are in sequential.py.

Refuses to invent precision: an empty or non-finite sample has no mean, a single one no interval,
and both say so with None, never with NaN. scipy is imported where it is used: it is 60 MB and more
than half of a server's start, and a server seldom evaluates.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Bounds = tuple[float, float]
UNIT: Bounds = (0.0, 1.0)
DIFFERENCE: Bounds = (-1.0, 1.0)

RESAMPLES = 2000
# Fewer values than this apart from the commonest one tell a bootstrap too little about the tail.
MIN_SPREAD = 5


@dataclass(frozen=True, slots=True)
class Interval:
    """A mean and its interval; None where the sample cannot carry one."""

    mean: float | None
    low: float | None
    high: float | None
    n: int

    def as_json(self) -> dict[str, float | int | None]:
        return {"mean": self.mean, "low": self.low, "high": self.high, "n": self.n}


def mean_interval(
    values: Sequence[float], confidence: float, *, bounds: Bounds | None = UNIT, seed: int = 0
) -> Interval:
    """The mean with an interval: Wilson for 0/1, BCa bootstrap otherwise, exact when (nearly) constant.

    `bounds` is the range that the quantity cannot leave (None when it has none).
    """
    sample = np.asarray(values, dtype=float)
    if sample.size == 0 or not np.isfinite(sample).all():
        return Interval(None, None, None, int(sample.size))
    mean = float(sample.mean())
    if bounds is not None and (sample.min() < bounds[0] or sample.max() > bounds[1]):
        raise ValueError(f"values from {sample.min():g} to {sample.max():g} leave {bounds}")
    if sample.size == 1:
        return Interval(mean, None, None, 1)
    low, high = _bounds_of_mean(sample, confidence, bounds, seed)
    if bounds is not None:
        low, high = max(bounds[0], low), min(bounds[1], high)
    return Interval(mean, min(low, mean), max(high, mean), int(sample.size))


def paired_difference_interval(
    values: Sequence[float], reference: Sequence[float], confidence: float, *, seed: int = 0
) -> Interval:
    """Interval of the mean of `values - reference`, item by item; both lie in [0, 1]."""
    if len(values) != len(reference):
        raise ValueError(f"{len(values)} values and {len(reference)} references are no pairs")
    differences = np.asarray(values, dtype=float) - np.asarray(reference, dtype=float)
    return mean_interval(differences.tolist(), confidence, bounds=DIFFERENCE, seed=seed)


def _bounds_of_mean(
    sample: NDArray[np.float64], confidence: float, bounds: Bounds | None, seed: int
) -> Bounds:
    from scipy import stats  # noqa: PLC0415 see above

    found, counts = np.unique(sample, return_counts=True)
    common, others = float(found[counts.argmax()]), int(sample.size - counts.max())
    if bounds == UNIT and set(found.tolist()) == {0.0, 1.0}:
        test = stats.binomtest(int(sample.sum()), sample.size)
        interval = test.proportion_ci(confidence, method="wilson")
        return float(interval.low), float(interval.high)
    if bounds is not None and others < MIN_SPREAD:
        return _nearly_constant(common, others, int(sample.size), confidence, bounds)
    if others == 0:
        return common, common
    if sample.size >= 2 * MIN_SPREAD and others >= MIN_SPREAD:
        low, high = _bootstrap(sample, confidence, seed)
        if math.isfinite(low) and math.isfinite(high):
            return low, high
    half = float(stats.sem(sample) * stats.t.ppf((1 + confidence) / 2, sample.size - 1))
    return float(sample.mean()) - half, float(sample.mean()) + half


def _nearly_constant(
    common: float, others: int, n: int, confidence: float, bounds: Bounds
) -> Bounds:
    """The rest of the population may lie at either end: its share has a Clopper-Pearson bound.

    With no other value seen that bound is the exact 1 - (1 - confidence)^(1/n).
    """
    from scipy import stats  # noqa: PLC0415 see above

    tail = 1 - confidence if others == 0 else (1 - confidence) / 2
    share = float(stats.beta.ppf(1 - tail, others + 1, n - others))
    return common - share * (common - bounds[0]), common + share * (bounds[1] - common)


def _bootstrap(sample: NDArray[np.float64], confidence: float, seed: int) -> Bounds:
    from scipy import stats  # noqa: PLC0415 see above

    found = stats.bootstrap(
        (sample,),
        np.mean,
        n_resamples=RESAMPLES,
        confidence_level=confidence,
        method="BCa",
        rng=np.random.default_rng(seed),
    )
    interval = found.confidence_interval
    return float(interval.low), float(interval.high)
