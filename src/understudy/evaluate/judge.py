"""Asks a judge for one verdict, and makes feedback of it. Stores nothing and decides nothing.

Refuses a verdict that is not whole: what it cost is told, and nothing of it is kept.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Generic, TypeVar

import aiohttp

from understudy.config import Config, Judge, Teacher
from understudy.errors import ConfigError, UpstreamError
from understudy.evaluate.case import Case, build_prompt
from understudy.evaluate.verdict import (
    Better,
    Comparison,
    Evaluation,
    read_comparison,
    read_evaluation,
    settle,
)
from understudy.records import (
    Completion,
    Feedback,
    FeedbackKind,
    FeedbackSource,
    Inference,
    Prompt,
    new_id,
)
from understudy.wire.client import JUDGE_FUNCTION, ask_teacher, price_usd

EVALUATION, PREFERENCE, TIE = "evaluation", "preference", "tie"
_WHOLE = frozenset({"end_turn", "stop_sequence"})

Verdict = TypeVar("Verdict")


@dataclass(frozen=True, slots=True)
class Reply(Generic[Verdict]):
    """`verdict` is None where there is none to use; `failure` then says why."""

    verdict: Verdict | None
    cost_usd: float
    failure: str = ""


def judging_teacher(config: Config) -> Teacher:
    """Who judges, in the shape in which models are asked. Raises ConfigError where [judge] does not
    say who that is."""
    judge, teacher = config.judge, config.teacher
    _check(judge)
    if judge.kind == "teacher":
        return teacher.model_copy(update={"max_tokens": judge.max_tokens})
    given = {
        "kind": judge.kind,
        "model": judge.model,
        "api_key": judge.api_key,
        "usd_per_million_input": judge.usd_per_million_input,
        "usd_per_million_output": judge.usd_per_million_output,
        "max_tokens": judge.max_tokens,
        "timeout_s": teacher.timeout_s,
        "command": teacher.command,
    }
    if judge.base_url:
        given["base_url"] = judge.base_url
    return Teacher.model_validate(given)


def _check(judge: Judge) -> None:
    if judge.kind == "teacher":
        if judge.base_url or judge.model or judge.api_key:
            raise ConfigError(
                "judge.base_url, model and api_key are another judge's; set judge.kind as well"
            )
    elif not judge.model:
        raise ConfigError(f"judge.kind = {judge.kind!r} needs judge.model, its name there")
    elif judge.kind in ("openai", "scripted") and not judge.base_url:
        raise ConfigError(f"judge.kind = {judge.kind!r} needs judge.base_url, its address")


async def evaluate_answer(
    session: aiohttp.ClientSession, judge: Teacher, case: Case
) -> Reply[Evaluation]:
    """Raises UpstreamError when no reply comes; one that cannot be used is a failure that cost."""
    return await ask_judge(
        session, judge, build_prompt(case), lambda text: read_evaluation(text, case)
    )


async def compare_answers(
    session: aiohttp.ClientSession, judge: Teacher, given: Case, reversed_: Case
) -> Reply[Comparison]:
    """Two answers, in both orders. The second order is spared where the first is a tie already."""
    first = await _in_order(session, judge, given)
    if first.verdict is None or first.verdict.better is Better.TIE:
        return first
    try:
        second = await _in_order(session, judge, reversed_)
    except UpstreamError as error:
        # The first order is paid for, whatever became of the second.
        return Reply(None, first.cost_usd, str(error))
    cost = first.cost_usd + second.cost_usd
    if second.verdict is None:
        return Reply(None, cost, second.failure)
    return Reply(settle(first.verdict, second.verdict), cost)


def evaluation_feedback(
    served: Inference, found: Evaluation, judge: Teacher, clean: Callable[[str], str], at: float
) -> Feedback:
    """As anybody's feedback; `clean` redacts what the judge wrote in words."""
    value = {
        "items": {name: {"appropriateness": score} for name, score in found.items.items()},
        "missing": [clean(name) for name in found.missing],
        "reasoning": clean(found.reasoning),
        **({} if found.size_fit is None else {"size_fit": found.size_fit}),
        **({} if found.voice is None else {"voice": dict(found.voice)}),
    }
    return _feedback(FeedbackKind.ITEMS, EVALUATION, value, (served, judge, found.confidence, at))


def comparison_feedback(
    first: Inference,
    second: Inference,
    found: Comparison,
    judge: Teacher,
    clean: Callable[[str], str],
    at: float,
) -> Feedback:
    """A preference about the better one; a tie is feedback of another name and no preference."""
    better, other = (second, first) if found.better is Better.SECOND else (first, second)
    about = (better, judge, found.confidence, at)
    reasoning = clean(found.reasoning)
    if found.better is Better.TIE:
        value = {"with": other.id, "reasoning": reasoning}
        return _feedback(FeedbackKind.ITEMS, TIE, value, about)
    value = {"over": other.id, "reasoning": reasoning}
    return _feedback(FeedbackKind.PREFERENCE, PREFERENCE, value, about)


async def ask_judge(
    session: aiohttp.ClientSession, judge: Teacher, prompt: Prompt, read: Callable[[str], Verdict]
) -> Reply[Verdict]:
    """Raises UpstreamError when no reply comes; one that `read` refuses is a failure that cost."""
    completion = await ask_teacher(session, judge, prompt, function=JUDGE_FUNCTION)
    cost = price_usd(judge, completion)
    try:
        return Reply(read(_whole(completion)), cost)
    except UpstreamError as error:
        return Reply(None, cost, str(error))


async def _in_order(
    session: aiohttp.ClientSession, judge: Teacher, case: Case
) -> Reply[Comparison]:
    return await ask_judge(
        session, judge, build_prompt(case), lambda text: read_comparison(text, case)
    )


def _whole(completion: Completion) -> str:
    if completion.stop_reason not in _WHOLE:
        raise UpstreamError(
            f"the judge's reply ended early ({completion.stop_reason}); raise judge.max_tokens"
        )
    return completion.answer


def _feedback(
    kind: FeedbackKind,
    name: str,
    value: Mapping[str, object],
    about: tuple[Inference, Teacher, float, float],
) -> Feedback:
    served, judge, confidence, at = about
    other = value.get("over") or value.get("with") or ""
    pair = "/".join(sorted(filter(None, (served.id, str(other)))))
    return Feedback(
        id=new_id(),
        kind=kind,
        name=name,
        value=value,
        source=FeedbackSource.JUDGE,
        inference=served.id,
        episode=None,
        user="",
        confidence=confidence,
        created_at=at,
        # One verdict of a judge about an answer, however often it is asked.
        key=f"judge/{judge.kind}/{judge.model}/{name if not other else PREFERENCE}/{pair}",
    )
