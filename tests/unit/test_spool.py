"""The spool: bounded in front, append-only behind, readable after any damage."""

import errno
import logging
import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from understudy.capture.segments import MAGIC, Torn, frame, parse_segment
from understudy.capture.spool import Spool, read_segment
from understudy.config import Capture
from understudy.errors import StoreError
from understudy.redaction.batches import one_by_one

# The writer thread sleeps longer than any test: what is on disk was put there by flush or close.
SLOW = Capture(flush_interval_s=3600)
FOLDERS = [("data",), ("data", "spool")]
RECORDS = [b'{"n":1}', b"", b"x" * 300, b'{"n":2}' * 5, bytes(range(200))]


@pytest.fixture
def spool(tmp_path: Path) -> Iterator[Spool]:
    opened = Spool(tmp_path / "spool", SLOW)
    yield opened
    opened.close()


def read_all(spool: Spool) -> list[bytes]:
    return [record for path in spool.closed_segments() for record in read_segment(path)[0]]


def test_records_come_back_in_order(spool: Spool) -> None:
    for record in RECORDS:
        assert spool.append(record)

    assert spool.queued_bytes == sum(map(len, RECORDS))
    assert spool.flush(1.0)

    assert spool.queued_bytes == 0
    assert read_all(spool) == RECORDS


def test_the_writer_thread_puts_records_on_disk_by_itself(tmp_path: Path) -> None:
    spool = Spool(tmp_path, Capture(flush_interval_s=0.001))
    spool.append(b"one")
    while spool.queued_bytes:
        os.sched_yield()
    spool.close()
    assert read_segment(next(tmp_path.glob("*.spool"))) == ([b"one"], None)


def test_nothing_reaches_the_disk_as_it_came(spool: Spool) -> None:
    spool.fit = one_by_one(bytes.upper)
    spool.append(b"secret")
    spool.flush(1.0)
    assert read_all(spool) == [b"SECRET"]


def refuse_marked(payload: bytes) -> bytes:
    if b"refused" in payload:
        raise ValueError(payload.decode())
    return payload


def test_a_record_that_is_refused_costs_itself_alone(
    spool: Spool, caplog: pytest.LogCaptureFixture
) -> None:
    spool.fit = one_by_one(refuse_marked)
    for record in (b"one", b"refused 1", b"two", b"refused 2"):
        spool.append(record)
    with caplog.at_level(logging.WARNING):
        assert spool.flush(1.0)
    assert read_all(spool) == [b"one", b"two"]
    assert (spool.dropped, spool.unfit, spool.queued_bytes) == (2, 2, 0)
    assert len(caplog.messages) == 1
    assert "could not be redacted (ValueError)" in caplog.messages[0]
    assert "refused" not in caplog.text


def test_a_full_disk_counts_a_record_that_is_refused_once(
    spool: Spool, monkeypatch: pytest.MonkeyPatch
) -> None:
    disk = FailingDisk()
    monkeypatch.setattr(os, "write", disk.write)
    spool.fit = one_by_one(refuse_marked)
    disk.room = 0
    for record in (b"one", b"refused", b"two"):
        spool.append(record)
    assert [spool.flush(1.0) for _ in range(3)] == [False] * 3
    disk.room = 1 << 60
    assert spool.flush(1.0)
    assert read_all(spool) == [b"one", b"two"]
    assert spool.dropped == 1


def test_the_writer_thread_outlives_whatever_is_raised_in_it(tmp_path: Path) -> None:
    spool = Spool(tmp_path, Capture(flush_interval_s=0.001))
    spool.fit = one_by_one(refuse_marked)
    end_segment, failures = spool._end_segment, [RuntimeError("once"), OSError("twice")]

    def fail_first() -> None:
        if failures:
            raise failures.pop()
        end_segment()

    spool._ends_at = -1.0
    spool._end_segment = fail_first  # type: ignore[method-assign]
    for record in (b"refused", b"one"):
        spool.append(record)
        while spool.queued_bytes:
            os.sched_yield()
    spool.close()
    assert read_segment(next(tmp_path.glob("*.spool"))) == ([b"one"], None)
    assert (spool.dropped, failures) == (1, [])


def test_a_full_queue_drops_and_counts_and_takes_again(tmp_path: Path) -> None:
    spool = Spool(tmp_path, Capture(flush_interval_s=3600, queue_bytes=10))

    taken = [spool.append(b"12345") for _ in range(4)]
    spool.flush(1.0)
    again = spool.append(b"12345")
    spool.close()

    assert taken == [True, True, False, False]
    assert again
    assert spool.dropped == 2


def test_a_closed_spool_drops_and_counts(tmp_path: Path) -> None:
    spool = Spool(tmp_path, SLOW)
    spool.close()
    spool.close()
    assert not spool.append(b"late")
    assert spool.dropped == 1


def test_closing_writes_what_was_queued(tmp_path: Path) -> None:
    spool = Spool(tmp_path, SLOW)
    spool.append(b"last")
    spool.close()
    assert read_segment(next(tmp_path.glob("*.spool"))) == ([b"last"], None)


def test_a_segment_ends_when_it_is_large_enough(tmp_path: Path) -> None:
    spool = Spool(tmp_path, Capture(flush_interval_s=3600, segment_bytes=100))
    for _ in range(10):
        spool.append(b"x" * 40)
    spool.close()
    sizes = [path.stat().st_size for path in sorted(tmp_path.glob("*.spool"))]
    assert len(sizes) == 5
    assert max(sizes) <= 100 + 52


def test_a_new_spool_never_writes_into_an_old_segment(tmp_path: Path) -> None:
    for content in (b"first", b"second"):
        spool = Spool(tmp_path, SLOW)
        spool.append(content)
        spool.close()
    found = [read_segment(path)[0] for path in sorted(tmp_path.glob("*.spool"))]
    assert found == [[b"first"], [b"second"]]


def test_a_file_torn_at_any_byte_gives_every_whole_record_before_it(tmp_path: Path) -> None:
    whole = b"".join(map(frame, RECORDS))
    ends = [sum(len(frame(record)) for record in RECORDS[:n]) for n in range(len(RECORDS) + 1)]
    path = tmp_path / "torn.spool"
    for cut in range(len(whole) + 1):
        path.write_bytes(whole[:cut])
        complete = sum(end <= cut for end in ends) - 1
        records, torn_at = read_segment(path)
        assert records == RECORDS[:complete]
        assert torn_at == (None if cut in ends else ends[complete])


def test_a_flipped_byte_costs_one_record(tmp_path: Path) -> None:
    whole = b"".join(map(frame, RECORDS))
    for at in range(len(whole)):
        damaged = bytearray(whole)
        damaged[at] ^= 0x41
        segment = parse_segment(bytes(damaged))
        missing = [record for record in RECORDS if record not in segment.records]
        assert len(missing) == 1
        assert set(segment.records) <= set(RECORDS)
        assert b"".join(torn.content for torn in segment.torn) != b""


@settings(deadline=None)
@given(st.lists(st.binary(max_size=50), max_size=6), st.binary(max_size=80))
def test_whole_records_are_found_around_any_rubbish(records: list[bytes], rubbish: bytes) -> None:
    content = b"".join(map(frame, records))
    segment = parse_segment(content + rubbish + content)
    assert list(segment.records[: len(records)]) == records
    if MAGIC[:1] not in rubbish:
        assert list(segment.records) == records + records
        torn = Torn(len(content), rubbish)
        assert segment.torn == ((torn,) if rubbish else ())


class FailingDisk:
    """The operating system's own write, which a test can make fail as a full disk does."""

    def __init__(self) -> None:
        self.room = 1 << 60
        self._write = os.write

    def write(self, fd: int, content: bytes) -> int:
        if self.room <= 0:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        part = content[: self.room]
        self.room -= len(part)
        return self._write(fd, part)


def test_a_full_disk_holds_records_back_until_there_is_space(
    spool: Spool, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    disk = FailingDisk()
    monkeypatch.setattr(os, "write", disk.write)
    for record in RECORDS:
        spool.append(record)

    disk.room = len(frame(RECORDS[0])) + len(frame(RECORDS[1])) + 100
    with caplog.at_level(logging.WARNING):
        outcomes = [spool.flush(1.0) for _ in range(5)]
    warnings = len(caplog.records)
    disk.room = 1 << 60
    resumed = spool.flush(1.0)

    assert outcomes == [False] * 5
    assert warnings == 1
    assert "free space" in caplog.messages[0]
    assert resumed
    assert read_all(spool) == RECORDS
    assert spool.dropped == 0


def test_what_a_full_disk_costs_at_the_end_is_told(
    spool: Spool, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    disk = FailingDisk()
    monkeypatch.setattr(os, "write", disk.write)
    disk.room = 0
    for record in RECORDS:
        spool.append(record)
    with caplog.at_level(logging.WARNING):
        spool.close()
        spool.close()
    assert (spool.dropped, spool.queued_bytes) == (5, 0)
    assert [
        line for line in caplog.messages if "did not take 5 records" in line
    ] == caplog.messages[-1:]


def test_drops_are_logged_once_a_minute(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    now = [0.0]
    settings_ = Capture(flush_interval_s=3600, queue_bytes=1)
    spool = Spool(tmp_path, settings_, clock=lambda: now[0])
    lines = []
    with caplog.at_level(logging.WARNING):
        for second in range(125):
            now[0] = float(second)
            spool.append(b"too large")
            lines.append(len(caplog.records))
    spool.close()
    assert (lines[0], lines[59], lines[60], lines[124]) == (1, 1, 2, 3)
    assert spool.dropped == 125


def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(StoreError, match="cannot hold the spool"):
        Spool(tmp_path / "file" / "spool", SLOW)


def test_a_data_folder_that_is_made_for_a_spool_is_its_owners_alone(tmp_path: Path) -> None:
    Spool(tmp_path / "data" / "spool", SLOW).close()
    assert [tmp_path.joinpath(*name).stat().st_mode & 0o777 for name in FOLDERS] == [0o700, 0o700]
