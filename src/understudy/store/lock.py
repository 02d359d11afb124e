"""One writer process per data folder. Refuses a second one by naming the first's pid.

The lock is flock's, not the file's existence: the kernel frees it when its process dies.
"""

import fcntl
import os
from pathlib import Path

from understudy.errors import StoreError

FILE = "writer.lock"


class WriterLock:
    """Held from construction until `release`; a crash releases it too."""

    def __init__(self, data_dir: Path) -> None:
        path = data_dir / FILE
        self._fd = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(self._fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            holder = os.read(self._fd, 32).decode(errors="replace").strip() or "unknown"
            os.close(self._fd)
            raise StoreError(
                f"{data_dir} is in use by process {holder}; stop that process (`kill {holder}`), "
                "ask it through its API, or choose another data_dir"
            ) from error
        os.ftruncate(self._fd, 0)
        os.pwrite(self._fd, f"{os.getpid()}\n".encode(), 0)

    def release(self) -> None:
        """Idempotent. The file stays: removing it would let two processes lock two files."""
        if self._fd >= 0:
            os.close(self._fd)
            self._fd = -1


def check_unused(data_dir: Path) -> None:
    """Raises StoreError while a process writes into this folder."""
    if (data_dir / FILE).exists():
        WriterLock(data_dir).release()
