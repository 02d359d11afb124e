"""Variants are asked at once, each within its limits; what failed is repeated, then told."""

import asyncio
import errno

import pytest
from compare_rig import (
    FUNCTION,
    build_plan,
    completion,
    holdout,
    number_of,
    read_question,
    said,
    teach,
)

from understudy.errors import StudentError
from understudy.evaluate.asking import Patience, Round, missing
from understudy.evaluate.replies import Reply
from understudy.evaluate.suite import Ask
from understudy.records import Completion, Prompt

pytestmark = pytest.mark.anyio
QUESTIONS = holdout("triage", 6, 1)


async def teacher(prompt: Prompt) -> Completion:
    return teach("triage", prompt)


def a_round(student: Ask, kept: list[Reply], pauses: list[float], retries: int = 2) -> Round:
    async def pause(seconds: float) -> None:
        pauses.append(seconds)

    return Round(
        FUNCTION,
        QUESTIONS,
        {"teacher": teacher, "student@1": student},
        Patience(2, retries),
        kept.append,
        lambda *_: None,
        pause,
    )


async def test_a_failed_call_is_repeated_after_growing_pauses() -> None:
    plan, kept, pauses, calls = build_plan(QUESTIONS), list[Reply](), list[float](), list[int]()

    async def flaky(prompt: Prompt) -> Completion:
        calls.append(number_of(prompt))
        if calls.count(2) < 3 and number_of(prompt) == 2:
            raise StudentError("no answer")
        return await teacher(prompt)

    await a_round(flaky, kept, pauses).ask(plan, missing(plan, {}))
    assert pauses == [0.5, 1.0]
    assert {reply.attempts for reply in kept if reply.place == 2} == {1, 3}
    assert all(reply.completion and not reply.error for reply in kept)


async def test_what_keeps_failing_is_kept_with_its_reason_and_asked_again_the_next_time() -> None:
    plan, kept = build_plan(QUESTIONS), list[Reply]()

    async def broken(prompt: Prompt) -> Completion:
        if number_of(prompt) == 4:
            raise TimeoutError("too slow")
        return await teacher(prompt)

    await a_round(broken, kept, []).ask(plan, missing(plan, {}))
    (lost,) = (reply for reply in kept if reply.completion is None)
    assert (lost.error, lost.attempts) == ("TimeoutError: too slow", 3)
    replies = {(reply.variant, reply.place): reply for reply in kept}
    assert missing(plan, replies) == [("student@1", 4)]


async def test_each_variant_has_requests_of_its_own_in_flight() -> None:
    plan, together, kept = build_plan(QUESTIONS), asyncio.Barrier(4), list[Reply]()

    async def meet(prompt: Prompt) -> Completion:
        # Four at a time, two of each variant: with fewer in flight this would wait for ever.
        await together.wait()
        return await teacher(prompt)

    asking = a_round(meet, kept, [])
    asking.variants = {"teacher": meet, "student@1": meet}
    async with asyncio.timeout(30):
        await asking.ask(plan, missing(plan, {}))
    assert [reply.error for reply in kept] == [""] * len(kept)
    assert len(kept) == len(plan.asked) * len(plan.variants)


async def test_an_expected_answer_is_scored() -> None:
    questions = [read_question({"id": "a", "text": "ticket 1", "team": "mail"})]
    plan, kept = build_plan(questions, ("student@1",)), list[Reply]()

    async def right(_: Prompt) -> Completion:
        return completion(said("mail"))

    asking = a_round(right, kept, [])
    asking.questions = questions
    await asking.ask(plan, missing(plan, {}))
    assert kept[0].scores == {"right": 1.0}


async def test_a_reply_that_cannot_be_kept_stops_the_round_with_its_own_error() -> None:
    plan = build_plan(QUESTIONS)

    def full(_: Reply) -> None:
        raise OSError(errno.ENOSPC, "No space left on device", "answers.jsonl")

    asking = a_round(teacher, [], [])
    asking.keep = full
    with pytest.raises(OSError, match="No space left"):
        await asking.ask(plan, missing(plan, {}))
