"""A redaction process in doubt is given up: nothing unredacted, swapped, lost or waited for."""

import contextlib
import logging
import os
import signal
import socket
import threading
from collections.abc import Sequence
from pathlib import Path

import psutil
import pytest
from redaction_rig import HERE, SECRET, child_of, encoded, open_process, redacted

from understudy.capture.spool import Spool, read_segment
from understudy.config import Capture
from understudy.redaction import process as module
from understudy.redaction.batches import Refusal
from understudy.redaction.child import HEAD, LENGTH
from understudy.redaction.process import RedactionProcess


@pytest.fixture
def now() -> list[float]:
    return [0.0]


process = pytest.fixture(open_process)


def test_nobody_waits_for_a_process_that_is_not_ready(process: RedactionProcess) -> None:
    assert process.pid is not None
    os.kill(process.pid, signal.SIGSTOP)
    assert process.redact([encoded(SECRET)]) is None
    os.kill(process.pid, signal.SIGCONT)
    assert redacted(process, [encoded(SECRET)]) == HERE([encoded(SECRET)])


def test_one_that_was_killed_is_replaced_once_a_minute(
    process: RedactionProcess, now: list[float], caplog: pytest.LogCaptureFixture
) -> None:
    first = child_of(process)
    first.kill()
    with caplog.at_level(logging.WARNING):
        assert [process.redact([encoded(SECRET)]) for _ in range(5)] == [None] * 5
    assert len(caplog.messages) == 1
    assert "given up" in caplog.messages[0]
    assert process.pid is None
    now[0] = 60.0
    assert redacted(process, [encoded(SECRET)]) == HERE([encoded(SECRET)])
    child_of(process).kill()
    now[0] = 180.0
    assert process.redact([encoded(SECRET)]) is None
    assert process.pid is not None, "the next one is on its way at once"


def test_one_that_stands_still_is_given_up(
    process: RedactionProcess, monkeypatch: pytest.MonkeyPatch
) -> None:
    child = child_of(process)
    monkeypatch.setattr(module, "_LEAST_S", 0.1)
    child.suspend()
    assert process.redact([encoded(SECRET)]) is None
    assert not child.is_running()


def test_one_that_never_gets_ready_is_given_up_after_a_minute(
    process: RedactionProcess, now: list[float]
) -> None:
    assert process.pid is not None
    child = psutil.Process(process.pid)
    child.suspend()
    assert process.redact([]) is None
    now[0] = 60.0
    assert process.redact([]) is None
    assert not child.is_running()


def test_an_answer_to_another_batch_is_never_taken(process: RedactionProcess) -> None:
    child_of(process)
    wire = process._child.wire if process._child else None
    assert wire is not None
    # As if an error had come between a question and its answer.
    wire.sendall(HEAD.pack(99, 1) + LENGTH.pack(2) + b"{}")
    assert process.redact([encoded(SECRET)]) is None
    assert process.pid is None


@pytest.mark.parametrize("error", [MemoryError(), ValueError("strange"), KeyboardInterrupt()])
def test_after_any_error_between_question_and_answer_the_wire_is_given_up(
    process: RedactionProcess, monkeypatch: pytest.MonkeyPatch, error: BaseException
) -> None:
    child = child_of(process)

    def fail(*_: object) -> bytes:
        raise error

    with monkeypatch.context() as patch:
        patch.setattr(module, "_answer", fail)
        if isinstance(error, Exception):
            assert process.redact([encoded(SECRET)]) is None
        else:
            with pytest.raises(KeyboardInterrupt):
                process.redact([encoded(SECRET)])
    assert not child.is_running()


@pytest.mark.parametrize(("what", "content"), [(b"?", b""), (b"\0", b""), (b"=", b"more")])
def test_what_is_no_answer_is_not_taken_for_one(what: bytes, content: bytes) -> None:
    with pytest.raises(EOFError):
        module._answer(what, content, b"{}")


def test_killing_it_while_records_come_costs_none_and_lets_no_secret_through(
    tmp_path: Path, process: RedactionProcess, now: list[float]
) -> None:
    settings = Capture(flush_interval_s=0.001)
    spool = Spool(tmp_path, settings)
    pauses = threading.Event()
    records: list[bytes] = []
    by_process = 0

    def fit(payloads: Sequence[bytes]) -> Sequence[bytes | Refusal]:
        nonlocal by_process
        found = process.redact(payloads)
        by_process += found is not None
        return HERE(payloads) if found is None else found

    def kill_often() -> None:
        for _ in range(5):
            pauses.wait(0.5)
            with contextlib.suppress(ProcessLookupError, TypeError):
                os.kill(process.pid, signal.SIGKILL)  # type: ignore[arg-type]
            now[0] += 60.0

    spool.fit = fit
    killer = threading.Thread(target=kill_often)
    killer.start()
    while killer.is_alive():
        records.append(encoded(f"{SECRET} {'word ' * 50}", len(records)))
        assert spool.append(records[-1])
        pauses.wait(0.0005)
    spool.close()
    written = [one for path in sorted(tmp_path.glob("*.spool")) for one in read_segment(path)[0]]
    assert written == HERE(records)
    assert spool.dropped == 0
    assert by_process > 10


def test_a_batch_that_takes_long_is_answered_in_parts(
    process: RedactionProcess, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Silence is limited by the largest record; what is done is told meanwhile."""
    redacted(process, [])
    monkeypatch.setattr(module, "_LEAST_S", 2.5)
    secrets = encoded(" ".join(f"a{number}@example.com" for number in range(60_000)))
    batch = [secrets] * 8
    assert process.redact(batch) == HERE(batch)


def test_one_that_says_a_byte_now_and_then_is_given_up() -> None:
    ended = threading.Event()
    own, other = socket.socketpair()
    with own, other:

        def trickle() -> None:
            while not ended.wait(0.02):
                other.sendall(b"x")

        slow = threading.Thread(target=trickle)
        slow.start()
        with pytest.raises(TimeoutError):
            module._Reader(own, 10.0, 0.2).take(1_000_000)
        ended.set()
        slow.join()
