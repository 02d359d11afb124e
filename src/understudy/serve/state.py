"""Everything a running server holds, built in one place. No request is read here."""

import asyncio
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import aiohttp
from jsonschema.protocols import Validator
from jsonschema.validators import validator_for

from understudy.capture.recorder import Recorder
from understudy.capture.spool import Spool
from understudy.config import Config, Student
from understudy.errors import GateError, ServerError
from understudy.function import Application, check_functions
from understudy.keys import load_secret
from understudy.learn.prompts.evolver import Evolver
from understudy.learn.tier1.rankers import Rankers
from understudy.redaction.batches import Elsewhere
from understudy.serve.access import KeyRing
from understudy.serve.limits import Meter
from understudy.serve.metrics import Metrics, Readings
from understudy.serve.naming import Naming, build_naming
from understudy.serve.routing import TrafficTable
from understudy.serve.students import Students
from understudy.store import Store
from understudy.wire.connections import open_session

SPOOL_FOLDER = "spool"
SETTLING_STEPS = 500
SETTLING_STEP_S = 0.01


def _no_trainer(*_: Any) -> str:
    raise GateError("this server runs without a trainer; start it with trainer.enabled = true")


def _no_status() -> Mapping[str, Any]:
    return {}


@dataclass(slots=True)
class Actions:
    """What an operator may ask of the trainer; the composition root fills these in. Each answers
    with one sentence or raises an UnderstudyError."""

    train: Callable[[], str] = _no_trainer
    promote: Callable[[int, bool], str] = _no_trainer
    rollback: Callable[[str | None, str], str] = _no_trainer
    trainer_status: Callable[[], Mapping[str, Any]] = _no_status
    replay_status: Callable[[], Mapping[str, Any]] = _no_status
    judge_status: Callable[[], Mapping[str, Any]] = _no_status
    prompt_status: Callable[[], Mapping[str, Any]] = _no_status
    roll_back_prompt: Callable[[str, str], str] = _no_trainer


@dataclass(slots=True)
class ServeState:
    config: Config
    config_hash: str
    application: Application
    naming: Naming
    store: Store
    recorder: Recorder
    students: Students
    traffic: TrafficTable
    metrics: Metrics
    keys: KeyRing
    meter: Meter
    validators: Mapping[str, Validator]
    clock: Callable[[], float]
    started_at: float
    student: Student
    """How the student is asked; an operator may change its temperature while it serves."""
    rankers: Rankers | None = None
    """None where nothing is to be ordered: the answers stay as the models wrote them."""
    evolver: Evolver | None = None
    """None where no prompt is evolved: requests stay as the application wrote them."""
    actions: Actions = field(default_factory=Actions)
    open_inferences: set[str] = field(default_factory=set)
    """Answers being given now: feedback may come before they are recorded."""
    open_episodes: dict[str, int] = field(default_factory=dict)
    reading: set[asyncio.Future[None]] = field(default_factory=set)
    """Large answers that are read in threads of their own; each is open until it is recorded."""
    _session: aiohttp.ClientSession | None = None

    @property
    def session(self) -> aiohttp.ClientSession:
        if self._session is None:
            raise ServerError("the server's client is not open; serve through build_app")
        return self._session

    async def open(self) -> None:
        self._session = open_session(
            limit=0,
            # The relay passes bodies on as they came, and no caller sees another one's cookies.
            auto_decompress=False,
            cookie_jar=aiohttp.DummyCookieJar(),
        )
        self.recorder.start()

    async def settle(self) -> None:
        """Let the answers that were cut off by the server's end be recorded as such."""
        for _ in range(SETTLING_STEPS):
            if not self.open_inferences:
                return
            await asyncio.sleep(SETTLING_STEP_S)

    async def close(self) -> None:
        if self._session is not None:
            await self._session.close()
            self._session = None


def build_state(
    config: Config,
    config_hash: str,
    application: Application,
    store: Store,
    *,
    elsewhere: Elsewhere = lambda _: None,
    clock: Callable[[], float] = time.time,
) -> ServeState:
    """The caller keeps the store and closes it after the server; `elsewhere` is the recorder's. Raises
    ConfigError for a setting that names a function which the application does not have."""
    check_functions(application, config)
    spool = Spool(config.data_dir / SPOOL_FOLDER, config.capture)
    recorder = Recorder(config, application.functions, store, spool, elsewhere=elsewhere)
    counters: Readings = {
        "captured": ("Inferences taken up by capture", lambda: recorder.captured),
        "dropped": (
            "Inferences or answers that capture had no room for, or could not redact",
            lambda: recorder.dropped,
        ),
        "lost": ("Spooled records that could not be read back", lambda: recorder.lost),
        "drained": ("Inferences moved from the spool into the store", lambda: recorder.drained),
    }
    gauges: Readings = {
        "queue_bytes": ("Bytes waiting for the spool's writer", lambda: spool.queued_bytes),
        "spool_bytes": ("Bytes on disk that are not in the store yet", lambda: spool.stored_bytes),
    }
    traffic = TrafficTable(store, application.functions)
    return ServeState(
        config=config,
        config_hash=config_hash,
        application=application,
        naming=build_naming(config, application),
        store=store,
        recorder=recorder,
        students=Students(config, store, traffic.releases),
        traffic=traffic,
        metrics=Metrics(gauges, counters),
        keys=KeyRing(load_secret(config.data_dir), store.find_keys(), config.server),
        meter=Meter(config.limits, clock, store.sum_cost_usd),
        validators={
            name: validator_for(function.schema)(function.schema)
            for name, function in application.functions.items()
        },
        clock=clock,
        started_at=clock(),
        student=config.student,
    )
