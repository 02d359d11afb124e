"""Intervals say what the sample can carry; bounds hold at all times at once."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from understudy.evaluate.stats import (
    confidence_sequence,
    lower_bound,
    mean_interval,
    paired_difference_interval,
    recent_upper_bound,
    upper_bound,
)

ALPHA = 0.05
TIMES = [*range(1, 40), *range(40, 200, 8)]


def test_an_empty_or_non_finite_sample_has_no_mean() -> None:
    for sample in ([], [0.5, math.nan], [math.inf]):
        found = mean_interval(sample, 0.95, bounds=None)
        assert (found.mean, found.low, found.high) == (None, None, None)


def test_a_single_value_has_a_mean_and_no_interval() -> None:
    found = mean_interval([0.7], 0.95)
    assert found.as_json() == {"mean": 0.7, "low": None, "high": None, "n": 1}


def test_a_constant_sample_still_leaves_room_for_what_was_not_seen() -> None:
    found = mean_interval([1.0] * 100, 0.95)
    assert found.mean == found.high == 1.0
    assert found.low == pytest.approx(0.05 ** (1 / 100))
    identical = paired_difference_interval([0.8] * 100, [0.8] * 100, 0.95)
    assert identical.low == pytest.approx(-(1 - 0.05 ** (1 / 100)))
    assert mean_interval([3.0] * 9, 0.95, bounds=None).low == 3.0


def test_zeros_and_ones_get_the_wilson_interval() -> None:
    # Hand-computed: p = 0.9, n = 50, z = 1.95996.
    found = mean_interval([1.0] * 45 + [0.0] * 5, 0.95)
    assert found.low == pytest.approx(0.7864, abs=1e-4)
    assert found.high == pytest.approx(0.9565, abs=1e-4)


def test_a_value_outside_its_bounds_is_refused() -> None:
    with pytest.raises(ValueError, match="leave"):
        mean_interval([0.5, 1.5], 0.95)


def test_the_same_seed_gives_the_same_interval() -> None:
    sample = np.random.default_rng(3).random(60).tolist()
    assert mean_interval(sample, 0.95, seed=4) == mean_interval(sample, 0.95, seed=4)


def test_intervals_cover_the_true_mean_about_as_often_as_they_say() -> None:
    rng = np.random.default_rng(0)
    hits = 0
    for _ in range(120):
        found = mean_interval(rng.beta(8, 1, 60).tolist(), 0.95)
        assert found.low is not None
        assert found.high is not None
        hits += found.low <= 8 / 9 <= found.high
    assert hits >= 0.9 * 120


def test_pairing_removes_what_both_have_in_common() -> None:
    rng = np.random.default_rng(1)
    hard = rng.random(80) * 0.9
    found = paired_difference_interval((hard + 0.05).tolist(), hard.tolist(), 0.95)
    assert found.low == pytest.approx(0.05, abs=0.01)
    assert found.high == pytest.approx(0.05, abs=0.01)
    with pytest.raises(ValueError, match="no pairs"):
        paired_difference_interval([1.0], [1.0, 0.0], 0.95)


@given(st.lists(st.floats(0, 1), max_size=40), st.sampled_from([0.8, 0.95]))
def test_an_interval_holds_its_mean_and_no_nan(sample: list[float], confidence: float) -> None:
    found = mean_interval(sample, confidence)
    assert all(v is None or math.isfinite(v) for v in (found.mean, found.low, found.high))
    if found.low is not None and found.high is not None and found.mean is not None:
        assert 0 <= found.low <= found.mean <= found.high <= 1


@pytest.mark.parametrize("kind", ["bernoulli", "beta"])
def test_the_confidence_sequence_misses_at_any_time_with_probability_at_most_alpha(
    kind: str,
) -> None:
    rng, mean, runs = np.random.default_rng(7), 0.75, 100
    misses = 0
    for _ in range(runs):
        sample = rng.random(200) < mean if kind == "bernoulli" else rng.beta(6, 2, 200)
        values = sample.astype(float).tolist()
        bounds = (confidence_sequence(values[:time], ALPHA) for time in TIMES)
        misses += any(not low <= mean <= high for low, high in bounds)
    # Ville's inequality promises alpha; sqrt(runs) of luck is allowed on top.
    assert misses / runs <= ALPHA + 2 * math.sqrt(ALPHA * (1 - ALPHA) / runs)


def test_without_data_nothing_is_excluded() -> None:
    low, high = confidence_sequence([], ALPHA)
    assert low == pytest.approx(0.0)
    assert high == pytest.approx(1.0)
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
