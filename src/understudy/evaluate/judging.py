"""Judges served answers: in the background the newest unjudged ones, and batches that are asked for.

Never judges an answer twice, nor one that was never shown unless it is named. Spends what [judge]
allows. A verdict goes the way of all feedback: redacted, stored, and into the reward.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from understudy.capture.background import Allowance, Background
from understudy.config import Config
from understudy.errors import InputError
from understudy.evaluate.docket import Docket, Matter, OnFeedback
from understudy.evaluate.judge import judging_teacher
from understudy.function import Function
from understudy.records import Feedback, Inference
from understudy.store import Store

FOLDER = "judgements"

Wait = Callable[[float], object]


def _ignore(_feedback: Feedback) -> None:
    return None


class Judging:
    """What is judged, and the background that asks."""

    def __init__(
        self,
        store: Store,
        functions: Mapping[str, Function],
        config: Config,
        clock: Callable[[], float],
        on_feedback: OnFeedback = _ignore,
    ) -> None:
        judge = config.judge
        self._store = store
        self._clock = clock
        self._enabled = judge.enabled
        self._docket = Docket(store, functions, config, clock, on_feedback)
        self._background = Background(
            self._docket,
            judging_teacher(config),
            Allowance("judge.", judge.per_minute, judge.concurrency, judge.usd_per_day),
            config.data_dir / FOLDER,
            clock,
        )

    def start(self) -> None:
        """Judge in the background until stopped; does nothing unless `judge.enabled`."""
        if self._enabled:
            self._background.start()

    def stop(self) -> None:
        """Give up what is in flight, and return when the thread has ended."""
        self._background.stop()

    def tick(self) -> None:
        """Judge what is due, the newest answers first; an error is remembered in `status`."""
        if self._enabled:
            self._background.tick()

    def judge(self, inferences: Iterable[str], wait: Wait) -> dict[str, Any]:
        """Evaluate these now, within rate and money, whether or not `judge.enabled`.

        `wait` passes the time until the next may begin. Raises InputError for an id that is not in
        the store or whose function says nothing to a judge.
        """
        return self._run([Matter((self._find(one),)) for one in inferences], wait)

    def compare(self, pairs: Iterable[tuple[str, str]], wait: Wait) -> dict[str, Any]:
        """Two answers to one request each, asked in both orders. As `judge`."""
        return self._run([self._pair(*pair) for pair in pairs], wait)

    def find_unjudged(self, function: str | None, last: int) -> list[str]:
        """The ids of the day's newest answers that were shown and have no verdict."""
        settled = self._background.settled()
        found = self._docket.find_unjudged(self._clock(), function)
        return [one.id for one in found if one.id not in settled][:last]

    def status(self) -> dict[str, Any]:
        """Plain JSON: today's counts (UTC), what was spent, and when the next may begin."""
        return {"enabled": self._enabled, **self._background.status()}

    def _run(self, matters: Sequence[Matter], wait: Wait) -> dict[str, Any]:
        docket, background = self._docket, self._background
        docket.asked_for = list(matters)
        background.ask_until(lambda: not docket.asked_for, wait)
        docket.asked_for = []
        judged = [one.id for one in matters if docket.is_judged(one)]
        left = [one.id for one in matters if one.id not in judged]
        return {"judged": judged, "left": left, **background.status()}

    def _pair(self, first: str, second: str) -> Matter:
        served = self._find(first), self._find(second)
        if served[0].prompt.hash != served[1].prompt.hash:
            raise InputError(f"{first} and {second} answer two requests; compare answers to one")
        return Matter(served)

    def _find(self, inference_id: str) -> Inference:
        found = self._store.find_inference(inference_id)
        if found is None:
            raise InputError(f"no inference {inference_id!r}; name one that is in the store")
        if not self._docket.knows(found):
            raise InputError(
                f"{found.function} says nothing to a judge; give the function a `judged`"
            )
        return found
