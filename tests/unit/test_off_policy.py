"""Chances are exact, and estimates find the value that a ranker really has."""

import numpy as np
import pytest

from understudy.learn.tier1.explore import choose_shown
from understudy.learn.tier1.off_policy import (
    Estimate,
    Logged,
    clipped_ips,
    difference,
    doubly_robust,
    snips,
)

SCORES = np.array([0.9, 0.1, 0.5, 0.3, 0.7])
LIKED = np.array([0.2, 0.9, 0.4, 0.6, 0.1])
CLIP = 1000.0


def log(
    count: int, wanted: tuple[int, ...], expected: np.ndarray, epsilon: float = 0.3
) -> list[Logged]:
    """Three of five items shown by SCORES; another ranker would show `wanted`."""
    draw = np.random.default_rng(7)
    found = []
    for _ in range(count):
        shown = choose_shown(SCORES, 3, epsilon, draw)
        seen = np.isin(np.arange(5), shown.order)
        rewards = np.where(draw.random(5) < LIKED, 1.0, -1.0)
        rewards[~seen] = np.nan
        found.append(Logged(shown.chances, seen, rewards, expected, np.isin(np.arange(5), wanted)))
    return found


def truth(wanted: tuple[int, ...]) -> float:
    return float(np.mean([2 * LIKED[item] - 1 for item in wanted]))


def test_only_the_last_place_is_given_to_chance() -> None:
    draw = np.random.default_rng(0)
    orders = [choose_shown(SCORES, 3, 1.0, draw).order for _ in range(200)]
    assert {tuple(order[:2]) for order in orders} == {(0, 4)}
    assert {int(order[2]) for order in orders} == {1, 2, 3}


def test_the_chances_are_those_that_are_drawn() -> None:
    draw = np.random.default_rng(0)
    seen = np.zeros(5)
    for _ in range(6000):
        shown = choose_shown(SCORES, 3, 0.3, draw)
        seen[shown.order] += 1
    assert shown.chances == pytest.approx([1, 0.1, 0.8, 0.1, 1])
    assert seen / 6000 == pytest.approx(shown.chances, abs=0.02)
    assert shown.chances.sum() == pytest.approx(3)


@pytest.mark.parametrize(("items", "count"), [(3, 3), (2, 3), (0, 3), (3, 0)])
def test_where_nothing_is_left_nothing_is_drawn(items: int, count: int) -> None:
    shown = choose_shown(SCORES[:items], count, 0.5, np.random.default_rng(0))
    assert len(shown.order) == min(items, count)
    assert shown.chances.sum() == min(items, count)


@pytest.mark.parametrize("estimate", [clipped_ips, snips, doubly_robust])
@pytest.mark.parametrize("wanted", [(0, 4, 2), (0, 1, 3), (1, 2, 3)])
def test_the_interval_holds_the_true_value(estimate: object, wanted: tuple[int, ...]) -> None:
    found: Estimate = estimate(log(4000, wanted, np.zeros(5)), CLIP, 0.999)  # type: ignore[operator]
    assert found.low < truth(wanted) < found.high
    assert found.high - found.low < 0.5
    assert found.unsupported == 0


def test_a_good_model_narrows_the_interval() -> None:
    events = log(1000, (0, 1, 3), np.zeros(5))
    modelled = log(1000, (0, 1, 3), 2 * LIKED - 1)
    plain, helped = clipped_ips(events, CLIP, 0.95), doubly_robust(modelled, CLIP, 0.95)
    assert helped.high - helped.low < plain.high - plain.low


def test_two_rankers_are_told_apart() -> None:
    better, worse = log(3000, (1, 2, 3), np.zeros(5)), log(3000, (0, 4, 2), np.zeros(5))
    assert difference(better, worse, CLIP, 0.95).low > 0
    assert difference(worse, worse, CLIP, 0.95).value == 0


def test_items_without_a_chance_are_told() -> None:
    found = doubly_robust(log(10, (0, 1, 3), np.zeros(5), epsilon=0.0), CLIP, 0.95)
    assert found.unsupported == pytest.approx(2 / 3)


def test_a_clip_bounds_what_one_event_says() -> None:
    events = log(500, (0, 1, 3), np.zeros(5))
    assert (
        abs(clipped_ips(events, 1.0, 0.95).value) < abs(clipped_ips(events, CLIP, 0.95).value) + 1
    )
    wide, narrow = clipped_ips(events, CLIP, 0.95), clipped_ips(events, 2.0, 0.95)
    assert narrow.high - narrow.low < wide.high - wide.low


def test_without_events_there_is_no_value_and_no_bound() -> None:
    for estimate in (clipped_ips, snips, doubly_robust):
        found = estimate([], CLIP, 0.95)
        assert np.isnan(found.value)
        assert found.low == -np.inf
