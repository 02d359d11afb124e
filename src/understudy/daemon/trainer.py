"""The background trainer: watches releases on stage, looks for new traces, trains one at a time.

Each part is isolated: one that fails is remembered in `status` and never stops another, nor the
server. Training runs in its own thread, so that a slip is seen while a successor learns.
"""

import logging
import threading
from collections.abc import Callable, Hashable
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from understudy.config import Config
from understudy.daemon.context import Context, Progress
from understudy.daemon.evidence import find_evidence
from understudy.daemon.pipeline import check_trainable, train_release
from understudy.daemon.recovery import recover
from understudy.daemon.tier1 import PART, Tier1Learner
from understudy.errors import TrainingError, UnderstudyError
from understudy.function import Application
from understudy.records import TEACHER, Release, RunState, TraceSource, Traffic, Variant
from understudy.release import cycle
from understudy.release.traffic import Action, Decision, decide
from understudy.store import Store

logger = logging.getLogger(__name__)

IDLE = Progress("idle", None, "")
TAUGHT = (TraceSource.CAPTURED, TraceSource.REPLAYED, TraceSource.IMPORTED)


@dataclass(frozen=True, slots=True)
class Fault:
    at: float
    error: str


class Trainer:
    """Owns the background thread, the training thread and what is known of both."""

    def __init__(
        self,
        store: Store,
        application: Application,
        config: Config,
        context: Context,
        tier1: Tier1Learner | None = None,
    ) -> None:
        self._store = store
        self._application = application
        self._config = config
        self._tier1 = tier1
        self._cancel = context.stop
        self._context = replace(context, on_progress=self._note)
        self._tell = context.on_progress
        self._clock = context.clock
        self._wake = threading.Event()
        self._stopping = threading.Event()
        self._one_at_a_time = threading.Lock()
        self._thread: threading.Thread | None = None
        self._training: threading.Thread | None = None
        self._progress = IDLE
        self._faults: dict[str, Fault] = {}
        self._last_check: float | None = None
        self._last_release: Release | None = None
        self._reasons: dict[str, str] = {}
        self._looked_at: dict[str, Hashable] = {}

    def start(self) -> None:
        """Recover what a dead process left, then wake every `trainer.interval_s`."""
        self._isolated("recovery", lambda: recover(self._store, self._clock()))
        self._thread = threading.Thread(target=self._run, name="trainer", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Cancel a training job that is under way, and return when both threads have ended and what
        tier 1 learned is saved."""
        self._stopping.set()
        self._cancel.set()
        self._wake.set()
        for thread in (self._thread, self._training):
            if thread is not None:
                thread.join()
        if self._tier1 is not None:
            self._isolated(PART, self._tier1.close)

    def tick(self) -> None:
        """One wake: judge what is on stage, then see whether a training is due."""
        for function in self._application.functions:
            self._isolated(f"watch {function}", partial(self._watch, function))
        if self._tier1 is not None:
            self._isolated(PART, self._tier1.tick)
        self._isolated("look", self._look)

    def train_now(self) -> str:
        """Start a training whatever was due. Raises TrainingError while one is under way, and what can
        be told at once: a permission, a package, a function or any trace that is missing."""
        if not self._is_training():
            check_trainable(self._store, self._application, self._config)
        if not self._start_training():
            raise TrainingError("a training is under way; see `understudy status`")
        return f"training started {self._material()}; `understudy status` shows how far it is"

    def _material(self) -> str:
        """What an operator should know before the gate says it."""
        names = self._config.trainer.functions or tuple(self._application.functions)
        count = sum(
            self._store.count_traces(source, function=name) for source in TAUGHT for name in names
        )
        if count:
            return f"from {count} captured or imported traces, synthetic ones first"
        return (
            "from synthetic traces alone (capture.traces, or `understudy import`, brings what the "
            "teacher really says)"
        )

    def wait_for_training(self) -> None:
        """Return when no training is under way."""
        if self._training is not None:
            self._training.join()

    def status(self) -> dict[str, Any]:
        """Plain JSON: thresholds, the next check, the progress and each part's last error."""
        settings, now = self._config.trainer, self._clock()
        due = 0.0 if self._last_check is None else self._last_check + settings.check_interval_s
        return {
            "enabled": settings.enabled,
            "training_in_progress": self._is_training(),
            "stage": self._progress.stage,
            "progress": self._progress.share,
            "message": self._progress.message,
            "last_check_time": self._last_check,
            "check_interval_s": settings.check_interval_s,
            "next_check_in_s": max(0.0, due - now) if settings.enabled else None,
            "new_traces": self._count_new_traces(),
            "min_traces": settings.min_traces,
            "last_release": None if self._last_release is None else self._last_release.number,
            "on_stage": dict(self._reasons),
            "tier1": None if self._tier1 is None else self._tier1.status(),
            "errors": {
                part: {"at": fault.at, "error": fault.error} for part, fault in self._faults.items()
            },
        }

    def _run(self) -> None:
        while not self._stopping.is_set():
            self.tick()
            self._wake.wait(self._config.trainer.interval_s)

    def _isolated(self, part: str, work: Callable[[], object]) -> None:
        try:
            work()
        except UnderstudyError as error:
            logger.warning("trainer part failed", extra={"part": part, "reason": str(error)})
            self._faults[part] = Fault(self._clock(), str(error))
        except Exception as error:
            # The boundary: a fault of ours in one part must not leave a slipping student on stage.
            logger.exception("trainer part failed", extra={"part": part})
            self._faults[part] = Fault(self._clock(), repr(error))
        else:
            self._faults.pop(part, None)

    def _watch(self, function: str) -> None:
        traffic = cycle.settle(self._store, function)
        if traffic.candidate is None and traffic.champion == TEACHER:
            self._reasons.pop(function, None)
            return
        seen = (traffic, self._store.count_inferences(function), self._store.count_feedback())
        if self._looked_at.get(function) == seen:
            return
        # What an operator does meanwhile waits: a decision is about the traffic that it was made on.
        with self._store.turn:
            traffic = cycle.settle(self._store, function)
            if traffic.champion != TEACHER:
                alone = replace(traffic, candidate=None, shadow=False)
                self._judge(alone, traffic.champion)
                traffic = cycle.find_traffic(self._store, function)
            if traffic.candidate is not None:
                self._judge(traffic, traffic.candidate)
        self._looked_at[function] = seen

    def _judge(self, traffic: Traffic, variant: Variant) -> None:
        settings = self._config.traffic
        evidence = find_evidence(self._store, traffic, variant, settings)
        decision = decide(traffic, evidence, settings)
        self._reasons[traffic.function] = f"{variant}: {decision.reason}"
        self._act(traffic, variant, decision)

    def _act(self, traffic: Traffic, variant: Variant, decision: Decision) -> None:
        function, at, reason = traffic.function, self._clock(), decision.reason
        match decision.action:
            case Action.HOLD:
                return
            case Action.CLIMB:
                cycle.climb(self._store, function, decision.share, reason, at)
            case Action.GO_LIVE:
                cycle.go_live(self._store, function, reason, at)
            case Action.ROLL_BACK:
                cycle.roll_back(self._store, function, reason, at, variant)
        logger.info(
            "traffic changed",
            extra={"function": function, "action": decision.action.value, "reason": reason},
        )

    def _look(self) -> None:
        """Train when enough new traces have come and no release is on trial."""
        settings, now = self._config.trainer, self._clock()
        if not settings.enabled or self._is_training():
            return
        if self._last_check is not None and now - self._last_check < settings.check_interval_s:
            return
        self._last_check = now
        on_trial = any(
            cycle.find_traffic(self._store, name).candidate is not None
            for name in self._application.functions
        )
        if not on_trial and self._count_new_traces() >= settings.min_traces:
            self._start_training()

    def _count_new_traces(self) -> int:
        """In the store since the last run that finished (one that failed used nothing up), whenever
        they were said: an import and a replay bring what is old."""
        done = [run for run in self._store.find_runs() if run.state is RunState.DONE]
        after = done[-1].traces_end if done else None
        since = done[-1].created_at if done and after is None else None
        functions = self._config.trainer.functions or (None,)
        return sum(
            self._store.count_traces(source, since, function, after)
            for source in TAUGHT
            for function in functions
        )

    def _is_training(self) -> bool:
        return self._training is not None and self._training.is_alive()

    def _start_training(self) -> bool:
        with self._one_at_a_time:
            if self._is_training() or self._stopping.is_set():
                return False
            self._training = threading.Thread(
                target=self._isolated, args=("train", self._train), name="training", daemon=True
            )
            self._training.start()
        return True

    def _train(self) -> None:
        try:
            self._last_release = train_release(
                self._store, self._application, self._config, self._context
            )
        finally:
            self._note(IDLE)

    def _note(self, progress: Progress) -> None:
        self._progress = progress
        self._tell(progress)
