"""The reward of SPEC 3.1: weighted, clipped, and never against a user's own rating."""

import math
import random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from record_builders import make_completion, make_feedback, make_inference

from understudy.config import Reward as Weights
from understudy.config import Voice
from understudy.curate.rewards import blend, compute_reward
from understudy.records import Feedback, FeedbackKind, FeedbackSource, Inference, Ranking, Reward

WEIGHTS, VOICE = Weights(), Voice()
# In the middle between instant and slow: the latency component is zero.
EVEN = make_inference(latency_s=WEIGHTS.slow_s / 2)


def reward_of(*feedback: Feedback, inference: Inference = EVEN) -> Reward:
    return compute_reward(inference, feedback, WEIGHTS, VOICE)


def judged(**value: Any) -> Feedback:
    return make_feedback(
        "evaluation", value, source=FeedbackSource.JUDGE, confidence=0.5, kind=FeedbackKind.ITEMS
    )


@pytest.mark.parametrize(
    ("feedback", "component", "worth"),
    [
        (make_feedback("rating", True), "rating", 1.0),
        (make_feedback("rating", False), "rating", -1.0),
        (make_feedback("follow_up", "satisfied"), "follow_up", 0.5),
        (make_feedback("follow_up", "refinement"), "follow_up", -0.15),
        (make_feedback("follow_up", "repeat"), "follow_up", -0.5),
        (make_feedback("follow_up", 0.4), "follow_up", 0.2),
        (make_feedback("engagement", 0.5), "engagement", 0.15),
        (make_feedback("engagement", 7.0), "engagement", 0.3),
        (make_feedback("intent", {"confidence": 1.0}), "intent_confidence", 0.1),
        (make_feedback("intent", 0.0), "intent_confidence", -0.1),
        (make_feedback("items", {"kpi": 1.0, "trend": 0.5}), "items", 0.2),
        (make_feedback("items", [0.0, 0.0]), "items", -0.4),
        (make_feedback("missing", ["alerts"]), "missing", -0.15),
        (make_feedback("missing", []), "missing", 0.0),
        (make_feedback("missing", 1.0), "missing", -0.3),
        (judged(size_fit=1.0), "size_fit", 0.2),
        (judged(items={"kpi": {"appropriateness": 0.75}}), "items", 0.2),
    ],
)
def test_each_signal_weighs_what_the_config_says(
    feedback: Feedback, component: str, worth: float
) -> None:
    assert reward_of(feedback).components[component] == pytest.approx(worth)
    assert reward_of(feedback).total == pytest.approx(worth)


def test_missing_items_are_weighed_against_those_that_were_shown() -> None:
    items = make_feedback("items", {"a": 0.5, "b": 0.5, "c": 0.5})
    assert reward_of(items, make_feedback("missing", ["d"])).components["missing"] == pytest.approx(
        -0.3 / 4
    )


def test_a_rating_of_no_user_is_a_signal_among_others() -> None:
    seen = make_feedback("rating", False, source=FeedbackSource.IMPLICIT, user="")
    judge = make_feedback("rating", False, source=FeedbackSource.JUDGE, user="")
    assert reward_of(seen).total == pytest.approx(-1.0)
    shrunk = reward_of(make_feedback("rating", True), seen, judge)
    assert shrunk.total == pytest.approx(0.25)
    assert shrunk.components["rating"] == pytest.approx(1.0)


def test_latency_runs_from_plus_to_minus_its_weight() -> None:
    latencies = [0.0, WEIGHTS.slow_s / 2, WEIGHTS.slow_s, 10 * WEIGHTS.slow_s]
    worth = [reward_of(inference=make_inference(latency_s=one)).total for one in latencies]
    assert worth == pytest.approx([0.1, 0.0, -0.1, -0.1])


def test_the_judges_confidence_is_centred() -> None:
    sure = make_feedback("evaluation", {}, confidence=1.0)
    assert reward_of(sure).components["evaluation_confidence"] == pytest.approx(0.2)
    assert reward_of(judged()).components["evaluation_confidence"] == pytest.approx(0.0)


def test_agreement_and_unknown_names_weigh_nothing() -> None:
    ignored = [make_feedback("agreement", 1.0), make_feedback("weather", 1.0)]
    assert reward_of(*ignored) == reward_of()


@pytest.mark.parametrize(
    "feedback",
    [
        make_feedback("rating", "yes"),
        make_feedback("follow_up", "whatever"),
        make_feedback("engagement", math.nan),
        make_feedback("engagement", None),
        make_feedback("items", "kpi"),
        make_feedback("items", {"kpi": "good"}),
        make_feedback("missing", {"a": 1}),
        make_feedback("evaluation", "fine"),
        judged(size_fit="large", voice=3, items=7, missing=None),
        make_feedback("intent", {"type": "query"}),
    ],
)
def test_malformed_values_weigh_nothing(feedback: Feedback) -> None:
    assert reward_of(feedback).total == pytest.approx(0.0)


def test_a_user_counts_once_with_his_last_word() -> None:
    stubborn = [make_feedback("rating", False, created_at=float(i)) for i in range(9)]
    other = make_feedback("rating", True, user="ben")
    assert reward_of(*stubborn, other).components["rating"] == 0.0
    changed = make_feedback("rating", True, created_at=99.0)
    assert reward_of(*stubborn, changed).components["rating"] == 1.0


def test_a_score_out_of_range_is_one_voice_at_its_end() -> None:
    crowd = [make_feedback("rating", False, user=f"user {n}") for n in range(50)]
    shout = reward_of(*crowd, make_feedback("rating", 1e9, user="eve"))
    assert shout.components["rating"] == pytest.approx(-49 / 51)
    items = [make_feedback("items", {"a": 0.0}, user=f"user {n}") for n in range(50)]
    shout = reward_of(*items, make_feedback("items", {"a": 1e9}, user="eve"))
    assert shout.components["items"] == pytest.approx(-0.4 * 49 / 51)
    measured = [make_feedback("engagement", -1.0, user=f"user {n}") for n in range(50)]
    shout = reward_of(*measured, make_feedback("engagement", 10**400, user="eve"))
    assert shout.components["engagement"] == pytest.approx(-0.3 * 49 / 51)
    assert reward_of(make_feedback("items", {"a": 1.0, "b": -7})).total == pytest.approx(0.0)
    assert reward_of(make_feedback("missing", -9.0)).total == pytest.approx(0.0)


def test_entries_that_a_user_scores_one_after_the_other_all_count() -> None:
    later = [
        make_feedback("items", {"anvil": 1.0, "bolt": 1.0}, created_at=1.0),
        make_feedback("items", {"bolt": 0.0}, created_at=2.0),
    ]
    assert reward_of(*later).components["items"] == pytest.approx(0.0)
    by_place = [
        make_feedback("items", [1.0, 1.0], created_at=1.0),
        make_feedback("items", {"1": 0.0}, created_at=2.0),
        make_feedback("items", "no scores", created_at=3.0),
    ]
    assert reward_of(*by_place).components["items"] == pytest.approx(0.0)


def test_a_disliked_answer_stays_disliked_however_well_it_measures() -> None:
    best = [
        make_feedback("follow_up", "satisfied"),
        make_feedback("engagement", 1.0),
        make_feedback("items", [1.0]),
        make_feedback("evaluation", {"size_fit": 1.0}, confidence=1.0),
    ]
    praised = reward_of(*best, inference=make_inference(latency_s=0.0)).total
    disliked = reward_of(
        *best, make_feedback("rating", False), inference=make_inference(latency_s=0.0)
    ).total
    assert praised > 1.0
    assert disliked < -0.1


VALUES = st.one_of(
    st.booleans(),
    st.floats(),
    st.sampled_from(["satisfied", "refinement", "repeat", "odd"]),
    st.lists(st.floats(0, 1), max_size=4),
    st.dictionaries(st.sampled_from(["size_fit", "missing", "voice", "items"]), st.floats(0, 1)),
)
AUTOMATIC = st.builds(
    make_feedback,
    st.sampled_from(
        ["follow_up", "engagement", "items", "missing", "evaluation", "intent", "agreement"]
    ),
    VALUES,
    user=st.sampled_from(["ann", "ben"]),
    confidence=st.floats(0, 1),
)
# What stands under `rating` but is no user's word is as automatic as the rest.
RATED = st.builds(
    make_feedback,
    st.just("rating"),
    VALUES,
    user=st.sampled_from(["", "ann", "ben"]),
    source=st.sampled_from([FeedbackSource.JUDGE, FeedbackSource.IMPLICIT]),
)


@given(st.booleans(), st.lists(AUTOMATIC | RATED, max_size=8), st.floats(0, 1e6))
def test_automatic_signals_never_flip_or_zero_a_rating(
    liked: bool, automatic: list[Feedback], latency_s: float
) -> None:
    rating = make_feedback("rating", liked)
    total = reward_of(rating, *automatic, inference=make_inference(latency_s=latency_s)).total
    assert (total > 0) == liked
    assert total != 0
    assert -WEIGHTS.clip <= total <= WEIGHTS.clip


@given(
    st.floats(-5, 5).filter(lambda rating: abs(rating) > 1e-6),
    st.floats(-1e9, 1e9),
    st.floats(0.1, 10),
)
def test_blending_keeps_the_sign_for_any_weights(
    rating: float, automatic: float, clip: float
) -> None:
    assert math.copysign(1.0, blend(rating, automatic, clip)) == math.copysign(1.0, rating)
    assert 0 < abs(blend(rating, automatic, clip)) <= clip


@given(st.lists(AUTOMATIC | RATED, max_size=8), st.randoms(use_true_random=False))
def test_the_order_of_arrival_does_not_matter(
    feedback: list[Feedback], chance: random.Random
) -> None:
    shuffled = feedback[:]
    chance.shuffle(shuffled)
    assert reward_of(*shuffled) == reward_of(*feedback)


def test_new_weights_give_new_rewards_for_what_is_stored() -> None:
    rating = make_feedback("rating", True)
    heavier = WEIGHTS.model_copy(update={"rating": 1.5})
    assert compute_reward(EVEN, [rating], heavier, VOICE).total == pytest.approx(1.5)


def test_a_spoken_answer_is_scored_and_a_plan_is_not() -> None:
    spoken = make_inference(
        latency_s=WEIGHTS.slow_s / 2,
        completion=make_completion(answer="Pump 1 vibrates at 2.8 millimetres per second."),
    )
    assert "text_quality" in reward_of(inference=spoken).components
    assert "text_quality" not in reward_of().components


def test_the_judges_voice_verdict_outranks_the_thumb() -> None:
    spoken = make_inference(completion=make_completion(answer='{"text": "All is well."}'))
    perfect = judged(voice=dict.fromkeys(["groundedness", "conciseness", "directness"], 1.0))
    liked = reward_of(perfect, make_feedback("rating", True), inference=spoken)
    disliked = reward_of(perfect, make_feedback("rating", False), inference=spoken)
    assert liked.components["text_quality"] == disliked.components["text_quality"] > 0


def test_scores_of_a_ranked_answer_are_merged_by_the_entries_that_were_shown() -> None:
    """Keys that are numbers are no places: the entry 2 was shown first."""
    ranking = Ranking(1, "memory", 0.0, ("0", "2"), (None,) * 2, (0.0,) * 2, (1.0,) * 2, (1, 0))
    said = [
        make_feedback("items", [1.0, 1.0], created_at=1.0),
        make_feedback("items", {"2": 0.0}, created_at=2.0),
    ]
    found = reward_of(*said, inference=make_inference(ranking=ranking))
    assert found.components["items"] == pytest.approx(0.0)
