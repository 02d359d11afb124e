"""Asks every variant the same held-out questions and measures the answers. Decides nothing.

A failed call is an invalid answer: it stays in every average with its error, and is never dropped.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from understudy.config import Evaluation
from understudy.curate.answers import Reader
from understudy.errors import InputError, UnderstudyError
from understudy.evaluate.report import Answered, build_report
from understudy.function import Answer, Function, Question, agreement
from understudy.records import TEACHER, Completion, Prompt, Usage

Ask = Callable[[Prompt], Awaitable[Completion]]
OnProgress = Callable[[str, int, int], None]
"""Called with the variant, how many of its questions are answered, and how many there are."""


@dataclass(frozen=True, slots=True)
class Price:
    """US dollars for a million tokens."""

    input: float
    output: float

    def of(self, usage: Usage) -> float:
        return (usage.input_tokens * self.input + usage.output_tokens * self.output) / 1e6


FREE = Price(0.0, 0.0)


async def evaluate(
    function: Function,
    questions: Sequence[Question],
    variants: Mapping[str, Ask],
    settings: Evaluation,
    *,
    prices: Mapping[str, Price],
    on_progress: OnProgress | None = None,
) -> dict[str, Any]:
    """The report of all variants over the same questions, as plain JSON.

    Agreement compares with the variant named `teacher`; the teacher's with itself is 1 by
    definition. Variants take turns, so that none slows another's latency.
    """
    if not questions:
        raise InputError(f"no questions for {function.name}; give at least one to evaluate")
    prompts = [function.build_prompt(question.request) for question in questions]
    answered: dict[str, list[Answered]] = {}
    for name, ask in variants.items():
        calls = _Calls(function, ask, prices.get(name, FREE))
        tell = partial(on_progress, name) if on_progress is not None else None
        answers = await _ask_all(calls, prompts, settings.concurrency, tell)
        answered[name] = [
            replace(one, scores=checked_scores(function, question, one.answer))
            for question, one in zip(questions, answers, strict=True)
        ]
    reference = answered.get(str(TEACHER))
    if reference is not None:
        for name in variants:
            answered[name] = [
                _compare(function, one, teacher)
                for one, teacher in zip(answered[name], reference, strict=True)
            ]
    return build_report(function, questions, answered, settings)


class _Calls:
    """One variant's calls and how their answers are read."""

    def __init__(self, function: Function, ask: Ask, price: Price) -> None:
        self._ask = ask
        self._price = price
        self._reader = Reader(function)

    async def answer(self, prompt: Prompt) -> Answered:
        started = time.perf_counter()
        try:
            completion = await self._ask(prompt)
        except (UnderstudyError, TimeoutError, OSError) as error:
            waited_ms = 1000 * (time.perf_counter() - started)
            return Answered(latency_ms=waited_ms, error=f"{type(error).__name__}: {error}")
        waited_ms = 1000 * (time.perf_counter() - started)
        readable, answer = self._reader.read(completion)
        return Answered(
            latency_ms=waited_ms,
            text=completion.answer,
            answer=answer,
            json_valid=readable,
            usage=completion.usage,
            cost_usd=self._price.of(completion.usage),
        )


async def _ask_all(
    calls: _Calls,
    prompts: Sequence[Prompt],
    concurrency: int,
    tell: Callable[[int, int], None] | None,
) -> list[Answered]:
    free = asyncio.Semaphore(concurrency)
    done = 0

    async def answer(prompt: Prompt) -> Answered:
        nonlocal done
        async with free:
            one = await calls.answer(prompt)
        done += 1
        if tell is not None:
            tell(done, len(prompts))
        return one

    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(answer(prompt)) for prompt in prompts]
    return [task.result() for task in tasks]


def checked_scores(
    function: Function, question: Question, answer: Answer | None
) -> dict[str, float]:
    """An answer held against the question's expectation; an unusable one is scored as None.

    Raises InputError for a score outside [0, 1].
    """
    if question.expected is None:
        return {}
    scores = dict(function.score(question.expected, answer))
    for name, value in scores.items():
        if not 0.0 <= value <= 1.0:
            raise InputError(
                f"{function.name} scored {name} = {value} on question {question.id}; "
                "a score lies in [0, 1], mend the function's score()"
            )
    return scores


def _compare(function: Function, one: Answered, teacher: Answered) -> Answered:
    """Without a usable answer of the teacher there is nothing to agree with."""
    if teacher.answer is None:
        return one
    if one is teacher:
        return replace(one, agreement=1.0, plan_exact=1.0)
    agrees = agreement(function, teacher.answer, one.answer)
    same = (
        agrees == 1.0
        and one.answer is not None
        and list(function.items(one.answer)) == list(function.items(teacher.answer))
    )
    return replace(one, agreement=agrees, plan_exact=float(same))
