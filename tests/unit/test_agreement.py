"""How far a judge is trusted, and what that does to rewards."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from record_builders import find_experiences, make_completion, make_feedback, make_inference

from understudy.config import Config, Judge, Voice
from understudy.config import Reward as Weights
from understudy.curate.agreement import Agreement, measure_agreement, trust_of
from understudy.curate.rewards import compute_reward
from understudy.curate.values import centred
from understudy.curate.voice import DIMENSIONS, rate_voice, weigh_voice
from understudy.records import Feedback, FeedbackSource
from understudy.store import open_store

WEIGHTS, VOICE, RULE = Weights(), Voice(), Judge()


def judged(inference: str, score: float, **changes: Any) -> Feedback:
    given_ = {"inference": inference, "source": FeedbackSource.JUDGE, "confidence": 0.9, "user": ""}
    return make_feedback("evaluation", {"items": {"kpi": score}}, **{**given_, **changes})


def rated(inference: str, liked: bool, **changes: Any) -> Feedback:
    return make_feedback("rating", liked, inference=inference, **changes)


def measured(*feedback: Feedback) -> Agreement:
    return measure_agreement(feedback, WEIGHTS, VOICE)


@pytest.mark.parametrize(
    ("common", "equal", "trust"),
    [(0, 0, 1.0), (19, 0, 1.0), (20, 14, 0.0), (20, 15, 0.75), (40, 36, 0.9), (20, 20, 1.0)],
)
def test_trust_follows_agreement_once_there_are_enough_common_answers(
    common: int, equal: int, trust: float
) -> None:
    assert trust_of(Agreement(common, equal), RULE) == trust


def test_only_answers_with_both_a_rating_and_a_verdict_count() -> None:
    found = measured(
        *(rated("a", True), judged("a", 0.9)),
        *(rated("b", True), judged("b", 0.1)),
        *(rated("c", False), judged("c", 0.1)),
        rated("d", True),
        judged("e", 0.9),
        *(rated("f", True), judged("f", 0.5)),
    )
    assert (found.common, found.equal) == (3, 2)


def test_users_at_odds_and_ratings_of_no_user_say_nothing() -> None:
    found = measured(
        *(rated("a", True), rated("a", False, user="ben"), judged("a", 0.9)),
        *(rated("b", True, source=FeedbackSource.JUDGE), judged("b", 0.9)),
        *(make_feedback("rating", True, inference=None, episode="c"), judged("c", 0.9)),
    )
    assert found.common == 0


def test_a_judge_that_is_sure_of_a_bad_answer_condemns_it() -> None:
    found = measured(rated("a", False), judged("a", 0.2, confidence=1.0))
    assert (found.common, found.equal) == (1, 1)


def test_the_last_word_of_user_and_judge_counts() -> None:
    found = measured(
        *(rated("a", True, created_at=1.0), rated("a", False, created_at=2.0)),
        *(judged("a", 0.9, created_at=1.0), judged("a", 0.1, created_at=2.0)),
    )
    assert (found.common, found.equal) == (1, 1)


SAID = st.lists(
    st.tuples(st.sampled_from("abcdef"), st.booleans(), st.floats(0, 1), st.booleans()),
    max_size=12,
)


@given(SAID, st.randoms(use_true_random=False))
def test_agreement_is_a_share_and_order_does_not_matter(said: Any, chance: Any) -> None:
    feedback = [
        judged(name, score, created_at=float(at)) if by_judge else rated(name, liked)
        for at, (name, liked, score, by_judge) in enumerate(said)
    ]
    found = measured(*feedback)
    chance.shuffle(feedback)
    assert measured(*feedback) == found
    assert 0 <= found.equal <= found.common <= len({name for name, *_ in said})
    assert 0 <= trust_of(found, RULE) <= 1


VALUES = st.fixed_dictionaries(
    {},
    optional={
        "items": st.lists(st.floats(0, 1), max_size=3) | st.floats(),
        "size_fit": st.floats() | st.none() | st.text(),
        "missing": st.lists(st.text(), max_size=3) | st.none(),
        "voice": st.dictionaries(st.sampled_from(["tts", "directness"]), st.floats(0, 1))
        | st.text(),
    },
)
VERDICTS = st.builds(
    lambda value, sure: make_feedback(
        "evaluation", value, source=FeedbackSource.JUDGE, confidence=sure
    ),
    VALUES,
    st.floats(0, 1),
)
OTHERS = st.sampled_from([make_feedback("rating", True), make_feedback("items", {"kpi": 0.3})])


@given(st.lists(VERDICTS, max_size=3), st.lists(OTHERS, max_size=2))
def test_a_judge_without_trust_is_as_if_it_had_never_spoken(
    verdicts: list[Feedback], others: list[Feedback]
) -> None:
    inference = make_inference()
    ignored = compute_reward(inference, [*verdicts, *others], WEIGHTS, VOICE, 0.0)
    assert ignored == compute_reward(inference, others, WEIGHTS, VOICE)


@given(st.lists(VERDICTS, max_size=3), st.floats(0.01, 1))
def test_less_trust_never_gives_a_judge_more_weight(verdicts: list[Feedback], trust: float) -> None:
    whole = compute_reward(make_inference(), verdicts, WEIGHTS, VOICE).components
    part = compute_reward(make_inference(), verdicts, WEIGHTS, VOICE, trust).components
    for name in ("items", "size_fit", "missing", "evaluation_confidence"):
        assert abs(part.get(name, 0.0)) <= abs(whole.get(name, 0.0)) + 1e-12


@given(VALUES)
def test_a_verdict_of_any_shape_is_measured_without_harm(value: Any) -> None:
    verdict = make_feedback("evaluation", value, source=FeedbackSource.JUDGE, inference="a")
    assert measured(rated("a", True), verdict).common in (0, 1)


def test_rewards_ignore_a_judge_that_contradicts_users(tmp_path: Path) -> None:
    made = [make_inference(f"ticket {n}") for n in range(21)]
    with open_store(tmp_path) as store:
        store.insert_inferences(made)
        store.insert_feedback([judged(one.id, 1.0) for one in made])
        alone = find_experiences(store, Config())[-1].reward
        store.insert_feedback([rated(one.id, n % 2 == 0) for n, one in enumerate(made[:20])])
        contradicted = find_experiences(store, Config())[-1].reward
        lenient = Config(judge=Judge(min_agreement=0.5))
        halved = find_experiences(store, lenient)[-1].reward
    assert alone.components["items"] == pytest.approx(0.4)
    assert "items" not in contradicted.components
    assert halved.components["items"] == pytest.approx(0.2)


def test_in_the_voice_a_judge_trusted_less_leaves_more_to_the_rules() -> None:
    spoken = make_inference(completion=make_completion(answer='{"text": "All is well."}'))
    harsh = judged(spoken.id, 0.5)
    harsh = replace(harsh, value={"voice": dict.fromkeys(DIMENSIONS, 0.0)})
    rules = centred(weigh_voice(rate_voice("All is well.", ""), VOICE))
    assert rules is not None
    found = [
        compute_reward(spoken, [harsh], WEIGHTS, VOICE, trust).components["text_quality"]
        for trust in (1.0, 0.5)
    ]
    worth = [WEIGHTS.text_quality * ((1 - 0.6 * trust) * (rules + 1) - 1) for trust in (1.0, 0.5)]
    assert found == pytest.approx(worth)
