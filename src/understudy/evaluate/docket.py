"""Which answers await a verdict, and what becomes of it once it is given. Asks one at a time.

Those asked for by name come first; then, where so configured, the newest that were shown.
"""

import contextlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import aiohttp

from understudy.capture.background import find_shown
from understudy.capture.ledger import Entry, Ledger, Outcome
from understudy.capture.replay_rules import highest_price_usd
from understudy.config import Config
from understudy.errors import StoreError, UnderstudyError
from understudy.evaluate.case import build_prompt, open_case
from understudy.evaluate.judge import (
    EVALUATION,
    PREFERENCE,
    TIE,
    compare_answers,
    comparison_feedback,
    evaluate_answer,
    evaluation_feedback,
    judging_teacher,
)
from understudy.function import Function
from understudy.records import Feedback, FeedbackSource, Inference, InferenceStatus
from understudy.redaction.records import Redactor
from understudy.store import Store
from understudy.wire.client import sent_prompt

OnFeedback = Callable[[Feedback], object]
"""Told of every verdict that was stored (`Recorder.keep_confident` keeps the trace of a good one)."""


@dataclass(frozen=True, slots=True)
class Matter:
    """One answer to evaluate, or two to compare."""

    served: tuple[Inference, ...]

    @property
    def id(self) -> str:
        return "/".join(one.id for one in self.served)


class Docket:
    """The errand of a Background: what it asks a judge about."""

    name = "judge"
    waiting_for = "an answer without a verdict"

    def __init__(
        self,
        store: Store,
        functions: Mapping[str, Function],
        config: Config,
        clock: Callable[[], float],
        on_feedback: OnFeedback,
    ) -> None:
        self._store = store
        self._functions = {n: one for n, one in functions.items() if one.judged is not None}
        self._continuous = config.judge.enabled
        self._judge = judging_teacher(config)
        self._clock = clock
        self._on_feedback = on_feedback
        self._redactor = Redactor(config.capture)
        self.asked_for: list[Matter] = []

    def candidates(self, ledger: Ledger, now: float) -> Sequence[Matter]:
        settled = ledger.settled()
        self.asked_for = [
            one for one in self.asked_for if one.id not in settled and not self.is_judged(one)
        ]
        if self.asked_for or not self._continuous:
            return self.asked_for
        return [Matter((one,)) for one in self.find_unjudged(now) if one.id not in settled]

    def find_unjudged(self, now: float, function: str | None = None) -> list[Inference]:
        """The day's whole answers that were shown and have no verdict, the newest first."""
        names = self._functions if function is None else [function]
        shown = [
            one
            for one in find_shown(self._store, names, now)
            if one.status is InferenceStatus.COMPLETE
        ]
        judged = self._evaluated([one.id for one in shown])
        unjudged = [one for one in shown if one.id not in judged]
        return sorted(unjudged, key=lambda one: one.created_at, reverse=True)

    def highest_price_usd(self, matter: Matter) -> float:
        case = open_case(self._functions[matter.served[0].function], matter.served)
        price = highest_price_usd(self._judge, build_prompt(case), self._judge.max_tokens)
        return len(matter.served) * price

    async def ask(self, session: aiohttp.ClientSession, matter: Matter) -> Entry:
        """Raises UpstreamError when the judge cannot be reached."""
        unsendable = self._why_unsendable(matter)
        if unsendable:
            return Entry(self._clock(), matter.id, Outcome.REFUSED, unsendable, sent=False)
        if len(matter.served) == 1:
            return await self._evaluate(session, matter)
        return await self._compare(session, matter)

    def is_judged(self, matter: Matter) -> bool:
        ids = [one.id for one in matter.served]
        if len(ids) == 1:
            return bool(self._evaluated(ids))
        found = [
            one
            for name, other in ((PREFERENCE, "over"), (TIE, "with"))
            for one in self._store.find_feedback(inference=ids, name=name)
            if isinstance(one.value, dict) and one.value.get(other) in ids
        ]
        return any(one.source is FeedbackSource.JUDGE for one in found)

    def knows(self, inference: Inference) -> bool:
        return inference.function in self._functions

    def _why_unsendable(self, matter: Matter) -> str:
        """A prompt that this judge cannot be sent (a command would act on it) is asked never, and
        makes nobody else wait."""
        case = open_case(self._functions[matter.served[0].function], matter.served)
        try:
            sent_prompt(self._judge, build_prompt(case))
        except UnderstudyError as error:
            return str(error)
        return ""

    async def _evaluate(self, session: aiohttp.ClientSession, matter: Matter) -> Entry:
        (served,) = matter.served
        case = open_case(self._functions[served.function], matter.served)
        reply = await evaluate_answer(session, self._judge, case)
        if reply.verdict is None:
            return self._entry(matter, Outcome.FAILED, reply.failure, reply.cost_usd)
        clean, at = self._redactor.redact_text, self._clock()
        self._keep(evaluation_feedback(served, reply.verdict, self._judge, clean, at))
        return self._entry(matter, Outcome.KEPT, "", reply.cost_usd)

    async def _compare(self, session: aiohttp.ClientSession, matter: Matter) -> Entry:
        first, second = matter.served
        function = self._functions[first.function]
        given, reversed_ = (
            open_case(function, (first, second)),
            open_case(function, (second, first)),
        )
        reply = await compare_answers(session, self._judge, given, reversed_)
        if reply.verdict is None:
            return self._entry(matter, Outcome.FAILED, reply.failure, reply.cost_usd)
        clean, at = self._redactor.redact_text, self._clock()
        self._keep(comparison_feedback(first, second, reply.verdict, self._judge, clean, at))
        return self._entry(matter, Outcome.KEPT, "", reply.cost_usd)

    def _keep(self, feedback: Feedback) -> None:
        self._store.insert_feedback([self._redactor.redact_feedback(feedback)])
        # The verdict itself is stored; a trace less is no reason to ask the judge again.
        with contextlib.suppress(StoreError):
            self._on_feedback(feedback)

    def _entry(self, matter: Matter, outcome: Outcome, reason: str, cost_usd: float) -> Entry:
        return Entry(self._clock(), matter.id, outcome, reason, cost_usd)

    def _evaluated(self, ids: Sequence[str]) -> set[str | None]:
        found = self._store.find_feedback(inference=ids, name=EVALUATION)
        return {one.inference for one in found if one.source is FeedbackSource.JUDGE}
