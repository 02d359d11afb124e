"""A process killed while it captures: what was on disk before is recovered, once."""

import signal
import subprocess
import sys
from pathlib import Path

import pytest

from understudy.capture.recorder import Recorder
from understudy.capture.spool import Spool
from understudy.config import Capture, Config
from understudy.store import open_store

TESTS = Path(__file__).parents[1]
# Records as fast as it can, and says how many had left the queue: those are on disk.
WRITER = """
import sys, time
from pathlib import Path
sys.path.insert(0, {tests!r})
from record_builders import APPLICATION, make_inference
from understudy.capture.recorder import Recorder
from understudy.capture.spool import Spool
from understudy.config import Capture, Config
from understudy.redaction.process import RedactionProcess
from understudy.store import open_store

folder = Path(sys.argv[1])
capture = Capture(flush_interval_s=0.02, drain_interval_s=float(sys.argv[2]), segment_bytes=40_000)
config = Config(capture=capture)
store = open_store(folder)
redaction = RedactionProcess(capture).__enter__()
spool = Spool(folder / "spool", capture)
recorder = Recorder(config, APPLICATION.functions, store, spool, elsewhere=redaction.redact).start()
told = number = 0
while True:
    recorder.record(make_inference(id=f"id-{{number:08d}}", created_at=float(number)))
    number += 1
    if number % 200 == 0:
        while recorder.queued_bytes:
            time.sleep(0.001)
        told = number
    if number % 50 == 0:
        print(told, number, flush=True)
        time.sleep(0.001)
"""


@pytest.mark.parametrize("drain_interval_s", [0.01, 60.0])
@pytest.mark.parametrize("lines", [30, 60])
def test_a_killed_process_loses_nothing_that_left_its_queue(
    tmp_path: Path, drain_interval_s: float, lines: int
) -> None:
    code = WRITER.format(tests=str(TESTS))
    command = [sys.executable, "-c", code, str(tmp_path), str(drain_interval_s)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        safe = recorded = 0
        seen = 0
        while seen < lines or safe < 500:
            safe, recorded = map(int, process.stdout.readline().split())
            seen += 1
        process.send_signal(signal.SIGKILL)
        rest = process.stdout.read().splitlines()
    assert process.returncode == -signal.SIGKILL
    recorded = max([recorded, *(int(line.split()[1]) for line in rest if " " in line)])

    with open_store(tmp_path) as store:
        config = Config()
        recorder = Recorder(config, {}, store, Spool(tmp_path / "spool", Capture()))
        recorder.drain()
        recorder.drain()
        found = [inference.id for inference in store.find_inferences()]
        recorder.close()

    assert len(found) == len(set(found))
    assert found[:safe] == [f"id-{number:08d}" for number in range(safe)]
    assert found == [f"id-{number:08d}" for number in range(len(found))]
    assert list((tmp_path / "spool").glob("*.spool")) == []
