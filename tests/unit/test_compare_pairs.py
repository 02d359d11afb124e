"""Which difference becomes a pair, which reply is the better one, and what may not be learned from."""

from collections.abc import Mapping

import pytest
from compare_rig import BROKEN, FUNCTION, build_plan, completion, failed, holdout, replied, said

from understudy.config import Config
from understudy.curate.eligibility import DUPLICATE, HELD_OUT, NOT_PERMITTED
from understudy.evaluate import compare_pairs
from understudy.evaluate.compare import Comparison
from understudy.evaluate.compare_pairs import build_pairs
from understudy.evaluate.replies import Place, Reply

GOOD, OTHER = said("mail", "desk"), said("network")
PLAIN = '{"teams":["mail","desk"]}'
"""GOOD as the serving grammar writes it."""


def pairs_of(
    *replies: tuple[Place, Reply],
    permission: str = "open",
    settings: Mapping[str, object] | None = None,
    variants: tuple[str, ...] = ("teacher", "student@1"),
    holdout_share: float = 0.000001,
) -> tuple[list[dict[str, object]], dict[str, object]]:
    plan = build_plan(holdout("triage", 4, 1), variants, permission, holdout_share=holdout_share)
    config = Config.model_validate(settings or {})
    return build_pairs(Comparison(FUNCTION, plan, dict(replies)), config)


def test_the_teacher_is_chosen_over_a_student_that_breaks_the_schema() -> None:
    pairs, told = pairs_of(
        replied("teacher", 0, completion(GOOD)), replied("student@1", 0, completion(BROKEN))
    )
    (pair,) = pairs
    assert pair["chosen"] == [{"role": "assistant", "content": PLAIN}]
    assert pair["rejected"] == [{"role": "assistant", "content": '{"teams":["nobody"]}'}]
    assert (pair["teacher"], pair["permission"]) == ("scripted-teacher", "open")
    assert (pair["chosen_variant"], pair["rejected_variant"]) == ("teacher", "student@1")
    assert (pair["reason"], pair["gap"]) == ("fits the schema, the other does not", 1.0)
    assert pair["prompt"] == [
        {"role": "system", "content": "Name the team."},
        {"role": "user", "content": "ticket 0"},
    ]
    assert told == {"compared": 1, "written": 1, "skipped": {}, "refused": ""}


def test_a_student_that_fits_is_chosen_over_a_teacher_that_does_not() -> None:
    ((pair,), _) = pairs_of(
        replied("teacher", 0, completion(BROKEN)), replied("student@1", 0, completion(GOOD))
    )
    assert pair["chosen_variant"] == "student@1"


def test_a_known_expectation_decides_before_the_teacher_does() -> None:
    ((pair,), _) = pairs_of(
        replied("teacher", 0, completion(GOOD), right=0.0),
        replied("student@1", 0, completion(OTHER), right=1.0),
    )
    assert pair["chosen_variant"] == "student@1"
    assert (pair["reason"], pair["gap"]) == ("right 1.00 against 0.00", 1.0)


def test_without_an_expectation_the_teacher_wins_where_the_student_agrees_too_little() -> None:
    ((pair,), _) = pairs_of(
        replied("teacher", 0, completion(GOOD)), replied("student@1", 0, completion(OTHER))
    )
    assert (pair["chosen_variant"], pair["gap"]) == ("teacher", 1.0)
    assert "agreement with the teacher 0.00" in str(pair["reason"])


def test_what_is_no_difference_is_counted_by_its_reason() -> None:
    pairs, told = pairs_of(
        replied("teacher", 0, completion(GOOD)),
        replied("student@1", 0, completion(GOOD)),
        replied("teacher", 1, completion(BROKEN)),
        replied("student@1", 1, completion("nonsense")),
        replied("teacher", 2, completion(GOOD), right=0.8),
        replied("student@1", 2, completion(OTHER), right=0.6),
        replied("teacher", 3, completion(GOOD)),
        failed("student@1", 3, "away"),
    )
    assert pairs == []
    assert told["compared"] == 3
    expected = (compare_pairs.SAME, compare_pairs.NEITHER_FITS, compare_pairs.NEAR)
    assert told["skipped"] == dict.fromkeys(expected, 1)


def test_order_alone_is_no_reason_to_prefer() -> None:
    pairs, told = pairs_of(
        replied("teacher", 0, completion(GOOD)),
        replied("student@1", 0, completion(said("desk", "mail"))),
    )
    assert (pairs, told["skipped"]) == ([], {compare_pairs.AGREES: 1})


@pytest.mark.parametrize("student", [BROKEN, OTHER])
def test_without_permission_no_pair_is_written_and_the_setting_is_named(student: str) -> None:
    pairs, told = pairs_of(
        replied("teacher", 0, completion(GOOD)),
        replied("student@1", 0, completion(student)),
        permission="none",
    )
    assert (pairs, told["skipped"]) == ([], {NOT_PERMITTED: 1})
    assert "teacher.training_permission is 'none'" in str(told["refused"])


def test_a_teacher_without_permission_may_not_be_the_rejected_one_either() -> None:
    _, told = pairs_of(
        replied("teacher", 0, completion(BROKEN)),
        replied("student@1", 0, completion(GOOD)),
        permission="none",
    )
    assert told["skipped"] == {NOT_PERMITTED: 1}


def test_a_permission_recorded_since_counts() -> None:
    settings = {"teacher": {"training_permission": "written_permission"}}
    pairs, _ = pairs_of(
        replied("teacher", 0, completion(GOOD)),
        replied("student@1", 0, completion(OTHER)),
        permission="none",
        settings=settings,
    )
    assert len(pairs) == 1


def test_two_students_need_no_permission() -> None:
    pairs, _ = pairs_of(
        replied("student@1", 0, completion(GOOD)),
        replied("student@2", 0, completion(BROKEN)),
        permission="none",
        variants=("student@1", "student@2"),
    )
    assert pairs[0]["rejected_variant"] == "student@2"


def test_a_held_out_prompt_never_becomes_a_pair() -> None:
    pairs, told = pairs_of(
        replied("teacher", 0, completion(GOOD)),
        replied("student@1", 0, completion(OTHER)),
        holdout_share=0.999999,
    )
    assert (pairs, told["skipped"]) == ([], {HELD_OUT: 1})
    assert "--families training" in str(told["refused"])


def test_two_students_that_err_alike_give_one_pair() -> None:
    pairs, told = pairs_of(
        replied("teacher", 0, completion(GOOD)),
        replied("student@1", 0, completion(OTHER)),
        replied("student@2", 0, completion(OTHER.replace(" ", ""))),
        variants=("teacher", "student@1", "student@2"),
    )
    assert len(pairs) == told["written"] == 1
    assert told["skipped"] == {DUPLICATE: 1}


def test_a_lone_surrogate_leaves_a_pair_that_can_be_read() -> None:
    ((pair,), _) = pairs_of(
        replied("teacher", 0, completion(GOOD)), replied("student@1", 0, completion("\ud800 mail"))
    )
    assert pair["rejected"] == [{"role": "assistant", "content": "? mail"}]


def test_a_replay_under_another_config_gives_the_same_pairs() -> None:
    replies = (
        replied("teacher", 0, completion(GOOD)),
        replied("student@1", 0, completion(OTHER)),
        replied("teacher", 1, completion(GOOD)),
        replied("student@1", 1, completion(said("mail", "desk", "network"))),
    )
    settings = {"gate": {"min_agreement": 0.1}, "samples": {"holdout_share": 0.999999}}
    assert pairs_of(*replies, settings=settings) == pairs_of(*replies)
    assert len(pairs_of(*replies, settings=settings)[0]) == 2
