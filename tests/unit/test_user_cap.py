"""What one user may teach in a day, and who is charged for it."""

from collections.abc import Sequence
from typing import Any

import pytest
from record_builders import make_feedback, make_inference

from understudy.daemon.user_cap import DAY_S, DAYS_KEPT, WORDS_ON_ONE, UserCap
from understudy.records import Feedback, FeedbackSource


def thumb(**changes: Any) -> Feedback:
    return make_feedback("rating", True, **changes)


def kept(
    cap: UserCap, inference: str, said: Sequence[Feedback], fresh: Sequence[Feedback] | None = None
) -> int:
    """How many of them count; all are new unless `fresh` says which."""
    draft = cap.draft()
    new = {one.id for one in (said if fresh is None else fresh)}
    found = draft.keep(make_inference(id=inference, user="ann", episode="e"), said, new)
    draft.commit()
    return len(found)


def test_a_user_teaches_so_many_answers_a_day() -> None:
    cap = UserCap(2)
    assert [kept(cap, f"i{n}", [thumb(user="ben")]) for n in range(3)] == [1, 1, 0]
    assert kept(cap, "i3", [thumb(user="eve")]) == 1
    assert kept(cap, "i4", [thumb(user="ben", created_at=DAY_S * 9)]) == 1
    assert cap.refused == 1


def test_what_was_not_committed_was_never_said() -> None:
    cap = UserCap(1)
    for _ in range(9):
        cap.draft().keep(make_inference(id="i"), [one := thumb()], {one.id})
    assert kept(cap, "another", [thumb()]) == 1
    assert cap.refused == 0


def test_a_judge_charges_nobody_and_is_never_refused() -> None:
    cap = UserCap(1)
    verdicts = [thumb(source=FeedbackSource.JUDGE, user="") for _ in range(9)]
    assert [kept(cap, f"i{n}", [one]) for n, one in enumerate(verdicts)] == [1] * 9
    assert kept(cap, "mine", [thumb(user="ann")]) == 1


def test_what_an_application_saw_a_user_do_leaves_him_his_words() -> None:
    cap = UserCap(1)
    for _ in range(2 * WORDS_ON_ONE):
        kept(cap, "i", [thumb(source=FeedbackSource.IMPLICIT, user="")])
    assert kept(cap, "i", [thumb(user="ann")]) == 1


def test_an_answer_weighed_again_for_others_is_no_further_word() -> None:
    cap, mine = UserCap(5), thumb(user="ben")
    assert kept(cap, "i", [mine]) == 1
    for number in range(2 * WORDS_ON_ONE):
        other = thumb(user=f"user {number}")
        assert kept(cap, "i", [mine, other], [other]) == 2
    assert cap.refused == 0


def test_who_had_too_many_words_stays_out_when_others_speak() -> None:
    cap, other = UserCap(5), thumb(user="eve")
    words = [thumb(user="ben") for _ in range(WORDS_ON_ONE + 1)]
    assert [kept(cap, "i", [one]) for one in words] == [1] * WORDS_ON_ONE + [0]
    assert kept(cap, "i", [*words, other], [other]) == 1
    assert cap.refused == 1


def test_nobodys_name_is_the_askers_and_then_the_episodes() -> None:
    cap = UserCap(1)
    assert [kept(cap, f"i{n}", [thumb(user="")]) for n in range(2)] == [1, 0]
    asked = [make_inference(id=f"j{n}", user="", episode=f"e{n}") for n in range(2)]
    draft, one = cap.draft(), thumb(user="")
    assert [len(draft.keep(inference, [one], {one.id})) for inference in asked] == [1, 1]


@pytest.mark.parametrize("order", [1, -1])
def test_days_of_long_ago_are_forgotten(order: int) -> None:
    cap = UserCap(1)
    for day in range(50)[::order]:
        kept(cap, f"i{day}", [thumb(created_at=day * DAY_S, user="ben")])
    assert len(cap.answers_of) == DAYS_KEPT
    assert (
        kept(cap, "again", [thumb(created_at=(49 if order == 1 else 0) * DAY_S, user="ben")]) == 0
    )
