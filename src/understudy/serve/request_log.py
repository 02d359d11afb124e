"""A line for each request that was answered: never a body, a header or a query."""

import logging
import time

from starlette.types import ASGIApp, Message, Receive, Scope, Send

logger = logging.getLogger(__name__)

# Asked every few seconds by whoever watches the server.
_QUIET = frozenset(("/healthz", "/readyz", "/metrics"))
_TOLD = {b"x-understudy-inference": "inference", b"x-understudy-variant": "variant"}


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
