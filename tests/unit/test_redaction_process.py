"""Redaction in a process of its own: the same records, whatever becomes of the process."""

import contextlib
import logging
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest
from capture_rig import CONFIG
from record_builders import APPLICATION, make_completion, make_inference

from understudy.capture.recorder import Recorder
from understudy.capture.spool import Spool, read_segment
from understudy.config import Capture
from understudy.records.codec import decode_inference, encode_inference
from understudy.redaction.batches import Refusal, one_by_one
from understudy.redaction.process import RedactionProcess
from understudy.redaction.records import Redactor
from understudy.store import open_store

SECRET = "write to anna.berg@example.com"
CHOSEN = Capture()
NOBODY = 2**22 + 1
"""Above the highest process id."""
HERE = one_by_one(Redactor(CHOSEN).redact_payload)


def encoded(answer: str, number: int = 0) -> bytes:
    completion = make_completion(answer=answer)
    return encode_inference(make_inference(id=f"id-{number}", completion=completion))


def answer_of(fitted: bytes | Refusal) -> str:
    assert isinstance(fitted, bytes)
    return decode_inference(fitted).completion.answer


@pytest.fixture
def process() -> Iterator[RedactionProcess]:
    with RedactionProcess(CHOSEN) as opened:
        yield opened


def test_it_answers_as_the_redactor_does(process: RedactionProcess) -> None:
    batch = [encoded("plain"), encoded(SECRET), b"no record", b"", encoded("\ud83d half")]
    answered = process.redact(batch)
    assert answered == HERE(batch)
    assert answered[0] is batch[0]
    assert "anna" not in answer_of(answered[1])
    assert answered[2:4] == [Refusal("InputError"), Refusal("InputError")]
    assert process.redact([]) == []


def test_records_larger_than_any_pipe_pass(process: RedactionProcess) -> None:
    batch = [encoded(f"{SECRET} " + "word " * 400_000, number) for number in range(3)]
    assert process.redact(batch) == HERE(batch)


def test_a_killed_process_is_replaced_and_nothing_is_lost(process: RedactionProcess) -> None:
    batch = [encoded(SECRET)]
    pids = set()
    for _ in range(3):
        assert process.redact(batch) == HERE(batch)
        assert process.pid is not None
        pids.add(process.pid)
        os.kill(process.pid, signal.SIGKILL)
    assert len(pids) == 3


def test_signals_for_the_servers_group_do_not_end_it(process: RedactionProcess) -> None:
    batch = [encoded("one")]
    process.redact(batch)
    before = process.pid
    assert before is not None
    for number in (signal.SIGINT, signal.SIGTERM):
        os.kill(before, number)
    assert process.redact(batch) == batch
    assert process.pid == before
    assert os.getsid(before) != os.getsid(0)


def test_without_a_process_it_is_done_here_and_said_once_until_the_next_attempt(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    now = [0.0]
    with monkeypatch.context() as patch:
        patch.setattr(sys, "executable", "/nowhere/python")
        opened = RedactionProcess(CHOSEN, clock=lambda: now[0])
    with opened, caplog.at_level(logging.WARNING):
        for _ in range(3):
            assert "anna" not in answer_of(opened.redact([encoded(SECRET)])[0])
        assert len(caplog.messages) == 1
        assert "does not run" in caplog.messages[0]
        now[0] = 61.0
        opened.redact([encoded(SECRET)])
    assert len(caplog.messages) == 2


def test_a_process_that_ends_at_once_does_not_hold_up_capture(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(sys, "executable", "/bin/false")
        opened = RedactionProcess(CHOSEN)
    with opened:
        assert opened.redact([encoded(SECRET)]) == HERE([encoded(SECRET)])


def test_it_ends_with_its_owner() -> None:
    with RedactionProcess(CHOSEN) as opened:
        child = psutil.Process(opened.pid)
    assert not child.is_running()


def test_it_ends_when_its_owner_is_killed() -> None:
    code = (
        "import time; from understudy.config import Capture\n"
        "from understudy.redaction.process import RedactionProcess\n"
        "with RedactionProcess(Capture()) as opened:\n"
        "    print(opened.pid, flush=True); time.sleep(60)"
    )
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE) as owner:
        assert owner.stdout is not None
        child = psutil.Process(int(owner.stdout.readline()))
        owner.kill()
    child.wait(30)
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
        spool = Spool(tmp_path / "spool", settings)
        recorder = Recorder(CONFIG, APPLICATION.functions, store, spool, redact=opened.redact)
        recorder.record(make_inference(id="kept", completion=make_completion(answer=SECRET)))
        recorder.pending.add("refused")
        spool.append(b'{"id": "refused"}')
        assert recorder.drain() == 1
        kept = store.find_inference("kept")
        assert kept is not None
        assert "anna" not in kept.completion.answer
        assert (recorder.dropped, recorder.pending) == (1, set())
        recorder.close()


def test_killing_it_while_records_come_costs_none(tmp_path: Path) -> None:
    settings = Capture(flush_interval_s=0.001)
    spool = Spool(tmp_path, settings)
    pauses = threading.Event()
    records: list[bytes] = []
    with RedactionProcess(settings) as opened:
        spool.fit = opened.redact

        def kill_often() -> None:
            for _ in range(5):
                pauses.wait(0.2)
                with contextlib.suppress(ProcessLookupError):
                    os.kill(opened.pid or NOBODY, signal.SIGKILL)

        killer = threading.Thread(target=kill_often)
        killer.start()
        while killer.is_alive():
            records.append(encoded("word " * 50, len(records)))
            assert spool.append(records[-1])
            pauses.wait(0.0005)
        spool.close()
    paths = sorted(tmp_path.glob("*.spool"))
    assert [record for path in paths for record in read_segment(path)[0]] == records
    assert (spool.dropped, len(records) > 100) == (0, True)
