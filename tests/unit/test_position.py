"""The effect of an entry's place: found where there is one, not found where there is none."""

import numpy as np
import pytest

from understudy.learn.tier1.features import Item
from understudy.learn.tier1.position import Judged, place_effect
from understudy.learn.tier1.whatif import Answered, judged_entries

KEYS = [f"item {number}" for number in range(8)]


def answers(
    effect: float, count: int = 400, seed: int = 0, *, mixed: float = 0.4, thumbs: float = 0.0
) -> list[Judged]:
    """Good entries stand above, as the model's relevance puts them; `mixed` is how far a ranker
    shuffles that, `thumbs` the share of answers that are judged as a whole."""
    draw = np.random.default_rng(seed)
    liked = draw.uniform(-0.6, 0.6, len(KEYS))
    found = []
    for _ in range(count):
        relevance = liked + draw.normal(0, 0.3, len(KEYS))
        shown = np.argsort(-(relevance + draw.normal(0, mixed, len(KEYS))))[:5]
        places = np.arange(5.0)
        rewards = relevance[shown] + effect * places + draw.normal(0, 0.3, 5)
        if draw.random() < thumbs:
            rewards = np.full(5, 0.2)
        found.append(Judged([KEYS[one] for one in shown], places, relevance[shown], rewards))
    return found


@pytest.mark.parametrize("effect", [-0.15, 0.1])
@pytest.mark.parametrize("thumbs", [0.0, 0.5])
def test_an_effect_is_found_with_its_sign(effect: float, thumbs: float) -> None:
    found = place_effect(answers(effect, thumbs=thumbs), 0.95)
    assert found is not None
    assert found.seen
    assert found.value == pytest.approx(effect, abs=0.04)


@pytest.mark.parametrize("count", [40, 150])
def test_the_interval_holds_the_truth_about_as_often_as_it_says(count: int) -> None:
    found = [place_effect(answers(-0.1, count, seed), 0.9) for seed in range(60)]
    held = sum(one is not None and one.low <= -0.1 <= one.high for one in found)
    assert 46 <= held < 60


def test_an_order_that_never_changes_says_nothing() -> None:
    draw = np.random.default_rng(0)
    places, relevance = np.arange(5.0), np.linspace(1, 0, 5)
    still = [Judged(KEYS[:5], places, relevance, draw.normal(0, 1, 5)) for _ in range(100)]
    assert place_effect(still, 0.95) is None


def test_too_few_answers_and_thumbs_alone_say_nothing() -> None:
    assert place_effect([], 0.95) is None
    assert place_effect(answers(-0.15, 20), 0.95) is None
    assert place_effect(answers(-0.15, thumbs=1.0), 0.95) is None
    alone = [Judged(["a"], np.zeros(1), np.zeros(1), np.ones(1))] * 100
    assert place_effect(alone, 0.95) is None
    once = [
        Judged([f"{n} a", f"{n} b"], np.arange(2.0), np.zeros(2), np.arange(2.0)) for n in range(99)
    ]
    assert place_effect(once, 0.95) is None


def test_an_entry_counts_at_the_place_where_it_was_shown() -> None:
    items = [Item(key, key) for key in ("a", "b", "c")]
    rewards = {"a": 1.0, "b": 0.5, "c": -1.0}
    relevance = [0.9, 0.5, 0.1]
    shown = Answered("k", 0.0, "q", items, [False] * 3, relevance, [1.0] * 3, [2, 0], rewards)
    found = judged_entries(shown)
    assert (found.keys, found.places.tolist()) == (["c", "a"], [0.0, 1.0])
    assert (found.relevance.tolist(), found.rewards.tolist()) == ([0.1, 0.9], [-1.0, 1.0])
