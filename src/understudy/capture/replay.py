"""Asks the teacher again, in the background, for reasoning that an answer came without.

Never sends a prompt that is not the stored one, never spends beyond the day's limit, never keeps an
answer without reasoning. What it cannot do is counted; nothing of it reaches the server.
"""

import asyncio
import logging
import threading
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import aiohttp

from understudy.capture import replay_rules as rules
from understudy.capture.ledger import DAY_S, Entry, Ledger, Outcome, next_day
from understudy.capture.redactor import Redactor
from understudy.capture.traces import trace_of
from understudy.config import Config
from understudy.errors import StoreError, UnderstudyError, UpstreamError
from understudy.function import Function
from understudy.records import TEACHER, Completion, Inference, InferenceStatus, TraceSource
from understudy.store import Store
from understudy.wire.client import ask_teacher, price_usd, sent_prompt

logger = logging.getLogger(__name__)

FOLDER = "replays"
# Of each function, the newest: more than a minute's replays find their candidates among them.
LOOKED_AT = 200
MIN_PAUSE_S = 1.0


class Replayer:
    """Owns the thread that asks, and the ledger of what was asked."""

    def __init__(
        self,
        store: Store,
        functions: Mapping[str, Function],
        config: Config,
        clock: Callable[[], float],
    ) -> None:
        self._store = store
        self._functions = functions
        self._config = config
        self._clock = clock
        self._redactor = Redactor(config.capture)
        self._ledger: Ledger | None = None
        self._begun: deque[float] = deque()
        self._failures = 0
        self._not_before = 0.0
        self._waiting_for = ""
        self._error = ""
        self._stopping = threading.Event()
        self._thread: threading.Thread | None = None
        self._guard = threading.Lock()
        self._cancel: Callable[[], object] | None = None

    @property
    def enabled(self) -> bool:
        return self._config.capture.replay and self._config.capture.traces

    def start(self) -> None:
        """Ask in the background until stopped; does nothing unless `capture.replay` is on."""
        if self.enabled:
            self._thread = threading.Thread(target=self._run, name="replay", daemon=True)
            self._thread.start()

    def stop(self) -> None:
        """Give up what is in flight, and return when the thread has ended."""
        with self._guard:
            self._stopping.set()
            if self._cancel is not None:
                self._cancel()
        if self._thread is not None:
            self._thread.join()

    def tick(self) -> None:
        """Replay what is due; an error is remembered in `status` and goes no further."""
        try:
            chosen = self._choose(self._clock())
            if chosen:
                asyncio.run(self._ask_all(chosen))
        except (UnderstudyError, OSError) as error:
            self._back_off(str(error))
        except Exception as error:
            # The boundary: the server answers on, whatever is wrong here.
            logger.exception("replay failed")
            self._back_off(repr(error))

    def status(self) -> dict[str, Any]:
        """Plain JSON: today's counts (UTC), what was spent, and when the next replay may begin."""
        now, ledger = self._clock(), self._ledger
        outcomes = {} if ledger is None else ledger.outcomes(now)
        return {
            "enabled": self.enabled,
            "asked": 0 if ledger is None else ledger.asked(now),
            **{one.value: outcomes.get(one, 0) for one in Outcome},
            "refusals": {} if ledger is None else dict(ledger.refusals(now)),
            "spent_usd": 0.0 if ledger is None else ledger.spent_usd(now),
            "usd_per_day": self._config.capture.replay_usd_per_day,
            "next_in_s": max(0.0, self._not_before - now) if self.enabled else None,
            "waiting_for": self._waiting_for,
            "last_error": self._error,
        }

    def _run(self) -> None:
        pause_s = max(MIN_PAUSE_S, rules.MINUTE_S / self._config.capture.replay_per_minute)
        while not self._stopping.is_set():
            self.tick()
            self._stopping.wait(pause_s)

    def _choose(self, now: float) -> list[Inference]:
        """What is asked now: as many as rate, concurrency and money allow, the newest first."""
        if not self.enabled or now < self._not_before:
            return []
        capture, ledger = self._config.capture, self._open(now)
        while self._begun and self._begun[0] <= now - rules.MINUTE_S:
            self._begun.popleft()
        most = min(capture.replay_concurrency, capture.replay_per_minute - len(self._begun))
        if most <= 0:
            return self._wait_until(self._begun[0] + rules.MINUTE_S, "capture.replay_per_minute")
        candidates = self._candidates(ledger, now)
        prices = [rules.highest_price_usd(self._config, one) for one in candidates[:most]]
        count = rules.affordable(prices, ledger.spent_usd(now), self._config)
        if candidates and not count:
            return self._wait_until(next_day(now), "capture.replay_usd_per_day")
        self._waiting_for = "" if candidates else "an answer without reasoning"
        return candidates[:count]

    def _wait_until(self, moment: float, setting: str) -> list[Inference]:
        self._not_before, self._waiting_for = moment, setting
        return []

    def _open(self, now: float) -> Ledger:
        if self._ledger is None:
            self._ledger = Ledger(self._config.data_dir / FOLDER, now)
        return self._ledger

    def _candidates(self, ledger: Ledger, now: float) -> list[Inference]:
        """Those whose prompt can be sent as it was; every other one is refused here, once."""
        settled, capture = ledger.settled(), self._config.capture
        found = [
            inference
            for name in self._functions
            for inference in self._store.find_inferences(
                function=name,
                since=now - DAY_S,
                shadow=False,
                limit=LOOKED_AT,
                newest_first=True,
            )
            if inference.id not in settled and rules.lacks_reasoning(inference, capture)
        ]
        evaluated = self._store.find_feedback(
            inference=[one.id for one in found], name="evaluation"
        )
        confident = {
            one.inference for one in evaluated if one.confidence > capture.trace_min_confidence
        }
        sampled = [one for one in found if rules.is_wanted(one, one.id in confident, capture)]
        return [one for one in sampled if self._is_sendable(ledger, one, now)]

    def _is_sendable(self, ledger: Ledger, inference: Inference, now: float) -> bool:
        """Prompt parity: what the teacher would read hashes as what was read the first time."""
        try:
            read = sent_prompt(self._config.teacher, inference.prompt)
        except UnderstudyError as error:
            reason = str(error)
        else:
            if read.hash == inference.prompt_hash:
                return True
            reason = rules.OTHER_PROMPT
        ledger.add(Entry(now, inference.id, Outcome.REFUSED, reason, sent=False))
        return False

    async def _ask_all(self, chosen: Sequence[Inference]) -> None:
        loop, task = asyncio.get_running_loop(), asyncio.current_task()
        with self._guard:
            if self._stopping.is_set() or task is None:
                return
            self._cancel = lambda: loop.call_soon_threadsafe(task.cancel)
        try:
            async with aiohttp.ClientSession() as session:
                work = (self._replay(session, one) for one in chosen)
                # One that fails must not throw away an answer that another has paid for.
                ended = await asyncio.gather(*work, return_exceptions=True)
            for error in filter(None, ended):
                raise error
        except asyncio.CancelledError:
            # Only `stop` cancels: what was in flight is asked again after a restart.
            logger.info("replays given up", extra={"count": len(chosen)})
        finally:
            with self._guard:
                self._cancel = None

    async def _replay(self, session: aiohttp.ClientSession, inference: Inference) -> None:
        teacher, began = self._config.teacher, self._clock()
        self._begun.append(began)
        budget = self._config.capture.replay_thinking_tokens or None
        try:
            completion = await ask_teacher(
                session, teacher, inference.prompt, function=inference.function, thinking=budget
            )
        except UpstreamError as error:
            entry = Entry(began, inference.id, Outcome.FAILED, str(error))
        except Exception as error:
            # Counted like a failure of the teacher, or this inference would be asked for ever.
            logger.exception("replay failed", extra={"inference": inference.id})
            entry = Entry(began, inference.id, Outcome.FAILED, repr(error))
        else:
            entry = self._keep(inference, completion)
        self._open(began).add(entry)
        if entry.outcome is Outcome.FAILED:
            self._back_off(entry.reason)
        else:
            self._failures, self._error = 0, ""

    def _keep(self, inference: Inference, completion: Completion) -> Entry:
        """Insert the trace, where the answer is one to learn from."""
        now, cost = self._clock(), price_usd(self._config.teacher, completion)
        answered = replace(
            inference,
            variant=TEACHER,
            completion=completion,
            status=InferenceStatus.COMPLETE,
            created_at=now,
        )
        reason = rules.why_refused(answered)
        if reason:
            return Entry(now, inference.id, Outcome.REFUSED, reason, cost)
        function, teacher = self._functions[inference.function], self._config.teacher
        try:
            # Redacted as capture does it: the teacher may repeat what no store should hold.
            clean = self._redactor.redact(answered)
            trace = trace_of(clean, function, teacher, TraceSource.REPLAYED)
            self._store.insert_traces([trace])
        except StoreError as error:
            return Entry(now, inference.id, Outcome.FAILED, str(error), cost)
        except Exception as error:
            # The domain's `family` may fail on a prompt that it did not build: no trace, no harm.
            logger.exception("no trace of a replay", extra={"inference": inference.id})
            return Entry(now, inference.id, Outcome.REFUSED, repr(error), cost)
        return Entry(now, inference.id, Outcome.KEPT, "", cost)

    def _back_off(self, reason: str) -> None:
        self._failures += 1
        wait_s = rules.backoff_s(self._failures)
        self._not_before, self._error = self._clock() + wait_s, reason
        self._waiting_for = "the teacher after a failure"
        logger.warning("replay backs off", extra={"reason": reason, "wait_s": wait_s})
