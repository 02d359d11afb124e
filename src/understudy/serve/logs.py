"""What a server writes to its standard error: one line an event, never a body, a header or a query.

As text on a terminal, as JSON with every field by name where something else reads it.
"""

import contextlib
import itertools
import logging
import threading
import time
from collections.abc import Iterator
from functools import lru_cache
from typing import IO, Any

import orjson

from understudy.config import Log
from understudy.serve import request_log

_WRITTEN_AFTER_S = 0.1
# A record holds these first, then what was told with it; a formatter adds the last two.
_STANDARD = len(vars(logging.makeLogRecord({})))
_FORMATTED = frozenset({"message", "asctime"})


@contextlib.contextmanager
def logging_to(settings: Log, stream: IO[str]) -> Iterator[None]:
    """Everything that this process logs while the block runs, in one handler."""
    handler = _Gathering(stream)
    as_text = settings.format == "text" or (settings.format == "auto" and stream.isatty())
    handler.setFormatter(
        _TextFormatter("%(asctime)s %(levelname)s %(message)s") if as_text else _JsonFormatter()
    )
    root, ours = logging.getLogger(), logging.getLogger("understudy")
    kept = root.handlers, root.level, ours.level
    root.handlers = [handler]
    root.setLevel(logging.WARNING)
    ours.setLevel(settings.level.upper())
    try:
        with _without_origins():
            yield
    finally:
        root.handlers = kept[0]
        root.setLevel(kept[1])
        ours.setLevel(kept[2])
        handler.close()


@contextlib.contextmanager
def _without_origins() -> Iterator[None]:
    """No line tells the thread, process, task and source line that it came from; to find them out took
    half of its time ("Optimization" in Python's logging how-to)."""
    flags = ("logThreads", "logProcesses", "logMultiprocessing", "logAsyncioTasks")
    off: dict[str, bool | None] = {**dict.fromkeys(flags, False), "_srcfile": None}
    # Tasks came with Python 3.12.
    kept = {name: getattr(logging, name) for name in off if hasattr(logging, name)}
    for name in kept:
        setattr(logging, name, off[name])
    try:
        yield
    finally:
        for name, value in kept.items():
            setattr(logging, name, value)


class _Gathering(logging.Handler):
    """Writes the lines of a tenth of a second at once, and a warning at once with all before it.
    Each write lets another thread run, and the one that answers then waits for its turn."""

    def __init__(self, stream: IO[str]) -> None:
        super().__init__()
        self._stream = stream
        self._lines: list[str] = []
        self._wake = threading.Event()
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None

    def emit(self, record: logging.LogRecord) -> None:
        try:
            self._lines.append(self.format(record))
        except (TypeError, ValueError):
            # A line that cannot be made ends no request; logging shows which one it is.
            self.handleError(record)
            return
        if record.levelno >= logging.WARNING:
            self.flush()
        elif not self._wake.is_set():
            self._wake.set()
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="log", daemon=True)
                self._thread.start()

    def flush(self) -> None:
        self.acquire()
        try:
            text = "".join(f"{line}\n" for line in self._lines)
            self._lines.clear()
            if text:
                # A pipe that nobody reads any more costs the lines, not the server.
                with contextlib.suppress(OSError, ValueError):
                    self._stream.write(text)
                    self._stream.flush()
        finally:
            self.release()

    def close(self) -> None:
        self._stop.set()
        self._wake.set()
        if self._thread is not None:
            self._thread.join()
        self.flush()
        super().close()

    def _run(self) -> None:
        while not self._stop.is_set():
            self._wake.wait()
            self._stop.wait(_WRITTEN_AFTER_S)
            self._wake.clear()
            self.flush()


class _JsonFormatter(logging.Formatter):
    """An object a line: time, level, logger, message, the fields that came with it, an error's
    traceback."""

    def format(self, record: logging.LogRecord) -> str:
        line = {
            "time": f"{_second(int(record.created))},{int(record.msecs):03d}",
            "level": record.levelname,
            "logger": record.name,
            "message": record.getMessage(),
        }
        line |= _extra(record)
        if record.exc_info:
            line["exc_info"] = self.formatException(record.exc_info)
        return orjson.dumps(line, default=str, option=orjson.OPT_NON_STR_KEYS).decode()


class _TextFormatter(logging.Formatter):
    """The message, and the fields that came with it."""

    def format(self, record: logging.LogRecord) -> str:
        line = super().format(record)
        said = (
            {"method", "path", "status"} if record.name == request_log.logger.name else set[str]()
        )
        extra = _extra(record)
        fields = " ".join(
            f"{name}={_on_one_line(value)}" for name, value in extra.items() if name not in said
        )
        head, newline, traceback = line.partition("\n")
        return f"{head} {fields}{newline}{traceback}" if fields else line


def _on_one_line(value: Any) -> str:
    """What others wrote neither begins a line of its own nor sends anything to a terminal."""
    text = str(value)
    return text if text.isprintable() else ascii(text)[1:-1]


def _extra(record: logging.LogRecord) -> dict[str, Any]:
    told = itertools.islice(vars(record).items(), _STANDARD, None)
    return {name: value for name, value in told if name not in _FORMATTED}


@lru_cache(maxsize=2)
def _second(at: int) -> str:
    """As logging writes a time, which costs a fifth of a line: a second has many lines."""
    return time.strftime(logging.Formatter.default_time_format, time.localtime(at))
