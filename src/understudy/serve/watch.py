"""Compares the student with the teacher in the background, on live requests.

Shadow: the candidate answers what the teacher served. Comparison: the teacher answers a share of
what the student served. Never delays a request: what does not fit is left out and counted.
"""

import asyncio
import logging
import time
from collections.abc import Coroutine
from dataclasses import replace

from understudy.capture.endings import NO_COMPLETION
from understudy.capture.traces import is_sampled
from understudy.curate.answers import Reader
from understudy.errors import StoreError, StudentError, UpstreamError
from understudy.function import agreement
from understudy.records import (
    TEACHER,
    Completion,
    Feedback,
    FeedbackKind,
    FeedbackSource,
    Inference,
    InferenceStatus,
    Variant,
    new_id,
)
from understudy.serve.calls import cost
from understudy.serve.http import RefusedError
from understudy.serve.stage import check, perform
from understudy.serve.state import ServeState
from understudy.serve.students import StartingError
from understudy.wire.answers import read_answer
from understudy.wire.client import ask_teacher

logger = logging.getLogger(__name__)

AGREEMENT = "agreement"


class Watcher:
    """Owns the background calls; at most `traffic.watch_concurrency` of them at a time."""

    def __init__(self, state: ServeState) -> None:
        self._state = state
        functions = state.application.functions
        self._readers = {name: Reader(function) for name, function in functions.items()}
        self._tasks: set[asyncio.Task[None]] = set()

    def see(self, inference: Inference) -> None:
        """Decide what a served inference is compared with, and start it."""
        settings = self._state.config.traffic
        if inference.function not in self._state.application.functions:
            return
        if inference.fallback_from is not None:
            if is_sampled(inference.id, settings.compare_share):
                self._start(self._save_agreement(inference.id, 0.0))
        elif inference.variant != TEACHER:
            if is_sampled(inference.id, settings.compare_share):
                self._start(self._compare(inference))
        else:
            traffic = self._state.traffic.find(inference.function)
            if traffic is not None and traffic.shadow and traffic.candidate is not None:
                self._start(self._shadow(inference, traffic.candidate))

    async def close(self) -> None:
        """Wait for what is in flight, as long as the server waits for open answers."""
        if self._tasks:
            await asyncio.wait(tuple(self._tasks), timeout=self._state.config.server.grace_s)
        left = tuple(self._tasks)
        for task in left:
            task.cancel()
        await asyncio.gather(*left, return_exceptions=True)

    def _start(self, work: Coroutine[None, None, None]) -> None:
        if len(self._tasks) >= self._state.config.traffic.watch_concurrency:
            work.close()
            self._state.metrics.watch_dropped.inc()
            return
        task = asyncio.ensure_future(work)
        self._tasks.add(task)
        task.add_done_callback(self._forget)

    def _forget(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            logger.error("comparison failed", exc_info=error)

    async def _shadow(self, served: Inference, candidate: Variant) -> None:
        """The candidate's answer to what the teacher served, never shown."""
        began = time.perf_counter()
        completion, failure = NO_COMPLETION, ""
        try:
            completion = await perform(self._state, candidate, served.function, served.prompt)
            check(self._state, served.function, completion)
        except StartingError:
            return
        except StudentError as error:
            failure = str(error)
        shown = self._unshown(served, candidate, completion, time.perf_counter() - began, failure)
        value = self._agreement(served.function, served.completion, completion)
        if value is not None:
            await self._save_agreement(shown.id, 0.0 if failure else value)

    async def _compare(self, served: Inference) -> None:
        """The teacher's answer to what the student served."""
        state, began = self._state, time.perf_counter()
        try:
            state.meter.admit_teacher()
            completion = await ask_teacher(
                state.session, state.config.teacher, served.prompt, function=served.function
            )
        except (RefusedError, UpstreamError) as error:
            # The teacher's failure, or its price, says nothing about the student.
            logger.warning("no comparison", extra={"inference": served.id, "reason": str(error)})
            return
        self._unshown(served, TEACHER, completion, time.perf_counter() - began, "")
        value = self._agreement(served.function, completion, served.completion)
        if value is not None:
            await self._save_agreement(served.id, value)

    def _agreement(self, function: str, teacher: Completion, student: Completion) -> float | None:
        """None where the teacher's own answer is none to agree with."""
        _, reference = self._readers[function].read(teacher)
        if reference is None:
            return None
        seam = self._state.application.functions[function]
        return agreement(seam, reference, read_answer(student.answer, seam.schema))

    def _unshown(
        self,
        served: Inference,
        variant: Variant,
        completion: Completion,
        latency_s: float,
        failure: str,
    ) -> Inference:
        state = self._state
        inference = replace(
            served,
            id=new_id(),
            variant=variant,
            propensity=1.0,
            completion=completion,
            status=InferenceStatus.FAILED if failure else InferenceStatus.COMPLETE,
            latency_s=latency_s,
            cost_usd=cost(state, completion) if variant == TEACHER else 0.0,
            created_at=state.clock(),
            fallback_from=None,
            error=failure,
            shadow=True,
            ranking=None,
            prompt_version=None,
        )
        state.recorder.record(inference)
        state.meter.add("", 0, inference.cost_usd)
        return inference

    async def _save_agreement(self, inference_id: str, value: float) -> None:
        feedback = Feedback(
            id=new_id(),
            kind=FeedbackKind.FLOAT,
            name=AGREEMENT,
            value=value,
            source=FeedbackSource.JUDGE,
            inference=inference_id,
            episode=None,
            user="",
            confidence=1.0,
            created_at=self._state.clock(),
            key=f"{AGREEMENT}:{inference_id}",
        )
        try:
            await asyncio.to_thread(self._state.store.insert_feedback, [feedback])
        except StoreError as error:
            logger.warning("agreement not stored", extra={"reason": str(error)})
