"""Several writers over one spool folder: none is drained while it writes, none is left behind."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

from understudy.capture.segments import read_segment
from understudy.capture.spool import Spool
from understudy.config import Capture

# The writer thread sleeps longer than any test, and its segments end when a test says so.
SLOW = Capture(flush_interval_s=3600)
WRITER = """
import sys
from pathlib import Path
from understudy.capture.spool import Spool
from understudy.config import Capture

spool = Spool(Path(sys.argv[1]), Capture(flush_interval_s=3600))
spool.append(b"written")
spool.flush(1.0)
spool.append(b"queued")
print("ready", flush=True)
sys.stdin.read()
"""
FORKER = """
import os, sys
from pathlib import Path
from understudy.capture.spool import Spool
from understudy.config import Capture

spool = Spool(Path(sys.argv[1]), Capture(flush_interval_s=3600))
spool.append(b"parent, on disk")
spool.flush(1.0)
spool.append(b"parent, queued")
child = os.fork()
if child == 0:
    spool.restart_after_fork()
    assert spool.append(b"child")
    spool.close()
    os._exit(0)
assert os.waitpid(child, 0)[1] == 0
spool.close()
"""


def contents(paths: list[Path]) -> list[bytes]:
    return sorted(record for path in paths for record in read_segment(path)[0])


def test_a_segment_is_left_to_its_writer_until_it_ends(tmp_path: Path) -> None:
    writer, drainer = Spool(tmp_path, SLOW), Spool(tmp_path, SLOW)
    writer.append(b"one")
    writer.flush(1.0)
    assert drainer.closed_segments() == []
    assert len(writer.closed_segments()) == 1
    assert contents(drainer.closed_segments()) == [b"one"]
    writer.close()
    drainer.close()


def test_two_writers_never_share_a_segment(tmp_path: Path) -> None:
    spools = [Spool(tmp_path, SLOW) for _ in range(4)]
    for number, spool in enumerate(spools):
        spool.append(b"%d" % number)
        spool.flush(1.0)
    for spool in spools:
        spool.close()
    paths = sorted(tmp_path.iterdir())
    assert contents(paths) == [b"0", b"1", b"2", b"3"]
    assert len(paths) == 4


def test_a_segment_ends_by_itself_so_that_another_process_can_drain_it(tmp_path: Path) -> None:
    quick = Capture(flush_interval_s=0.001, drain_interval_s=0.001)
    writer, drainer = Spool(tmp_path, quick), Spool(tmp_path, SLOW)
    writer.append(b"one")
    began = time.monotonic()
    while not (found := drainer.closed_segments()):
        assert time.monotonic() - began < 60
        os.sched_yield()
    assert contents(found) == [b"one"]
    writer.close()
    drainer.close()


def test_a_dead_writers_segment_is_taken_over(tmp_path: Path) -> None:
    drainer = Spool(tmp_path, SLOW)
    command = [sys.executable, "-c", WRITER, str(tmp_path)]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, stdin=pipe, stdout=pipe, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        assert drainer.closed_segments() == []
        process.send_signal(signal.SIGKILL)
        process.wait()
    assert contents(drainer.closed_segments()) == [b"written"]
    drainer.close()


def test_a_fork_writes_its_own_and_repeats_nothing(tmp_path: Path) -> None:
    command = [sys.executable, "-W", "ignore", "-c", FORKER, str(tmp_path)]
    subprocess.run(command, check=True)
    drainer = Spool(tmp_path, SLOW)
    found = contents(drainer.closed_segments())
    drainer.close()
    assert found == [b"child", b"parent, on disk", b"parent, queued"]


def test_closing_waits_no_longer_than_it_may(tmp_path: Path) -> None:
    spool = Spool(tmp_path, Capture(flush_interval_s=0.001))
    spool._file_guard.acquire()
    spool.append(b"held up")
    began = time.monotonic()
    spool.close(0.05)
    assert time.monotonic() - began < 10
    assert (spool.dropped, spool.queued_bytes) == (1, 0)
    spool._file_guard.release()
