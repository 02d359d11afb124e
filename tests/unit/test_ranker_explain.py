"""What explain tells is what the score was made of."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from ranker_rig import ITEMS, taught

from understudy.learn.tier1.choice import Choice, Prior
from understudy.learn.tier1.explain import Explanation, _scores, explain
from understudy.learn.tier1.features import Item
from understudy.learn.tier1.ranker import Ranker
from understudy.learn.tier1.scoring import score_lists, structured_inputs

LATE = Item("late", "sign3 subject")
SPOKEN = [0.1 * place for place in range(len(ITEMS) + 1)]


@pytest.fixture(scope="module")
def one() -> Ranker:
    # With the words its memory is sure, and next to nothing moves it.
    return taught(word_buckets=0)


def explained(one: Ranker, choice: Choice, key: str, *, spoken: bool = True) -> Explanation:
    one.served = replace(one.served, choice=choice)
    return explain(one, "sign1 please", [*ITEMS, LATE], key, SPOKEN if spoken else None)


def moved(told: Explanation) -> set[str]:
    return {name for name, _, effect in told.moved if abs(effect) > 1e-5}


def test_a_network_without_a_share_is_moved_by_nothing(one: Ranker) -> None:
    told = explained(one, Choice(Prior.RELEVANCE, 0.0), "item-1")
    assert moved(told) == {"relevance", "relevance_known"}
    assert told.relevance == pytest.approx(2 * 0.1 - 1)
    assert moved(explained(one, Choice(Prior.COSINE, 0.0), "item-1")) == {"cosine"}
    by_memory = moved(explained(one, Choice(Prior.MEMORY, 0.0), "item-1"))
    assert by_memory <= {"memory", "memory_part", "cosine", "cosine_gap", "bias", "trust"}
    assert {"memory", "memory_part", "cosine"} <= by_memory


def test_where_the_model_said_nothing_the_cosine_speaks(one: Ranker) -> None:
    told = explained(one, Choice(Prior.RELEVANCE, 0.5), "item-1", spoken=False)
    assert told.relevance is None
    assert moved(told) == {"cosine"}


def test_an_item_that_nobody_judged_is_moved_by_its_text_alone(one: Ranker) -> None:
    told = explained(one, Choice(Prior.MEMORY, 1.0), "late")
    assert told.judgements == 0
    assert moved(told) <= {"memory", "cosine", "cosine_gap"}


@given(st.sampled_from(Prior), st.sampled_from([0.0, 0.25, 1.0]), st.booleans())
def test_what_is_explained_is_what_is_served(
    one: Ranker, prior: Prior, share: float, spoken: bool
) -> None:
    choice = Choice(prior, share)
    served = replace(one.served, choice=choice)
    given = SPOKEN if spoken else None
    lists = one.lists([one.read("sign1 please")], [[*ITEMS, LATE]], [given])
    scored = score_lists(served, lists)
    wanted = scored.cosine if prior is Prior.RELEVANCE and not spoken else scored.blend(choice)
    for place, row in enumerate(lists.rows[0]):
        pair, rows = scored.pair[0, [place]], lists.rows[0, [place]]
        values = structured_inputs(served, pair, rows, lists.facts)[0]
        found = _scores(served, lists.vectors[0], int(row), values)
        assert found[0] == pytest.approx(wanted[0, place], abs=1e-5)


def test_an_explanation_tells_the_served_adjustment_and_every_input() -> None:
    one = taught()
    told = explain(one, "sign1 please", ITEMS, "item-1")
    assert told.adjustment == pytest.approx(float(one.score("sign1 please", ITEMS)[1]))
    assert len(told.moved) == 47
    assert told.judgements > 0
    effects = [abs(effect) for _, _, effect in told.moved]
    assert effects == sorted(effects, reverse=True)
    assert effects[0] > 0


def test_what_feedback_taught_stands_against_what_the_text_says() -> None:
    told = explain(taught(), "sign1 please", ITEMS, "item-1")
    assert told.memory > 0.5
    assert told.memory > told.cosine


def test_an_item_outside_the_list_is_refused() -> None:
    with pytest.raises(KeyError):
        explain(taught(batches=1), "sign1", ITEMS, "nobody")
