"""A list scored alone takes a shorter way than lists scored together: the scores are the same."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from math import nan

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from ranker_rig import ITEMS, taught

from understudy.learn.tier1.features import COLUMN, Item
from understudy.learn.tier1.lists import Lists
from understudy.learn.tier1.ranker import Ranker
from understudy.learn.tier1.scoring import (
    Choice,
    Prior,
    adjust_lists,
    pair_lists,
    score_lists,
    score_places,
)

LATE = [*ITEMS, Item("late", "sign3 please")]
RELEVANCE = st.one_of(st.just(nan), st.floats(0, 1, width=32))


@pytest.fixture(scope="module")
def one() -> Ranker:
    return taught()


def listed(one: Ranker, places: list[int], relevance: list[float] | None, others: int) -> Lists:
    """The list of these places, before so many longer ones."""
    queries = one.read_all(["sign1 what, please?", *["sign2 please"] * others])
    items = [[LATE[place] for place in places], *[LATE * 2] * others]
    return one.lists(queries, items, [relevance, *[None] * others])


LISTED = st.lists(st.integers(0, len(LATE) - 1), min_size=1, max_size=12).flatmap(
    lambda places: st.tuples(
        st.just(places),
        st.none() | st.lists(RELEVANCE, min_size=len(places), max_size=len(places)),
    )
)


@given(LISTED)
def test_a_list_alone_scores_as_among_longer_ones(
    one: Ranker, drawn: tuple[list[int], list[float] | None]
) -> None:
    lists = listed(one, *drawn, others=0), listed(one, *drawn, others=2)
    alone, among = (score_lists(one.served, some) for some in lists)
    for name in ("relevance", "cosine", "memory", "network", "pair"):
        ours, theirs = getattr(alone, name), getattr(among, name)
        assert ours[0] == pytest.approx(theirs[0, : len(drawn[0])], abs=1e-5), name


def test_the_gap_is_how_far_below_the_best_of_its_own_list_an_item_stands(one: Ranker) -> None:
    lists = one.lists(
        one.read_all(["sign1 please", "sign2 please"]), [LATE[:3], LATE[2:9]], [None, None]
    )
    pair = score_lists(one.served, lists).pair
    for row, count in ((0, 3), (1, 7)):
        cosine = pair[row, :count, COLUMN["cosine"]]
        gap = pair[row, :count, COLUMN["cosine_gap"]]
        assert gap == pytest.approx([value - max(cosine) for value in cosine.tolist()])
        assert min(gap) < -0.05
    assert not pair[0, 3:].any()


@given(LISTED, LISTED)
def test_some_places_score_as_in_the_whole_list(
    one: Ranker,
    drawn: tuple[list[int], list[float] | None],
    other: tuple[list[int], list[float] | None],
) -> None:
    queries = one.read_all(["sign1 please", "sign4 please"])
    items = [[LATE[place] for place in some] for some, _ in (drawn, other)]
    lists = one.lists(queries, items, [drawn[1], other[1]])
    places = np.array([[len(some) - 1, 0] for some in items])
    whole, found = score_lists(one.served, lists), score_places(one.served, lists, places)
    for name in ("relevance", "cosine", "memory", "network"):
        wanted = np.take_along_axis(getattr(whole, name), places, axis=1)
        assert getattr(found, name) == pytest.approx(wanted, abs=1e-6), name
    assert np.array_equal(pair_lists(one.served, lists), whole.pair.transpose(2, 0, 1))


@given(LISTED, st.sampled_from(Prior), st.sampled_from([0.0, 0.25, 1.0]))
def test_an_adjustment_is_half_the_way_from_the_relevance_to_the_blend(
    one: Ranker, drawn: tuple[list[int], list[float] | None], prior: Prior, share: float
) -> None:
    for others in (0, 2):
        lists = listed(one, *drawn, others=others)
        served = replace(one.served, choice=Choice(prior, share))
        scored = score_lists(served, lists)
        blended = scored.blend(served.choice)
        if prior is Prior.RELEVANCE:
            blended = np.where(np.isnan(lists.relevance), scored.cosine, blended)
        found = adjust_lists(served, lists)
        assert found == pytest.approx((blended - scored.relevance) / 2, abs=1e-6)
        assert found.dtype == np.float32


def test_lists_of_other_items_are_not_mixed_up(one: Ranker) -> None:
    """More of them than are kept, and the first once more."""
    lists = [listed(one, [start, *range(5)], None, others=0) for start in range(8)]
    first = [adjust_lists(one.served, some) for some in lists]
    again = [adjust_lists(replace(one.served), some) for some in reversed(lists)]
    for before, after in zip(first, reversed(again), strict=True):
        assert np.array_equal(before, after)
    assert np.array_equal(adjust_lists(one.served, lists[0]), first[0])


def test_threads_do_not_mix_up_what_they_score(one: Ranker) -> None:
    """More of them than lists are kept, on lists that they have in common."""
    lists = [listed(one, [start, *range(7)], None, others=0) for start in range(6)]
    alone = [adjust_lists(one.served, some) for some in lists]
    with ThreadPoolExecutor(8) as pool:
        found = list(
            pool.map(lambda number: adjust_lists(one.served, lists[number % 6]), range(600))
        )
    for number, scores in enumerate(found):
        assert np.array_equal(scores, alone[number % 6])


@pytest.mark.parametrize("prior", Prior)
def test_a_query_that_is_no_number_spoils_no_later_one(one: Ranker, prior: Prior) -> None:
    served = replace(one.served, choice=Choice(prior, 0.5))
    some = listed(one, [0, 1, 2], [0.5, nan, 0.2], others=0)
    before = adjust_lists(served, some)
    broken = replace(some, queries=np.full_like(some.queries, np.nan))
    assert np.isnan(adjust_lists(served, broken)).any()
    assert np.array_equal(adjust_lists(served, some), before)
