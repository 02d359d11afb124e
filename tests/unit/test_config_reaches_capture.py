"""[capture]: what the queue takes, when it is on disk and in the store, what becomes a trace."""

import queue
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest
from capture_rig import Rig
from reach_rig import Reach, check, same
from record_builders import make_feedback, make_inference
from sqlalchemy import event
from sqlalchemy.engine import Engine

from understudy.capture.spool import Spool
from understudy.config import Config
from understudy.errors import ConfigError
from understudy.redaction import records as redactor
from understudy.redaction.records import Redactor

PRESIDIO = "capture.presidio_model" if find_spec("presidio_analyzer") else "capture.redact_presidio"
PAYLOAD = b"x" * 100


@contextmanager
def spooling(config: Config) -> Iterator[Spool]:
    spool = Spool(Path("spool"), config.capture)
    try:
        yield spool
    finally:
        spool.close()


@contextmanager
def recording(config: Config, **capture: Any) -> Iterator[Rig]:
    settings = config.capture.model_copy(update=capture)
    rig = Rig(Path("data"), config.model_copy(update={"capture": settings}))
    try:
        yield rig
    finally:
        rig.close()


def taken(config: Config) -> bool:
    with spooling(config) as spool:
        return spool.append(PAYLOAD)


def writer_pause_s(config: Config) -> float:
    with pauses_of("spool") as pauses_s, spooling(config) as spool:
        spool.append(PAYLOAD)
        return pauses_s.get()


def drainer_pause_s(config: Config) -> float:
    with pauses_of("drain") as pauses_s, recording(config) as rig:
        rig.recorder.start()
        return pauses_s.get()


@contextmanager
def pauses_of(thread: str) -> Iterator["queue.Queue[float]"]:
    """How long the thread of this name waits each time, as it asks for it."""
    pauses_s: queue.Queue[float] = queue.Queue()
    wait = threading.Event.wait

    def noted(self: threading.Event, timeout: float | None = None) -> bool:
        if threading.current_thread().name == thread and timeout is not None:
            pauses_s.put(timeout)
        return wait(self, timeout)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(threading.Event, "wait", noted)
        yield pauses_s


def segments(config: Config) -> int:
    with spooling(config) as spool:
        for _ in range(3):
            spool.append(PAYLOAD)
            spool.flush(1.0)
        return len(spool.closed_segments())


def transactions(config: Config) -> int:
    """Of draining three records."""
    commits: list[object] = []
    note = commits.append
    with recording(config) as rig:
        for number in range(3):
            rig.recorder.record(make_inference(f"ticket {number}"))
        event.listen(Engine, "commit", note)
        try:
            rig.recorder.drain()
        finally:
            event.remove(Engine, "commit", note)
        return len(commits)


def traces(**capture: Any) -> Callable[[Config], int]:
    def probe(config: Config) -> int:
        with recording(config, **capture) as rig:
            for number in range(20):
                rig.recorder.record(make_inference(f"ticket {number}", id=f"id-{number}"))
            rig.recorder.drain()
            return rig.store.count_traces()

    return probe


def kept_at_confidence(config: Config) -> bool:
    with recording(config, traces=True, trace_share=0.0) as rig:
        inference = make_inference()
        rig.recorder.record(inference)
        judged = make_feedback("evaluation", {}, inference=inference.id, confidence=0.6)
        return rig.recorder.keep_confident(judged)


def redactor_error(**capture: Any) -> Callable[[Config], str]:
    """What is said when Presidio, or the model that it is to use, is not there."""

    def probe(config: Config) -> str:
        settings = config.capture.model_copy(update=capture)
        try:
            Redactor(settings)
        except ConfigError as error:
            return str(error).partition(" ")[0]
        return "made"

    return probe


def presidio_arguments(config: Config) -> tuple[str, float]:
    """Not the package itself, which few have: what it would be loaded with."""
    given: list[tuple[str, float]] = []

    def load(model: str, min_score: float) -> Callable[[str], str]:
        given.append((model, min_score))
        return str

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(redactor, "load_presidio", load)
        Redactor(config.capture.model_copy(update={"redact_presidio": True}))
    return given[0]


CAPTURE: dict[str, Reach] = {
    "capture.queue_bytes": Reach(99, taken, False),
    "capture.flush_interval_s": same(0.3, writer_pause_s),
    "capture.segment_bytes": Reach(50, segments, 3),
    "capture.drain_batch": Reach(1, transactions, 3),
    "capture.drain_interval_s": same(0.01, drainer_pause_s),
    "capture.redact_presidio": Reach(True, redactor_error(presidio_model="none"), PRESIDIO),
    "capture.presidio_model": Reach("blank", lambda c: presidio_arguments(c)[0], "blank"),
    "capture.presidio_min_score": Reach(0.9, lambda c: presidio_arguments(c)[1], 0.9),
    "capture.traces": Reach(True, traces(trace_share=1.0), 20),
    "capture.trace_share": Reach(1.0, traces(traces=True), 20),
    "capture.trace_min_confidence": Reach(0.5, kept_at_confidence, True),
}


@pytest.mark.parametrize("name", CAPTURE)
def test_a_setting_reaches_its_user(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    check(name, CAPTURE[name], tmp_path, monkeypatch)
