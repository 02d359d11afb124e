"""Bounds of a running mean that stay valid however often one looks.

Waudby-Smith & Ramdas 2023, "Estimating means of bounded random variables by betting": a bound is
the mean against which a gambler would have become 1/alpha times as rich. numpy alone: this runs
beside the requests, and scipy.stats would take 60 MB there.
"""

import math
from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

# Diversified Kelly betting: a mixture of fixed bets, each a fraction of the largest legal one.
BETS_F = np.array([0.03, 0.1, 0.25, 0.5, 0.75, 0.95])
BISECTIONS = 24


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
