"""Chances are exact, and estimates find the value that a ranker really has."""

from dataclasses import replace

import numpy as np
import pytest

from understudy.learn.tier1.explore import choose_shown
from understudy.learn.tier1.judged import judged_chances
from understudy.learn.tier1.off_policy import (
    Estimate,
    Logged,
    difference,
    doubly_robust,
    ips,
    snips,
)

SCORES = np.array([0.9, 0.1, 0.5, 0.3, 0.7])
LIKED = np.array([0.2, 0.9, 0.4, 0.6, 0.1])


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


@pytest.mark.parametrize("estimate", [ips, snips, doubly_robust])
@pytest.mark.parametrize("wanted", [(0, 4, 2), (0, 1, 3), (1, 2, 3)])
def test_the_interval_holds_the_true_value(estimate: object, wanted: tuple[int, ...]) -> None:
    found: Estimate = estimate(log(4000, wanted, np.zeros(5)), 0.999)  # type: ignore[operator]
    assert found.low < truth(wanted) < found.high
    assert found.high - found.low < 0.5
    assert found.unsupported == 0


def test_a_good_model_narrows_the_interval() -> None:
    events = log(1000, (0, 1, 3), np.zeros(5))
    modelled = log(1000, (0, 1, 3), 2 * LIKED - 1)
    plain, helped = ips(events, 0.95), doubly_robust(modelled, 0.95)
    assert helped.high - helped.low < plain.high - plain.low


def test_two_rankers_are_told_apart() -> None:
    better, worse = log(3000, (1, 2, 3), np.zeros(5)), log(3000, (0, 4, 2), np.zeros(5))
    assert difference(better, worse, 0.95).low > 0
    assert difference(worse, worse, 0.95).value == 0


def test_items_without_a_chance_are_told() -> None:
    found = doubly_robust(log(10, (0, 1, 3), np.zeros(5), epsilon=0.0), 0.95)
    assert found.unsupported == pytest.approx(2 / 3)


def test_an_item_that_is_shown_once_in_a_hundred_times_counts_a_hundredfold() -> None:
    """A model that is sure of a bad item is corrected by the few times that it was shown."""
    believed = np.array([0.0, 1.0, 0.0, 1.0, 0.0])
    events = log(4000, (1,), believed, epsilon=0.03)
    found = doubly_robust(events, 0.999)
    assert found.low < truth((1,)) < found.high
    bad = [replace(one, rewards=-abs(one.rewards)) for one in events]
    assert doubly_robust(bad, 0.95).high < 0


def test_what_was_never_shown_though_it_could_be_leaves_the_interval_wide() -> None:
    """Twenty lists and one chance in a hundred: that nothing was seen of it says nothing."""
    events = [one for one in log(25, (1,), np.ones(5), epsilon=0.03) if not one.shown[1]]
    assert len(events) > 20
    for found in (doubly_robust(events, 0.95), ips(events, 0.95)):
        assert found.low < -1
    both = [replace(one, wanted=np.isin(np.arange(5), (0,))) for one in events]
    assert difference(events, both, 0.95).low < -2


def judged_in_part(count: int, draw: np.random.Generator) -> list[Logged]:
    """Who judges begins at the top and grows tired; a fifth of them says it with a thumb."""
    shown = [choose_shown(SCORES, 3, 0.3, draw) for _ in range(count)]
    told = np.where(draw.random((count, 1)) < 0.2, True, draw.random((count, 3)) < [0.6, 0.4, 0.2])
    told[~told.any(axis=1), 0] = True
    found = []
    for one, places, chances in zip(shown, told, judged_chances(list(told)), strict=True):
        rewards = np.full(5, np.nan)
        rewards[one.order[places]] = np.where(draw.random(5) < LIKED, 1, -1)[one.order[places]]
        known = np.full(5, chances[-1])
        known[one.order] = chances
        seen = np.isin(np.arange(5), one.order)
        expected = np.array([0.0, -0.5, 0.5, 0.0, 0.5])
        wanted = np.isin(np.arange(5), (0, 1))
        found.append(Logged(one.chances * known, seen, rewards, expected, wanted))
    return found


def test_intervals_hold_the_truth_as_often_as_they_say_when_a_part_is_judged() -> None:
    draw, kept = np.random.default_rng(5), np.zeros(4)
    gain = truth((0, 1)) - truth((0, 4))
    for _ in range(25):
        ours = judged_in_part(200, draw)
        theirs = [replace(one, wanted=np.isin(np.arange(5), (0, 4))) for one in ours]
        found = [ips(ours, 0.95), snips(ours, 0.95), doubly_robust(ours, 0.95)]
        kept += [one.low < truth((0, 1)) < one.high for one in found] + [
            (one := difference(ours, theirs, 0.95)).low < gain < one.high
        ]
    assert kept.min() >= 22


def test_an_answer_that_was_judged_whole_tells_nothing_of_those_judged_in_part() -> None:
    whole, first, last = np.ones(2, bool), np.array([True, False]), np.array([False, True])
    chances = judged_chances([whole] * 500 + [first] * 90 + [last] * 30)
    assert chances[0] == pytest.approx([1, 1])
    assert chances[-1] == pytest.approx([0.75, 0.25])


def test_longer_lists_are_judged_otherwise_than_shorter_ones() -> None:
    short, long = np.array([True, False]), np.array([False, True, False, False])
    chances = judged_chances([short] * 200 + [long] * 100)
    assert chances[0] == pytest.approx([1, 0])
    assert chances[-1] == pytest.approx([0, 1, 0, 0])


def test_what_is_known_of_few_answers_is_shared() -> None:
    """Else the one answer of a length would seem judged where it had to be, and correct nothing."""
    listed = [np.arange(length) == 0 for length in range(2, 12)]
    for length, chances in enumerate(judged_chances(listed), start=2):
        assert chances == pytest.approx([10 / 65] * length)


def test_without_events_there_is_no_value_and_no_bound() -> None:
    for estimate in (ips, snips, doubly_robust):
        found = estimate([], 0.95)
        assert np.isnan(found.value)
        assert found.low == -np.inf
