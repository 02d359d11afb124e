"""The effect of an entry's place: found where there is one, not found where there is none."""

import numpy as np
import pytest

from understudy.learn.tier1.position import Judged, place_effect

KEYS = [f"item {number}" for number in range(8)]


def answers(effect: float, count: int = 400, seed: int = 0) -> list[Judged]:
    """Good entries stand above, as a ranker that knows half of their worth puts them."""
    draw = np.random.default_rng(seed)
    liked = draw.uniform(-0.6, 0.6, len(KEYS))
    found = []
    for _ in range(count):
        worth = liked + draw.normal(0, 0.3, len(KEYS))
        expected = worth + draw.normal(0, 0.4, len(KEYS))
        shown = np.argsort(-expected)[:5]
        places = np.arange(5.0)
        rewards = worth[shown] + effect * places + draw.normal(0, 0.3, 5)
        found.append(Judged([KEYS[one] for one in shown], places, expected[shown], rewards))
    return found


@pytest.mark.parametrize("effect", [-0.15, 0.1])
def test_an_effect_is_found_with_its_sign(effect: float) -> None:
    found = place_effect(answers(effect), 0.95)
    assert found is not None
    assert found.seen
    assert found.value == pytest.approx(effect, abs=0.04)
    assert found.judged == 400 * 5


def test_without_an_effect_the_interval_holds_zero_about_as_often_as_it_says() -> None:
    found = [place_effect(answers(0.0, 150, seed), 0.9) for seed in range(40)]
    assert 31 <= sum(one is not None and not one.seen for one in found) <= 40


def test_too_little_or_an_order_that_says_nothing_new_has_no_estimate() -> None:
    few = answers(0.0, 3)
    assert place_effect(few, 0.95) is None
    assert place_effect([], 0.95) is None
    alone = [Judged(["a"], np.zeros(1), np.zeros(1), np.ones(1))] * 100
    assert place_effect(alone, 0.95) is None
    places = np.arange(5.0)
    bound = [Judged(KEYS[:5], places, -0.1 * places, np.ones(5)) for _ in range(40)]
    assert place_effect(bound, 0.95) is None
