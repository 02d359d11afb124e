"""Intervals for a finished evaluation, and bounds that stay valid however often one looks.

Refuses to invent precision: an empty or non-finite sample has no mean, a single one no interval,
and both say so with None, never with NaN.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import stats

Bounds = tuple[float, float]
UNIT: Bounds = (0.0, 1.0)
DIFFERENCE: Bounds = (-1.0, 1.0)

RESAMPLES = 2000
# Fewer values than this apart from the commonest one tell a bootstrap too little about the tail.
MIN_SPREAD = 5
# Diversified Kelly betting: a mixture of fixed bets, each a fraction of the largest legal one.
BETS_F = np.array([0.03, 0.1, 0.25, 0.5, 0.75, 0.95])
BISECTIONS = 24


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
    tail = 1 - confidence if others == 0 else (1 - confidence) / 2
    share = float(stats.beta.ppf(1 - tail, others + 1, n - others))
    return common - share * (common - bounds[0]), common + share * (bounds[1] - common)


def _bootstrap(sample: NDArray[np.float64], confidence: float, seed: int) -> Bounds:
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


def confidence_sequence(values: Sequence[float], alpha: float) -> Bounds:
    """Bounds of a mean in [0, 1]: all of them, over all times, hold with probability 1 - alpha.

    Waudby-Smith & Ramdas 2023, "Estimating means of bounded random variables by betting": the
    means against which a gambler has not yet become 2/alpha times as rich.
    """
    return lower_bound(values, alpha / 2), upper_bound(values, alpha / 2)


def lower_bound(values: Sequence[float], alpha: float) -> float:
    """The one-sided lower bound, valid at all times with probability 1 - alpha."""
    return 1.0 - upper_bound([1.0 - value for value in values], alpha)


def upper_bound(values: Sequence[float], alpha: float) -> float:
    """The one-sided upper bound, valid at all times with probability 1 - alpha."""
    sample = _checked(values)
    return _least_rejected(lambda mean: _log_wealth(sample, mean), math.log(1 / alpha))


def recent_upper_bound(values: Sequence[float], alpha: float, window: int) -> tuple[float, int]:
    """An upper bound on the recent mean, and over how many of the last values it was found.

    The Shiryaev-Roberts e-detector of Shin, Ramdas & Rinaldo 2024: bets begun at each of the last
    `window` values are summed, so a drop after a long good time shows quickly. As long as the mean
    stays above some level, the bound falls below that level with probability at most alpha in any
    `window` consecutive looks.
    """
    sample = _checked(values)[-window:]

    def log_sum(mean: float) -> float:
        return float(np.logaddexp.reduce(_log_wealth_by_start(sample, mean)))

    bound = _least_rejected(log_sum, math.log(window / alpha))
    if bound >= 1.0:
        return 1.0, int(sample.size)
    best = int(np.argmax(_log_wealth_by_start(sample, bound)))
    return bound, int(sample.size) - best


def _checked(values: Sequence[float]) -> NDArray[np.float64]:
    sample = np.asarray(values, dtype=float)
    if sample.size and not (np.isfinite(sample).all() and 0 <= sample.min() <= sample.max() <= 1):
        raise ValueError("a confidence sequence needs values in [0, 1]")
    return sample


def _least_rejected(log_evidence: Callable[[float], float], threshold: float) -> float:
    """The least mean against which the evidence reaches the threshold; evidence rises with it."""
    low, high = 0.0, 1.0
    for _ in range(BISECTIONS):
        middle = (low + high) / 2
        if log_evidence(middle) >= threshold:
            high = middle
        else:
            low = middle
    return high


def _log_wealth(sample: NDArray[np.float64], mean: float) -> float:
    by_bet_f = _log_gains(sample, mean).sum(axis=1)
    return float(np.logaddexp.reduce(by_bet_f) - math.log(len(BETS_F)))


def _log_wealth_by_start(sample: NDArray[np.float64], mean: float) -> NDArray[np.float64]:
    """Wealth of bets begun at each value and held to the last one."""
    if sample.size == 0:
        return np.full(1, -np.inf)
    from_start_fn = np.cumsum(_log_gains(sample, mean)[:, ::-1], axis=1)[:, ::-1]
    by_start_n: NDArray[np.float64] = np.logaddexp.reduce(from_start_fn, axis=0)
    return by_start_n - math.log(len(BETS_F))


def _log_gains(sample: NDArray[np.float64], mean: float) -> NDArray[np.float64]:
    """Log growth (bets x values) of betting that the mean is below `mean`."""
    stakes_f = BETS_F / max(1.0 - mean, 1e-12)
    gains_fn: NDArray[np.float64] = np.log1p(stakes_f[:, None] * (mean - sample)[None, :])
    return gains_fn
