"""What a server writes to its standard error: one line an event, never a body, a header or a query.

As text on a terminal, as JSON with every field by name where something else reads it.
"""

import contextlib
import logging
import time
from collections.abc import Iterator
from typing import IO, Any

import orjson
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from understudy.config import Log

logger = logging.getLogger(__name__)

# Asked every few seconds by whoever watches the server.
_QUIET = frozenset(("/healthz", "/readyz", "/metrics"))
_TOLD = {b"x-understudy-inference": "inference", b"x-understudy-variant": "variant"}
_STANDARD = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime"}


@contextlib.contextmanager
def logging_to(settings: Log, stream: IO[str]) -> Iterator[None]:
    """Everything that this process logs while the block runs, in one handler."""
    handler = logging.StreamHandler(stream)
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
        yield
    finally:
        root.handlers = kept[0]
        root.setLevel(kept[1])
        ours.setLevel(kept[2])


class RequestLog:
    """Logs each request once it is answered: method, path, status, milliseconds, and which
    inference it was."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or not logger.isEnabledFor(logging.INFO):
            await self._app(scope, receive, send)
            return
        began = time.perf_counter()
        told: dict[str, object] = {"status": 0}

        async def noting(message: Message) -> None:
            if message["type"] == "http.response.start":
                told["status"] = message["status"]
                headers = message.get("headers", ())
                told.update({_TOLD[k]: v.decode("latin-1") for k, v in headers if k in _TOLD})
            await send(message)

        try:
            await self._app(scope, receive, noting)
        finally:
            milliseconds = round((time.perf_counter() - began) * 1e3, 1)
            _log(scope["method"], scope["path"], milliseconds, told)


def _log(method: str, path: str, milliseconds: float, told: dict[str, object]) -> None:
    # Quoted as Python quotes it: a path cannot begin a line of its own.
    place = ascii(path)[1:-1]
    level = logging.DEBUG if path in _QUIET else logging.INFO
    fields = {"method": method, "path": place, "milliseconds": milliseconds, **told}
    logger.log(level, "%s %s %s", method, place, told["status"] or "unanswered", extra=fields)


class _JsonFormatter(logging.Formatter):
    """An object a line: time, level, logger, message, the fields that came with it, an error's
    traceback."""

    def format(self, record: logging.LogRecord) -> str:
        line = {
            "time": self.formatTime(record),
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
        said = {"method", "path", "status"} if record.name == __name__ else set[str]()
        extra = _extra(record)
        fields = " ".join(f"{name}={value}" for name, value in extra.items() if name not in said)
        head, newline, traceback = line.partition("\n")
        return f"{head} {fields}{newline}{traceback}" if fields else line


def _extra(record: logging.LogRecord) -> dict[str, Any]:
    return {name: value for name, value in vars(record).items() if name not in _STANDARD}
