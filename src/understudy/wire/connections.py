"""A client that asks once more where a kept connection turns out to be closed.

An upstream closes an idle connection when it likes (uvicorn and llama.cpp after 5 s), at times just
as it is taken up again. A model's answer changes nothing upstream, so asking anew is safe.
"""

from contextvars import ContextVar
from typing import Any
from weakref import WeakSet

import aiohttp
from aiohttp.client_proto import ResponseHandler
from aiohttp.connector import Connection
from yarl import URL

_ATTEMPTS = 3
"""Each that fails has emptied the pool of one dead connection."""

# Of the task that asks: whether the connection that it was given last was used before.
_kept: ContextVar[bool] = ContextVar("kept", default=False)


class _Connector(aiohttp.TCPConnector):
    """Tells who is given a connection whether it was kept. aiohttp's tracing tells it too, for an
    eighth of what a whole request costs."""

    def __init__(self, limit: int) -> None:
        super().__init__(limit=limit)
        self._used: WeakSet[ResponseHandler] = WeakSet()

    async def connect(self, *given: Any, **named: Any) -> Connection:
        connection = await super().connect(*given, **named)
        protocol = connection.protocol
        assert protocol is not None
        kept = protocol in self._used
        _kept.set(kept)
        if not kept:
            self._used.add(protocol)
        return connection


def open_session(*, limit: int = 100, **options: Any) -> aiohttp.ClientSession:
    """aiohttp's session, which knows for `send` whether a connection was kept or is a new one;
    `limit` connections at a time, 0 for any number."""
    return aiohttp.ClientSession(connector=_Connector(limit), **options)


async def send(
    session: aiohttp.ClientSession, method: str, url: str | URL, **options: Any
) -> aiohttp.ClientResponse:
    """The response once its head is there. Raises what aiohttp raises: on a new connection at once."""
    for _ in range(_ATTEMPTS - 1):
        _kept.set(False)
        try:
            return await session.request(method, url, **options)
        except (aiohttp.ServerDisconnectedError, aiohttp.ClientOSError):
            if not _kept.get():
                raise
    return await session.request(method, url, **options)
