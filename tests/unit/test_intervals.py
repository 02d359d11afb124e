"""Intervals say what the sample can carry."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from understudy.evaluate.intervals import mean_interval, paired_difference_interval


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
