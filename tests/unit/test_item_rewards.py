"""What feedback about an answer says of each entry that it listed."""

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from record_builders import make_feedback

from understudy.config import Reward
from understudy.curate.item_rewards import reward_items
from understudy.records import Feedback, FeedbackKind, FeedbackSource

SHOWN = ("kpi", "trend", "alerts")
WEIGHTS = Reward()


def said(name: str, value: Any, source: FeedbackSource = FeedbackSource.USER) -> Feedback:
    kind = FeedbackKind.ITEMS if name == "items" else FeedbackKind.FLOAT
    return make_feedback(name=name, value=value, source=source, kind=kind)


def rewards(*feedback: Feedback, corrected: list[str] | None = None) -> dict[str, float]:
    return reward_items(SHOWN, feedback, corrected, WEIGHTS, 0.5)


def test_a_score_of_an_entry_is_its_reward() -> None:
    assert rewards(said("items", {"kpi": 1.0, "trend": 0.25})) == {"kpi": 1.0, "trend": -0.5}


def test_entries_may_be_named_by_their_place_as_shown() -> None:
    assert rewards(said("items", {"0": 1.0, "2": 0.0})) == {"kpi": 1.0, "alerts": -1.0}
    assert rewards(said("items", [1.0, 0.5, 0.0])) == {"kpi": 1.0, "trend": 0.0, "alerts": -1.0}


NUMBERED = ("2", "1", "0")


def numbered(*feedback: Feedback, shown: tuple[str, ...] = NUMBERED) -> dict[str, float]:
    return reward_items(shown, feedback, None, WEIGHTS, 0.5)


def test_a_list_of_scores_is_read_by_place_where_keys_are_numbers() -> None:
    right = {"2": 1.0, "1": -1.0, "0": 0.0}
    assert numbered(said("items", [1.0, 0.0, 0.5])) == right
    verdict = said("evaluation", {"items": [1.0, 0.0, 0.5]}, FeedbackSource.JUDGE)
    assert numbered(verdict) == {key: pytest.approx(0.4 * one) for key, one in right.items()}


def test_a_mapping_is_read_by_key_before_place() -> None:
    assert numbered(said("items", {"2": 1.0, "0": 0.0})) == {"2": 1.0, "0": -1.0}
    assert numbered(said("items", {"0": 1.0}), shown=("7", "8")) == {"7": 1.0}


def test_a_later_score_of_an_entry_counts_however_it_names_the_entry() -> None:
    first = replace(said("items", [1.0, 1.0, 1.0]), created_at=1.0)
    later = replace(said("items", {"2": 0.0}), created_at=2.0)
    assert numbered(first, later) == {"2": -1.0, "1": 1.0, "0": 1.0}
    again = replace(said("items", [0.5]), created_at=3.0)
    assert numbered(first, later, again)["2"] == 0.0
    named = replace(said("items", {"kpi": 0.0, "trend#1": 0.0}), created_at=2.0)
    assert rewards(first, named) == {"kpi": -1.0, "trend": -1.0, "alerts": 1.0}


def test_entries_of_one_kind_are_scored_one_by_one() -> None:
    twice = ("kpi", "trend", "kpi")
    first = replace(said("items", {"kpi": 1.0, "kpi#2": 1.0}), created_at=1.0)
    later = replace(said("items", {"2": 0.0}), created_at=2.0)
    assert numbered(first, later, shown=twice) == {"kpi": 0.0}


def test_a_thumb_counts_half_for_each_entry_that_nobody_judged_alone() -> None:
    found = rewards(said("rating", False), said("items", {"kpi": 1.0}))
    assert found == {"kpi": 1.0, "trend": -0.5, "alerts": -0.5}


def test_a_correction_praises_what_it_kept_and_blames_what_it_left_out() -> None:
    found = rewards(said("rating", True), corrected=["kpi", "comparison"])
    assert found == {"kpi": 1.0, "trend": -1.0, "alerts": -1.0}


def test_a_judge_shrinks_a_users_verdict_and_never_flips_it() -> None:
    judged = said("evaluation", {"items": {"kpi": 0.0}}, FeedbackSource.JUDGE)
    assert rewards(judged) == {"kpi": pytest.approx(-0.4)}
    assert rewards(said("items", {"kpi": 1.0}), judged) == {"kpi": pytest.approx(0.6)}
    assert rewards(said("items", {"kpi": 0.6}), judged)["kpi"] == pytest.approx(0.05)


def test_a_thumb_of_no_user_shrinks_a_users_and_never_flips_it() -> None:
    automatic = [
        said("rating", False, FeedbackSource.JUDGE),
        said("rating", False, FeedbackSource.IMPLICIT),
    ]
    assert rewards(*automatic)["kpi"] == pytest.approx(-1.0)
    assert rewards(said("rating", True), *automatic)["kpi"] == pytest.approx(0.125)
    half = reward_items(SHOWN, automatic[:1], None, WEIGHTS, 0.5, trust=0.5)
    assert half["kpi"] == pytest.approx(-0.25)


def test_a_judge_without_trust_is_as_if_it_had_never_spoken() -> None:
    judged = said("evaluation", {"items": {"kpi": 0.0}}, FeedbackSource.JUDGE)
    assert reward_items(SHOWN, [judged], None, WEIGHTS, 0.5, trust=0.0) == {}


def test_a_score_out_of_range_outvotes_nobody() -> None:
    crowd = [replace(said("items", {"kpi": 0.0}), user=f"user {n}") for n in range(50)]
    shout = replace(said("items", {"kpi": 1e9}), user="eve")
    assert rewards(*crowd, shout)["kpi"] == pytest.approx(-49 / 51)


def test_a_users_scores_of_other_entries_stay_when_he_scores_another() -> None:
    assert rewards(
        replace(said("items", {"kpi": 1.0, "trend": 1.0}), created_at=1.0),
        replace(said("items", {"trend": 0.0}), created_at=2.0),
    ) == {"kpi": 1.0, "trend": -1.0}


@pytest.mark.parametrize(
    "value",
    [
        *(None, 3, "kpi", {"unknown": 1.0}, {"9": 1.0}, {"kpi": "good"}, {"kpi": float("nan")}),
        # More digits than Python makes a number of.
        {"9" * 5_000: 1.0},
    ],
)
def test_what_names_no_entry_or_is_no_number_says_nothing(value: Any) -> None:
    assert rewards(said("items", value)) == {}


@given(
    own=st.floats(0, 1),
    judge=st.floats(0, 1),
    engagement=st.floats(-5, 5),
    thumb=st.one_of(st.none(), st.booleans()),
    automatic=st.lists(
        st.tuples(
            st.booleans() | st.floats(-1e9, 1e9),
            st.sampled_from([FeedbackSource.JUDGE, FeedbackSource.IMPLICIT]),
        ),
        max_size=3,
    ),
)
def test_rewards_stay_in_bounds_and_keep_the_users_sign(
    own: float, judge: float, engagement: float, thumb: bool | None, automatic: Any
) -> None:
    feedback = [
        *(said("rating", value, source) for value, source in automatic),
        said("items", {"kpi": own}),
        said("evaluation", {"items": {"kpi": judge, "trend": judge}}, FeedbackSource.JUDGE),
        said("engagement", engagement, FeedbackSource.IMPLICIT),
    ]
    if thumb is not None:
        feedback.append(said("rating", thumb))
    found = rewards(*feedback)
    assert all(-1 <= value <= 1 for value in found.values())
    assert found["kpi"] * (2 * own - 1) >= 0
    if thumb is not None:
        assert found["trend"] * (1 if thumb else -1) > 0
