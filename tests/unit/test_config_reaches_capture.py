"""[capture]: what the queue takes, when it is on disk and in the store, what becomes a trace."""

import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from capture_rig import Rig
from reach_rig import Reach, check
from record_builders import make_feedback, make_inference
from sqlalchemy import event
from sqlalchemy.engine import Engine

from understudy.capture.spool import Spool
from understudy.config import Config

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


def waits_before_writing(config: Config) -> bool:
    began = time.monotonic()
    with spooling(config) as spool:
        spool.append(PAYLOAD)
        return waited_s(began, lambda: spool.queued_bytes == 0) >= 0.3


def drains_early(config: Config) -> bool:
    with recording(config) as rig:
        began = time.monotonic()
        rig.recorder.record(make_inference())
        rig.recorder.start()
        return waited_s(began, lambda: rig.recorder.drained == 1) < 0.5


def waited_s(began: float, done: Callable[[], bool]) -> float:
    while not done():
        os.sched_yield()
    return time.monotonic() - began


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


CAPTURE: dict[str, Reach] = {
    "capture.queue_bytes": Reach(99, taken, False),
    "capture.flush_interval_s": Reach(0.3, waits_before_writing, True),
    "capture.segment_bytes": Reach(50, segments, 3),
    "capture.drain_batch": Reach(1, transactions, 3),
    "capture.drain_interval_s": Reach(0.01, drains_early, True),
    "capture.traces": Reach(True, traces(trace_share=1.0), 20),
    "capture.trace_share": Reach(1.0, traces(traces=True), 20),
    "capture.trace_min_confidence": Reach(0.5, kept_at_confidence, True),
}


@pytest.mark.parametrize("name", CAPTURE)
def test_a_setting_reaches_its_user(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    check(name, CAPTURE[name], tmp_path, monkeypatch)
