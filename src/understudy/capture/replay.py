"""Asks the teacher again, in the background, for reasoning that an answer came without.

Never sends a prompt that is not the stored one, never spends beyond the day's limit, never keeps an
answer without reasoning. What it cannot do is counted; nothing of it reaches the server.
"""

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import aiohttp

from understudy.capture import replay_rules as rules
from understudy.capture.background import Allowance, Background, find_shown
from understudy.capture.ledger import Entry, Ledger, Outcome
from understudy.capture.traces import trace_of
from understudy.config import Config
from understudy.errors import StoreError, UnderstudyError
from understudy.function import Function
from understudy.records import TEACHER, Completion, Inference, InferenceStatus, TraceSource
from understudy.redaction.records import Redactor
from understudy.store import Store
from understudy.wire.client import ask_teacher, price_usd, sent_prompt

logger = logging.getLogger(__name__)

FOLDER = "replays"


class Replayer:
    """What is replayed, and the background that asks."""

    def __init__(
        self,
        store: Store,
        functions: Mapping[str, Function],
        config: Config,
        clock: Callable[[], float],
    ) -> None:
        capture = config.capture
        self._enabled = capture.replay and capture.traces
        self._background = Background(
            _Replays(store, functions, config, clock),
            config.teacher,
            Allowance(
                settings="capture.replay_",
                per_minute=capture.replay_per_minute,
                concurrency=capture.replay_concurrency,
                usd_per_day=capture.replay_usd_per_day,
            ),
            config.data_dir / FOLDER,
            clock,
        )

    def start(self) -> None:
        """Ask in the background until stopped; does nothing unless `capture.replay` is on."""
        if self._enabled:
            self._background.start()

    def stop(self) -> None:
        """Give up what is in flight, and return when the thread has ended."""
        self._background.stop()

    def tick(self) -> None:
        """Replay what is due; an error is remembered in `status` and goes no further."""
        if self._enabled:
            self._background.tick()

    def status(self) -> dict[str, Any]:
        """Plain JSON: today's counts (UTC), what was spent, and when the next replay may begin."""
        found = self._background.status()
        next_in_s = found["next_in_s"] if self._enabled else None
        return {"enabled": self._enabled, **found, "next_in_s": next_in_s}


class _Replays:
    """Which inferences are replayed, and what is kept of the answers."""

    name = "replay"
    waiting_for = "an answer without reasoning"

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

    def candidates(self, ledger: Ledger, now: float) -> Sequence[Inference]:
        """Those whose prompt can be sent as it was; every other one is refused here, once."""
        settled, capture = ledger.settled(), self._config.capture
        found = [
            inference
            for inference in find_shown(self._store, self._functions, now)
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

    def highest_price_usd(self, matter: Inference) -> float:
        written = self._config.teacher.max_tokens + self._config.capture.replay_thinking_tokens
        return rules.highest_price_usd(self._config.teacher, matter.prompt, written)

    async def ask(self, session: aiohttp.ClientSession, matter: Inference) -> Entry:
        """Ask the stored prompt once more. Raises UpstreamError."""
        budget = self._config.capture.replay_thinking_tokens or None
        completion = await ask_teacher(
            session,
            self._config.teacher,
            matter.prompt,
            function=matter.function,
            thinking=budget,
        )
        return self._keep(matter, completion)

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
