"""Bounds hold at all times at once."""

import math

import numpy as np
import pytest

from understudy.evaluate.sequential import lower_bound, recent_upper_bound, upper_bound

ALPHA = 0.05
TIMES = [*range(1, 40), *range(40, 200, 8)]


@pytest.mark.parametrize("kind", ["bernoulli", "beta"])
def test_both_bounds_together_miss_at_any_time_with_probability_at_most_alpha(
    kind: str,
) -> None:
    rng, mean, runs = np.random.default_rng(7), 0.75, 100
    misses = 0
    for _ in range(runs):
        sample = rng.random(200) < mean if kind == "bernoulli" else rng.beta(6, 2, 200)
        values = sample.astype(float).tolist()
        misses += any(
            not lower_bound(values[:time], ALPHA / 2)
            <= mean
            <= upper_bound(values[:time], ALPHA / 2)
            for time in TIMES
        )
    # Ville's inequality promises alpha; sqrt(runs) of luck is allowed on top.
    assert misses / runs <= ALPHA + 2 * math.sqrt(ALPHA * (1 - ALPHA) / runs)


def test_without_data_nothing_is_excluded() -> None:
    assert lower_bound([], ALPHA) == pytest.approx(0.0)
    assert upper_bound([], ALPHA) == pytest.approx(1.0)
    assert recent_upper_bound([], ALPHA, 200) == (1.0, 0)


@pytest.mark.parametrize("seed", range(20))
def test_a_good_student_is_proven_good_within_about_a_step(seed: int) -> None:
    rng = np.random.default_rng(seed)
    # Mean 0.95: most plans alike, some with a widget more or less.
    values = np.where(rng.random(40) < 0.85, 1.0, rng.choice([0.5, 0.67, 0.8], 40)).tolist()
    assert lower_bound(values[:30], ALPHA) >= 0.75 or lower_bound(values, ALPHA) >= 0.75


def test_a_drop_from_95_to_50_percent_shows_within_forty_comparisons() -> None:
    delays = []
    for seed in range(40):
        rng = np.random.default_rng(seed)
        good = np.where(rng.random(200) < 0.85, 1.0, rng.choice([0.5, 0.67, 0.8], 200))
        bad = rng.choice([0.0, 0.33, 0.5, 0.67, 1.0], 60)
        values = np.concatenate([good, bad]).tolist()
        delays.append(
            next(
                (
                    n
                    for n in range(1, 60)
                    if recent_upper_bound(values[: 200 + n], ALPHA, 200)[0] < 0.75
                ),
                60,
            )
        )
    assert np.median(delays) <= 25
    assert np.quantile(delays, 0.9) <= 40


def test_the_recent_bound_says_since_when_the_mean_is_low() -> None:
    bound, over = recent_upper_bound([1.0] * 150 + [0.2] * 15, ALPHA, 200)
    assert bound < 0.75
    assert 10 <= over <= 20
    # The mean of all of them is far from low, and a bound on it sees nothing.
    assert upper_bound([1.0] * 150 + [0.2] * 15, ALPHA) > 0.9


def test_a_mean_at_the_bar_is_seldom_taken_for_a_drop_within_a_window() -> None:
    rng, runs, alarms = np.random.default_rng(11), 60, 0
    for _ in range(runs):
        values = (rng.random(200) < 0.75).astype(float).tolist()
        alarms += any(
            recent_upper_bound(values[:time], ALPHA, 200)[0] < 0.75 for time in range(4, 200, 4)
        )
    assert alarms / runs <= 2 * ALPHA
