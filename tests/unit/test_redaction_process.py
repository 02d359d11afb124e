"""Redaction in a process of its own: whatever becomes of it, nothing unredacted, swapped or waited for."""

import contextlib
import errno
import logging
import os
import resource
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator, Sequence
from pathlib import Path

import psutil
import pytest
from capture_rig import CONFIG
from record_builders import APPLICATION, make_completion, make_inference

from understudy.capture.recorder import Recorder
from understudy.capture.spool import Spool, read_segment
from understudy.config import Capture
from understudy.records.codec import decode_inference, encode_inference
from understudy.redaction import process as module
from understudy.redaction.batches import Refusal, one_by_one
from understudy.redaction.process import RedactionProcess
from understudy.redaction.records import Redactor
from understudy.store import open_store

SECRET = "write to anna.berg@example.com"
CHOSEN = Capture()
HERE = one_by_one(Redactor(CHOSEN).redact_payload)
OWNER = """
import os, sys, time
from understudy.config import Capture
from understudy.redaction.process import RedactionProcess
opened = RedactionProcess(Capture()).__enter__()
while opened.redact([b""]) is None:
    time.sleep(0.01)
print(opened.pid, flush=True)
if sys.argv[1] == "copied" and not os.fork():
    time.sleep(4)
time.sleep(60)
"""


def encoded(answer: str, number: int = 0) -> bytes:
    completion = make_completion(answer=answer)
    return encode_inference(make_inference(id=f"id-{number}", completion=completion))


def answer_of(fitted: bytes | Refusal) -> str:
    assert isinstance(fitted, bytes)
    return decode_inference(fitted).completion.answer


def redacted(opened: RedactionProcess, batch: Sequence[bytes]) -> Sequence[bytes | Refusal]:
    """By the process, once it is ready."""
    while (found := opened.redact(batch)) is None:
        os.sched_yield()
    return found


def child_of(opened: RedactionProcess) -> psutil.Process:
    redacted(opened, [])
    assert opened.pid is not None
    return psutil.Process(opened.pid)


@pytest.fixture
def now() -> list[float]:
    return [0.0]


@pytest.fixture
def process(now: list[float]) -> Iterator[RedactionProcess]:
    with RedactionProcess(CHOSEN, clock=lambda: now[0]) as opened:
        yield opened


def test_it_answers_as_the_redactor_does(process: RedactionProcess) -> None:
    batch = [encoded("plain"), encoded(SECRET), b"no record", b"", encoded("\ud83d half")]
    answered = redacted(process, batch)
    assert answered == HERE(batch)
    assert answered[0] is batch[0]
    assert "anna" not in answer_of(answered[1])
    assert answered[2:4] == [Refusal("InputError"), Refusal("InputError")]
    assert process.redact([]) == []


@pytest.mark.parametrize("unbuffered", ["", "1"])
def test_records_larger_than_any_buffer_pass(
    monkeypatch: pytest.MonkeyPatch, unbuffered: str
) -> None:
    monkeypatch.setenv("PYTHONUNBUFFERED", unbuffered)
    batch = [encoded(f"{SECRET} " + "word " * 200_000, number) for number in range(3)]
    with RedactionProcess(CHOSEN) as opened:
        assert redacted(opened, batch) == HERE(batch)


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
    wire.sendall(module._HEAD.pack(99, 1) + module._LENGTH.pack(2) + b"{}")
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


def test_signals_for_the_servers_group_do_not_end_it(process: RedactionProcess) -> None:
    child = child_of(process)
    for number in (signal.SIGINT, signal.SIGTERM):
        child.send_signal(number)
    assert process.redact([encoded("one")]) == [encoded("one")]
    assert process.pid == child.pid
    assert os.getsid(child.pid) != os.getsid(0)


@pytest.mark.parametrize("name", ["signal", "orjson", "understudy"])
def test_nothing_is_loaded_from_the_folder_that_a_server_is_started_in(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    (tmp_path / f"{name}.py").write_text("raise SystemExit('not this one')")
    monkeypatch.chdir(tmp_path)
    with RedactionProcess(CHOSEN) as opened:
        assert redacted(opened, [encoded(SECRET)]) == HERE([encoded(SECRET)])


@pytest.mark.parametrize("executable", ["/nowhere/python", "/bin/false", ""])
def test_where_none_can_run_capture_goes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, executable: str
) -> None:
    monkeypatch.setattr(sys, "executable", executable)
    with RedactionProcess(CHOSEN) as opened:
        spool = Spool(tmp_path / "spool", CHOSEN)
        with open_store(tmp_path) as store:
            recorder = Recorder(
                CONFIG, APPLICATION.functions, store, spool, elsewhere=opened.redact
            )
            recorder.record(make_inference(id="kept", completion=make_completion(answer=SECRET)))
            assert recorder.drain() == 1
            kept = store.find_inference("kept")
            assert kept is not None
            assert "anna" not in kept.completion.answer
            recorder.close()


def test_it_ends_with_its_owner_and_is_not_started_again() -> None:
    with RedactionProcess(CHOSEN) as opened:
        child = child_of(opened)
    assert not child.is_running()
    assert opened.redact([encoded(SECRET)]) is None
    assert opened.pid is None


@pytest.mark.parametrize("how", ["alone", "copied"])
def test_it_ends_when_its_owner_is_killed(how: str) -> None:
    """A forked copy of the owner holds the connection open, and is no owner."""
    with subprocess.Popen([sys.executable, "-c", OWNER, how], stdout=subprocess.PIPE) as owner:
        assert owner.stdout is not None
        child = psutil.Process(int(owner.stdout.readline()))
        owner.kill()
        owner.stdout.close()
    child.wait(3.5)
    assert not child.is_running()


def test_it_loads_no_settings_and_no_server() -> None:
    code = "import sys, understudy.redaction.process; print(*sorted(sys.modules))"
    loaded = subprocess.run(
        [sys.executable, "-c", code], check=True, capture_output=True, text=True
    )
    names = {name.partition(".")[0] for name in loaded.stdout.split()}
    assert names.isdisjoint({"pydantic", "aiohttp", "sqlalchemy", "numpy", "rich"})


def test_a_recorder_forgets_what_the_process_refuses(tmp_path: Path) -> None:
    settings = CONFIG.capture
    with open_store(tmp_path) as store, RedactionProcess(settings) as opened:
        redacted(opened, [])
        spool = Spool(tmp_path / "spool", settings)
        recorder = Recorder(CONFIG, APPLICATION.functions, store, spool, elsewhere=opened.redact)
        recorder.record(make_inference(id="kept", completion=make_completion(answer=SECRET)))
        recorder.pending.add("refused")
        spool.append(b'{"id": "refused"}')
        assert recorder.drain() == 1
        kept = store.find_inference("kept")
        assert kept is not None
        assert "anna" not in kept.completion.answer
        assert (recorder.dropped, recorder.pending) == (1, set())
        recorder.close()


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


def test_a_server_with_thousands_of_connections_has_one_too() -> None:
    most, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(4096, hard), hard))
    held = [os.open(os.devnull, os.O_RDONLY) for _ in range(1_100)]
    try:
        with RedactionProcess(CHOSEN) as opened:
            assert redacted(opened, [encoded(SECRET)]) == HERE([encoded(SECRET)])
    finally:
        for one in held:
            os.close(one)
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, hard))


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


def test_no_descriptor_left_costs_the_process_and_nothing_else(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def none_left() -> object:
        raise OSError(errno.EMFILE, os.strerror(errno.EMFILE))

    monkeypatch.setattr(module.socket, "socketpair", none_left)
    with caplog.at_level(logging.WARNING), RedactionProcess(CHOSEN) as opened:
        assert opened.redact([encoded(SECRET)]) is None
    assert "cannot be started" in caplog.text
