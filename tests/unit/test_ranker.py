"""The ranker learns from feedback on items, and nothing that comes in breaks it."""

import numpy as np
import pytest
from ranker_rig import DIMENSION, ITEMS, WordVectors, events, ranker, right_share, small, taught

from understudy.learn.tier1.features import STRUCTURED, Item
from understudy.learn.tier1.intake import Event
from understudy.learn.tier1.network import build_network
from understudy.learn.tier1.ranker import Ranker
from understudy.learn.tier1.scoring import Choice, Prior, score_lists


def test_the_wanted_item_comes_first_after_feedback() -> None:
    assert right_share(ranker()) < 0.5
    assert right_share(taught()) == 1.0


def test_before_any_feedback_it_orders_by_cosine() -> None:
    one = ranker()
    query = one.read("subject 3 please")
    cosine = (
        one.embedder.embed([item.text for item in ITEMS])
        @ query.vector[one.settings.word_buckets :]
    )
    assert list(np.argsort(-one.score(query.text, ITEMS))) == list(np.argsort(-cosine))


def test_before_any_feedback_the_models_own_relevance_stays_as_it_is() -> None:
    one = ranker()
    relevance = [0.1 * place for place in range(len(ITEMS))]
    one.served = one.snapshot(Choice(Prior.RELEVANCE, 0.0))
    assert np.abs(one.score("sign1 please", ITEMS, relevance)).max() < 1e-6


def test_relevance_and_adjustment_together_stay_between_zero_and_one() -> None:
    one = taught()
    relevance = np.linspace(0, 1, len(ITEMS))
    total = relevance + one.score("sign1 please", ITEMS, list(relevance))
    assert total.min() >= 0
    assert total.max() <= 1 + 1e-7


@pytest.mark.parametrize(("rank", "parameters"), [(32, 28_193), (8, 7_145)])
def test_the_configs_rank_reaches_the_network(rank: int, parameters: int) -> None:
    one = Ranker(small(rank=rank), WordVectors(384))
    assert one.trainer.network.size == parameters
    assert one.trainer.network.a.shape == (813, rank)


def test_the_width_follows_the_embedder_and_the_inputs() -> None:
    assert len(STRUCTURED) == len(set(STRUCTURED)) == 45
    assert ranker().width == 2 * DIMENSION + 45
    assert build_network(ranker().width, 4, 8, 0).shape == (2 * DIMENSION + 45, 4, 8)


def test_a_single_event_may_be_learned() -> None:
    one = ranker()
    for event in events(200):
        one.fit([event])
    assert right_share(one) >= 0.75


def test_flipped_feedback_does_not_make_it_worse_than_nothing() -> None:
    one, idle = ranker(), ranker()
    for number in range(15):
        one.fit(events(20, start=20 * number, flips=0.3))
    assert right_share(one) >= right_share(idle)


def test_changed_tastes_are_followed() -> None:
    one = taught()
    for number in range(20):
        one.fit(events(20, start=1000 + 20 * number, moved=3))
    assert right_share(one, moved=3) >= 0.75


def test_a_changed_item_forgets_what_was_fed_back_before() -> None:
    one = taught()
    forgotten = [
        one.fit(events(20, start=1000 + 20 * number, moved=3)).forgotten for number in range(10)
    ]
    assert any(forgotten)


def test_steady_tastes_raise_no_alarm() -> None:
    one = taught()
    later = [one.fit(events(20, start=2000 + 20 * n, flips=0.05)).forgotten for n in range(10)]
    assert sum(len(names) for names in later) <= 1


def test_an_item_that_comes_later_is_scored_at_once_and_learned() -> None:
    one = taught()
    grown = [*ITEMS, Item("new-1", "sign1 subject"), Item("new-2", "subject 10")]
    scores = one.score("sign1 please", grown)
    assert np.isfinite(scores).all()
    for number in range(40):
        one.fit([Event(f"n{number}", "sign9 please", grown, {"new-2": 1.0, "item-1": -1.0})])
    assert one.score("sign9 please", grown).argmax() == len(grown) - 1
    assert len(one.rows) == len(grown)


def test_a_new_item_does_not_change_the_scores_of_the_others() -> None:
    one = taught()
    before = one.score("sign1 please", ITEMS)
    one.score("sign1 please", [*ITEMS, Item("new", "another thing")])
    assert np.array_equal(one.score("sign1 please", ITEMS), before)


def test_an_empty_plan_has_no_adjustments() -> None:
    assert ranker().score("anything", []).shape == (0,)
    assert ranker().fit([Event("e", "anything", [], {})]).learned == 0


def test_a_plan_of_one_item_is_scored() -> None:
    assert np.isfinite(taught().score("sign1 please", ITEMS[:1])).all()


def test_an_empty_query_is_scored() -> None:
    one = taught()
    assert np.isfinite(one.score("please", ITEMS)).all()


@pytest.mark.parametrize("bad", [float("nan"), float("inf"), "good", None, True])
def test_a_score_that_is_no_number_is_left_out_and_counted(bad: object) -> None:
    one = ranker()
    done = one.fit([Event("e", "sign1", ITEMS, {"item-1": bad})])  # type: ignore[dict-item]
    assert done.learned + done.held_out == 0
    assert one.counts()["refused: score is no number"] == 1


def test_a_score_out_of_range_counts_as_the_end_of_the_range() -> None:
    one, other = ranker(), ranker()
    for number in range(20):
        one.fit([Event(f"e{number}", "sign1", ITEMS, {"item-1": 900.0})])
        other.fit([Event(f"e{number}", "sign1", ITEMS, {"item-1": 1.0})])
    assert np.array_equal(one.memory.vectors, other.memory.vectors)


@pytest.mark.parametrize("huge", [10**400, -(10**400)])
def test_an_integer_beyond_every_float_counts_as_the_end_of_the_range(huge: int) -> None:
    one = ranker()
    (judged,) = one._admit([Event("e", "sign1", ITEMS, {"item-1": huge}, [huge] * len(ITEMS))])
    assert list(judged[1].rewards.values()) == [1.0 if huge > 0 else -1.0]
    assert set(judged[1].lists.relevance[0].tolist()) == {float(huge > 0)}


@pytest.mark.parametrize("kind", [np.float32, np.float64, np.int64])
def test_numbers_of_numpy_are_numbers(kind: type) -> None:
    one = ranker()
    done = one.fit([Event("e", "sign1", ITEMS, {"item-1": kind(1)})])
    assert done.learned + done.held_out == 1
    assert not one.intake.refused


def test_feedback_on_an_item_outside_the_plan_is_left_out_and_counted() -> None:
    one = ranker()
    done = one.fit([Event("e", "sign1", ITEMS[:2], {"item-7": 1.0, "never-heard-of": 1.0})])
    assert done.learned + done.held_out == 0
    assert one.counts()["refused: item not in the plan"] == 2


def test_a_repeated_event_changes_nothing() -> None:
    one = taught()
    vectors = one.memory.vectors.copy()
    done = one.fit(events(20, start=0))
    assert done.learned + done.held_out == 0
    assert np.array_equal(one.memory.vectors, vectors)


@pytest.mark.parametrize("share", [0.001, 0.999])
def test_the_last_word_on_an_answer_takes_the_place_of_the_earlier(share: float) -> None:
    one = ranker(validation_share=share)
    words = [("up", 1.0), ("down", -1.0), ("up", 1.0), ("up", 1.0)]
    for said, reward in words:
        one.fit([Event(f"answer:{said}", "sign1", ITEMS, {"item-1": reward})])
        one.fit([Event(f"another:{said}", "sign2", ITEMS, {"item-2": 0.5})])
    kept = [event.rewards for event in [*one.replay, *one.validation.events]]
    assert sorted(kept, key=str) == [{1: 1.0}, {2: 0.5}]
    assert one.counts()["refused: repeated event"] == 2


def test_an_event_that_is_withdrawn_takes_its_share_along() -> None:
    one = ranker(validation_share=0.999)
    one.fit(events(60))
    shares = dict(
        zip([e.answer for e in one.validation.events], one.validation.shares, strict=True)
    )
    gone = [e.answer for e in one.validation.events[:3]]
    one.validation.withdraw(set(gone))
    kept = [shares[e.answer] for e in one.validation.events]
    assert len(kept) == len(shares) - 3
    assert list(one.validation.shares) == kept


def test_of_two_words_on_an_answer_in_one_fit_the_last_is_learned() -> None:
    one = ranker(validation_share=0.001)
    given = [Event(f"a:{n}", "sign1", ITEMS, {"item-1": n}) for n in (1.0, -1.0)]
    assert one.fit(given).learned == 1
    assert [event.rewards for event in one.replay] == [{1: -1.0}]


def test_the_same_events_in_another_order_are_learned_as_well() -> None:
    one = ranker()
    given = events(300)
    for number in range(15):
        one.fit(given[::-1][20 * number : 20 * number + 20])
    assert right_share(one) == 1.0


def test_relevance_that_is_no_number_is_taken_as_none() -> None:
    one = taught()
    scores = one.score("sign1 please", ITEMS, [float("nan")] * 3 + [7.0, -2.0])
    assert np.isfinite(scores).all()


def test_held_out_events_are_never_trained_on() -> None:
    one = ranker(validation_share=0.999)
    one.fit(events(60))
    assert one.replay == []
    assert one.trainer.steps == 0
    assert float(one.memory.shown().sum()) == 0


def test_with_too_few_validation_events_nothing_learned_is_served() -> None:
    one = ranker(gate_events=1000)
    for number in range(15):
        assert not one.fit(events(20, start=20 * number)).published
    assert right_share(one) == right_share(ranker())


def test_a_version_that_validates_worse_is_not_served() -> None:
    one = taught()
    served = one.served
    for values in (one.trainer.network.c, one.warm.weights, one.cold.weights):
        values *= -1
    assert one.validation.publish(one)[1] is False
    assert one.served is served


def test_the_learning_rate_has_a_floor() -> None:
    one = taught(batches=40, patience=1, min_learning_rate=4e-4)
    assert one.trainer.learning_rate == 4e-4


def test_an_item_never_judged_is_left_to_its_text() -> None:
    one = taught()
    one.trainer.network.c_bias[:] = 5.0
    grown = [*ITEMS, Item("late", "sign3 please")]
    lists = one.lists([one.read("sign3 please")], [grown], [None])
    scored = score_lists(one.snapshot(Choice(Prior.MEMORY, 1.0)), lists)
    assert scored.network[0, -1] == scored.memory[0, -1]
    assert scored.network[0, 0] > 0.9
