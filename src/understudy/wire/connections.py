"""A client that asks once more where a kept connection turns out to be closed.

An upstream closes an idle connection when it likes (uvicorn and llama.cpp after 5 s), at times just
as it is taken up again. A model's answer changes nothing upstream, so asking anew is safe.
"""

from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

import aiohttp

_ATTEMPTS = 3
"""Each that fails has emptied the pool of one dead connection."""


@dataclass(slots=True)
class _Line:
    kept: bool = False


def open_session(**options: Any) -> aiohttp.ClientSession:
    """aiohttp's session, which knows for `send` whether a connection was kept or is a new one."""
    trace = aiohttp.TraceConfig()
    trace.on_connection_reuseconn.append(_note_kept)
    return aiohttp.ClientSession(trace_configs=[trace], **options)


async def send(
    session: aiohttp.ClientSession, method: str, url: str, **options: Any
) -> aiohttp.ClientResponse:
    """The response once its head is there. Raises what aiohttp raises: on a new connection at once."""
    for _ in range(_ATTEMPTS - 1):
        line = _Line()
        try:
            return await session.request(method, url, trace_request_ctx=line, **options)
        except (aiohttp.ServerDisconnectedError, aiohttp.ClientOSError):
            if not line.kept:
                raise
    return await session.request(method, url, **options)


async def _note_kept(_session: aiohttp.ClientSession, context: SimpleNamespace, _: Any) -> None:
    if isinstance(context.trace_request_ctx, _Line):
        context.trace_request_ctx.kept = True
