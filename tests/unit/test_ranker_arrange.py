"""The order shown: the ranker's, within floors and cap; every chance exact."""

from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from understudy.learn.tier1.arrange import arrange

LISTS = st.integers(1, 8).flatmap(
    lambda n: st.tuples(
        st.lists(st.floats(-1, 1), min_size=n, max_size=n),
        st.lists(st.booleans(), min_size=n, max_size=n),
        st.integers(1, 8),
        st.integers(1, 8),
        st.floats(0, 1),
        st.integers(0, 9),
    )
)


def test_the_best_score_comes_first() -> None:
    shown = arrange(np.array([0.1, 0.9, 0.5]), [False] * 3, 3, 8, 0.0, np.random.default_rng(0))
    assert list(shown.order) == [1, 2, 0]
    assert list(shown.chances) == [1, 1, 1]


def test_a_critical_entry_never_falls_below_the_third_place() -> None:
    scores = np.array([0.0, 0.9, 0.8, 0.7, 0.6])
    critical = [True, False, False, False, False]
    shown = arrange(scores, critical, 3, 8, 0.0, np.random.default_rng(0))
    assert list(shown.order) == [1, 2, 0, 3, 4]


def test_a_critical_entry_that_the_model_put_last_may_stay_there() -> None:
    scores = np.array([0.9, 0.8, 0.7, 0.6, 0.0])
    critical = [False, False, False, False, True]
    shown = arrange(scores, critical, 3, 8, 0.0, np.random.default_rng(0))
    assert list(shown.order) == [0, 1, 2, 3, 4]


def test_a_cap_never_cuts_off_a_critical_entry() -> None:
    scores = np.array([0.9, 0.8, 0.7, 0.6, 0.0])
    critical = [False, False, False, False, True]
    for seed in range(20):
        shown = arrange(scores, critical, 3, 3, 1.0, np.random.default_rng(seed))
        assert list(shown.order[:2]) == [0, 4]
        assert len(shown.order) == 3


def test_where_critical_entries_leave_no_room_for_chance_the_best_is_shown_for_certain() -> None:
    scores = np.array([0.9, 0.8, 0.7, 0.1, 0.05])
    critical = [False, False, False, True, True]
    for seed in range(20):
        shown = arrange(scores, critical, 3, 3, 1.0, np.random.default_rng(seed))
        assert list(shown.order) == [0, 3, 4]
        assert list(shown.chances) == [1, 0, 0, 1, 1]


def test_a_critical_entry_behind_the_best_leaves_the_last_place_to_chance() -> None:
    scores = np.array([0.9, 0.8, 0.7, 0.1])
    critical = [False, False, False, True]
    shown = arrange(scores, critical, 3, 3, 0.2, np.random.default_rng(0))
    assert list(shown.order[:2]) == [0, 3]
    assert shown.chances == pytest.approx([1, 0.9, 0.1, 1])


def test_a_single_place_is_given_to_chance_too() -> None:
    shown = arrange(np.array([0.9, 0.8]), [False] * 2, 3, 1, 0.2, np.random.default_rng(0))
    assert shown.chances == pytest.approx([0.9, 0.1])


@given(LISTS)
def test_whatever_the_scores_floors_and_chances_hold(
    drawn: tuple[list[float], list[bool], int, int, float, int],
) -> None:
    scores, critical, place, count, epsilon, seed = drawn
    shown = arrange(np.array(scores), critical, place, count, epsilon, np.random.default_rng(seed))
    order = list(shown.order)
    assert len(set(order)) == len(order) == min(len(scores), max(count, sum(critical) + 1))
    assert shown.chances.sum() == pytest.approx(len(order))
    for entry, flag in enumerate(critical):
        if flag:
            assert order.index(entry) <= max(place - 1, entry)
            assert shown.chances[entry] == 1.0


def test_chances_are_those_with_which_entries_are_shown() -> None:
    scores, critical = np.array([0.9, 0.2, 0.8, 0.1]), [False, False, False, True]
    counted: Counter[int] = Counter()
    draw, rounds = np.random.default_rng(3), 4000
    for _ in range(rounds):
        shown = arrange(scores, critical, 2, 3, 0.3, draw)
        counted.update(int(one) for one in shown.order)
    for entry, chance in enumerate(shown.chances):
        assert counted[entry] / rounds == pytest.approx(chance, abs=0.03)
