"""Redaction in a process of its own: the same records, and a process that comes and goes with its server."""

import errno
import logging
import os
import resource
import signal
import subprocess
import sys
from pathlib import Path

import psutil
import pytest
from capture_rig import CONFIG
from record_builders import APPLICATION, make_completion, make_inference
from redaction_rig import CHOSEN, HERE, SECRET, answer_of, child_of, encoded, open_process, redacted

from understudy.capture.recorder import Recorder
from understudy.capture.spool import Spool
from understudy.redaction import process as module
from understudy.redaction.batches import Refusal
from understudy.redaction.process import RedactionProcess
from understudy.store import open_store

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


@pytest.fixture
def now() -> list[float]:
    return [0.0]


process = pytest.fixture(open_process)


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
    code = "import sys, understudy.redaction.child; print(*sorted(sys.modules))"
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


def test_no_descriptor_left_costs_the_process_and_nothing_else(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def none_left() -> object:
        raise OSError(errno.EMFILE, os.strerror(errno.EMFILE))

    monkeypatch.setattr(module.socket, "socketpair", none_left)
    with caplog.at_level(logging.WARNING), RedactionProcess(CHOSEN) as opened:
        assert opened.redact([encoded(SECRET)]) is None
    assert "cannot be started" in caplog.text
