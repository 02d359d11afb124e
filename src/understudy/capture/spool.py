"""A bounded queue in front of append-only segment files. Never blocks or breaks the caller.

`append` costs a lock and a list; a writer thread puts records on disk within the flush interval,
after which they survive kill -9. When the disk is full the queue holds on until there is space;
when the queue is full too, records are dropped and counted.

Several processes may write into one folder, each into segments of its own, and one drains them all.
"""

import contextlib
import fcntl
import itertools
import logging
import os
import secrets
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence, Sized
from pathlib import Path
from typing import Any

from understudy.capture.segments import HEADER_BYTES, SUFFIX, frame, read_segment
from understudy.capture.throttle import Throttle
from understudy.config import Capture
from understudy.errors import StoreError
from understudy.redaction.batches import Refusal

__all__ = ["Spool", "read_segment"]

logger = logging.getLogger(__name__)

_FOLDER_MODE = 0o700
# Each write lets another thread run, and that costs the thread that answers more than it costs this
# one (experiments 67).
_RECORDS_A_WRITE = 64
# Longest wait for a writer who is busy with a batch.
_END_S = 1.0


class Spool:
    """Owns the folder, the queue and the writer thread. `fit` runs in that thread and makes the bytes that
    reach the disk; what it refuses is dropped, counted in `unfit` too."""

    def __init__(
        self,
        folder: Path,
        settings: Capture,
        *,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.dropped = 0
        self.unfit = 0
        self.queued_bytes = 0
        self.fit: Callable[[Sequence[Any]], Sequence[bytes | Refusal]] = list
        self._folder = folder
        self._settings = settings
        self._clock = clock
        self._throttle, self._unfit_throttle = Throttle(logger, clock), Throttle(logger, clock)
        try:
            # The data folder, where an application captures before any server ran, is its owner's.
            folder.parent.mkdir(mode=_FOLDER_MODE, parents=True, exist_ok=True)
            folder.mkdir(mode=_FOLDER_MODE, exist_ok=True)
        except OSError as error:
            raise StoreError(
                f"{folder} cannot hold the spool ({error.strerror}); choose another data_dir"
            ) from error
        self._next = 1 + max((_number(path) for path in self._listed()), default=0)
        self._fd = -1
        self._begin()

    def _begin(self) -> None:
        self._queue: deque[Sized] = deque()
        self._queue_guard = threading.Lock()
        self._file_guard = threading.Lock()
        self._size, self._ends_at = 0, float("inf")
        self._stop = threading.Event()
        self._wake = threading.Event()
        self._thread: threading.Thread | None = None

    @property
    def stored_bytes(self) -> int:
        """What the folder's segments hold, whoever writes them. Reads the folder."""
        sizes = 0
        for path in self._listed():
            # One that was drained meanwhile holds nothing.
            with contextlib.suppress(FileNotFoundError):
                sizes += path.stat().st_size
        return sizes

    def append(self, payload: Sized) -> bool:
        """Enqueue; False when it was dropped (queue full, spool closed)."""
        size = len(payload)
        with self._queue_guard:
            full = self.queued_bytes + size > self._settings.queue_bytes
            if not full and not self._stop.is_set():
                self._queue.append(payload)
                self.queued_bytes += size
                if self._thread is None:
                    self._start()
                if not self._wake.is_set():
                    self._wake.set()
                return True
            self.dropped += 1
        self._throttle.warning("capture drops records: the queue is full", dropped=self.dropped)
        return False

    def flush(self, timeout_s: float) -> bool:
        """Write what is queued now, in the caller's thread; whether all of it is on disk."""
        if not self._file_guard.acquire(timeout=timeout_s):
            return False
        try:
            return self._write_queued()
        finally:
            self._file_guard.release()

    def closed_segments(self) -> list[Path]:
        """End the open segment, unless it is being written to for long, and list all that nobody writes to
        any more, oldest first."""
        if self._file_guard.acquire(timeout=_END_S):
            try:
                self._end_segment()
            finally:
                self._file_guard.release()
        return sorted(path for path in self._listed() if self._is_ended(path))

    def close(self, timeout_s: float | None = None) -> None:
        """Write what is queued and stop; what the disk refuses, or what takes longer than
        `timeout_s`, is dropped, and told: nobody reads the counters of what has ended."""
        if self._stop.is_set():
            return
        with self._queue_guard:
            self._stop.set()
            self._wake.set()
        if self._thread is not None:
            self._thread.join(timeout_s)
        with self._queue_guard:
            lost = len(self._queue)
            self.dropped += lost
            self._queue.clear()
            self.queued_bytes = 0
        if lost:
            logger.warning("capture ends, and %s did not take %d records", self._folder, lost)

    def restart_after_fork(self) -> None:
        """In the child: what is queued and the open segment are the parent's, and so is the thread.

        The descriptor is closed at once: it shares the parent's lock, which would outlive the parent.
        """
        if self._fd >= 0:
            os.close(self._fd)
        self._fd = -1
        self.dropped = self.unfit = self.queued_bytes = 0
        self._throttle = Throttle(logger, self._clock)
        self._unfit_throttle = Throttle(logger, self._clock)
        self._begin()

    def _start(self) -> None:
        """With the first record, so that a fork before it costs the child nothing."""
        self._thread = threading.Thread(target=self._write_until_stopped, name="spool", daemon=True)
        self._thread.start()

    def _write_until_stopped(self) -> None:
        while not self._stop.is_set():
            self._wake.wait(self._until_end())
            self._wake.clear()
            # A batch gathers, and a disk that was full gets a moment.
            self._stop.wait(self._settings.flush_interval_s)
            if not self._take_turn():
                self._wake.set()
        self._take_turn(last=True)

    def _take_turn(self, *, last: bool = False) -> bool:
        """Whether all is written. The last turn ends the segment."""
        try:
            with self._file_guard:
                written = self._write_queued()
                if last or self._clock() >= self._ends_at:
                    self._end_segment()
        except Exception as error:  # noqa: BLE001 the boundary: this thread must outlive everything
            self._throttle.warning(f"capture could not write ({error!r}) and will try again")
            return False
        return written

    def _until_end(self) -> float | None:
        """Seconds until the open segment is to be ended; None without one: an idle spool sleeps."""
        ends_at = self._ends_at
        return None if ends_at == float("inf") else max(0.0, ends_at - self._clock())

    def _write_queued(self) -> bool:
        """Front of the queue first; a record leaves the queue once it is whole on disk."""
        most = _RECORDS_A_WRITE
        while True:
            batch = self._front(most)
            if not batch:
                return True
            framed = [self._framed(one) for one in self.fit(batch)]
            try:
                self._write(b"".join(framed))
            except OSError as error:
                if len(batch) > 1:
                    # There may be room for some of them.
                    most = 1
                    continue
                self._throttle.warning(
                    f"capture waits for the disk ({error.strerror}); free space and it goes on",
                    queued_bytes=self.queued_bytes,
                    dropped=self.dropped,
                )
                return False
            with self._queue_guard:
                # Empty only where close gave up waiting and has counted them as dropped.
                for payload, record in zip(batch[: len(self._queue)], framed, strict=False):
                    self._queue.popleft()
                    self.queued_bytes -= len(payload)
                    if not record:
                        self.unfit += 1
                        self.dropped += 1

    def _framed(self, fitted: bytes | Refusal) -> bytes:
        """Empty for a record that was refused: nothing of it may reach the disk."""
        if not isinstance(fitted, Refusal):
            return frame(fitted)
        self._unfit_throttle.warning(
            f"capture drops a record that could not be redacted ({fitted.kind}); please report it"
        )
        return b""

    def _front(self, most: int) -> list[Sized]:
        """The oldest records that the open segment has room for; at least one where there are any."""
        full = self._settings.segment_bytes
        room = full - self._size if self._size < full else full
        batch: list[Sized] = []
        with self._queue_guard:
            for payload in itertools.islice(self._queue, most):
                batch.append(payload)
                room -= HEADER_BYTES + len(payload)
                if room <= 0:
                    break
        return batch

    def _write(self, records: bytes) -> None:
        if self._size >= self._settings.segment_bytes:
            self._end_segment()
        if self._fd < 0 and records:
            self._begin_segment()
        try:
            written = 0
            while written < len(records):
                written += os.write(self._fd, records[written:])
        except OSError:
            # Cut what is half off, so that the next one begins where a reader looks for it.
            os.ftruncate(self._fd, self._size)
            raise
        self._size += len(records)

    def _begin_segment(self) -> None:
        path = self._folder / f"{self._next:012d}-{secrets.token_hex(4)}{SUFFIX}"
        hidden = path.with_suffix(".new")
        flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC
        fd = os.open(hidden, flags, 0o600)
        try:
            # Locked before a drainer can see it, and never again: whoever finds a segment unlocked
            # knows that its writer has ended it or is dead.
            fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
            hidden.rename(path)
        except OSError:
            os.close(fd)
            hidden.unlink(missing_ok=True)
            raise
        self._fd, self._size, self._next = fd, 0, self._next + 1
        # The drainer of another process sees it only once it is ended.
        self._ends_at = self._clock() + self._settings.drain_interval_s

    def _end_segment(self) -> None:
        if self._fd >= 0:
            fd, self._fd, self._size, self._ends_at = self._fd, -1, 0, float("inf")
            os.close(fd)

    def _is_ended(self, path: Path) -> bool:
        try:
            with path.open("rb") as file:
                fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except (BlockingIOError, FileNotFoundError):
            return False
        except PermissionError:
            # One foreign file must not hold up all the others.
            self._throttle.warning(
                f"capture cannot read {path}; run the application and the server as one user"
            )
            return False
        return True

    def _listed(self) -> list[Path]:
        return list(self._folder.glob(f"*{SUFFIX}"))


def _number(path: Path) -> int:
    number = path.stem.partition("-")[0]
    return int(number) if number.isdecimal() else 0
