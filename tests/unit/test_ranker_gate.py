"""What is served: the gate that chooses a blend, and the calibration that memory's expectation follows."""

import numpy as np
import pytest

from understudy.learn.tier1.calibrate import Calibration, sigmoid
from understudy.learn.tier1.gate import (
    Standing,
    Told,
    choose,
    compare,
    fading_weights,
    may_replace,
)
from understudy.learn.tier1.scoring import Choice, Prior, Scored
from understudy.learn.tier1.tensors import Array


def scored(cosine: Array, memory: Array, network: Array) -> Scored:
    return Scored(np.zeros_like(cosine), cosine, memory, network, np.zeros((0, 0, 0)))


def test_the_gate_takes_what_orders_better() -> None:
    rewards = np.tile([1.0, -1.0], (40, 1))
    wrong, right = np.tile([0.0, 1.0], (40, 1)), np.tile([1.0, 0.0], (40, 1))
    wrong[:3] = right[:3]
    choice, standing = choose(scored(wrong, right, wrong), Told(rewards), np.ones(40), False, 0.5)
    assert (choice.prior, choice.share) == (Prior.MEMORY, 0.0)
    assert standing.gain == pytest.approx(37 / 40)


def test_the_gate_keeps_the_fallback_within_the_noise() -> None:
    rewards = np.tile([1.0, -1.0], (40, 1))
    draw = np.random.default_rng(0)
    noise = [draw.normal(size=(40, 2)) for _ in range(3)]
    choice, _ = choose(scored(*noise), Told(rewards), np.ones(40), False, 3.0)
    assert choice == Choice(Prior.COSINE, 0.0)


def test_the_fallback_is_the_models_relevance_where_there_is_one() -> None:
    same = np.zeros((5, 2))
    choice, _ = choose(scored(same, same, same), Told(same), np.ones(5), True, 0.5)
    assert choice == Choice(Prior.RELEVANCE, 0.0)


def test_ordered_share_counts_ties_as_half_and_leaves_out_what_tells_nothing() -> None:
    rewards = np.array([[1.0, -1.0, -1.0], [1.0, 1.0, 1.0], [1.0, -1.0, np.nan]])
    scores = np.array([[0.5, 0.5, 0.1], [1, 2, 3], [0.0, 1.0, 9.0]])
    shares = Told(rewards).ordered_share(scores)
    assert shares[0] == 0.75
    assert np.isnan(shares[1])
    assert shares[2] == 0.0


def test_the_standard_error_is_that_of_a_mean() -> None:
    ours, theirs = np.array([1.0, 0.0, 1.0, 1.0]), np.array([0.0, 0.0, 1.0, 0.0])
    standing = compare(ours, theirs, np.ones(4))
    assert standing.gain == 0.5
    assert standing.error == pytest.approx(np.std(ours - theirs) / 2)


def test_a_version_may_be_replaced_by_one_that_is_as_good() -> None:
    shares = np.array([1.0, 0.0, 1.0, 0.5])
    assert may_replace(shares, shares, np.ones(4), 0.5)
    assert not may_replace(np.ones(40), np.r_[np.zeros(30), np.ones(10)], np.ones(40), 0.5)


def test_a_vote_halves_with_each_half_life() -> None:
    assert list(fading_weights(3, 1.0)) == [0.25, 0.5, 1.0]


def test_a_calibration_that_was_surely_wrong_does_not_go_too_far() -> None:
    """Predicted at 0.002, half of a first batch was liked: one whole Newton step made weights of -34."""
    calibration = Calibration([0.0, 2.5], [1.0, 0.3], 1.0)
    cosine = np.random.default_rng(0).uniform(-0.25, -0.03, 24)
    liked = (np.arange(24) % 2).astype(np.float64)
    calibration.fit(np.c_[np.ones(24), 4 * (cosine - 0.5)], liked)
    chances = sigmoid(np.c_[np.ones(24), 4 * (cosine - 0.5)] @ calibration.weights)
    assert np.abs(calibration.weights).max() < 10
    assert chances.mean() == pytest.approx(0.5, abs=0.1)


def test_a_calibration_gives_no_weight_to_noise() -> None:
    calibration = Calibration([0.0, 1.0, 1.0], [1.0, 1.0, 1.0], 1.0)
    draw = np.random.default_rng(0)
    for _ in range(60):
        inputs = np.c_[np.ones(50), draw.normal(size=(50, 2))]
        chance = 1 / (1 + np.exp(-2 * inputs[:, 1]))
        calibration.fit(inputs, (draw.random(50) < chance).astype(np.float64))
    assert calibration.weights[1] == pytest.approx(2.0, abs=0.3)
    assert calibration.weights[2] == pytest.approx(0.0, abs=0.15)


def test_a_blend_that_is_right_every_time_is_chosen() -> None:
    """There is no standard error then, and it was refused for that."""
    rows = np.ones((6, 1), dtype=np.float32)
    wrong, right = rows * [0.1, 0.9], rows * [0.9, 0.1]
    scored = Scored(wrong, wrong, right, wrong, np.zeros((6, 2, 0)))
    told = Told(np.where(right > 0.5, 1.0, -1.0))
    choice, standing = choose(scored, told, np.ones(6), False, 0.5)
    assert choice == Choice(Prior.MEMORY, 0.0)
    assert (standing.gain, standing.error) == pytest.approx((1.0, 0.0))
    one = Scored(wrong[:1], wrong[:1], right[:1], wrong[:1], np.zeros((1, 2, 0)))
    alone = choose(one, Told(np.array([[1.0, -1.0]])), np.ones(1), False, 0.5)
    assert alone == (Choice(Prior.COSINE, 0.0), Standing(0.0, 0.0))
