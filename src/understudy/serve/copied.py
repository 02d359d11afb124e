"""The copy of an upstream's answer that capture reads, within a limit.

An answer that goes on beyond it is passed on all the same; of its copy nothing is kept.
"""

import asyncio
import contextlib
import zlib

import aiohttp

from understudy.capture.endings import Ending

_PACKED = ("gzip", "deflate")


class Copy:
    """`last` is the newest piece, whatever else is kept; `begun` says whether one came; `held` was
    read from the upstream before anything was passed on."""

    def __init__(self, limit: int, held: bytes = b"") -> None:
        self.held = held
        self.begun = False
        self.last = b""
        self._limit = limit
        self._size = 0
        self._pieces: list[bytes] = []

    def add(self, piece: bytes) -> None:
        self.begun, self.last = True, piece
        if self._size > self._limit:
            return
        self._size += len(piece)
        if self._size > self._limit:
            self._pieces.clear()
        else:
            self._pieces.append(piece)

    def read(self, upstream: aiohttp.ClientResponse, ending: Ending) -> tuple[bytes, Ending]:
        """The copy, unpacked, and how it ended; empty and OVERLONG where it is beyond the limit."""
        if self._size > self._limit:
            return b"", Ending.OVERLONG
        plain = unpacked(upstream, b"".join(self._pieces), self._limit)
        return (b"", Ending.OVERLONG) if plain is None else (plain, ending)


async def hold(upstream: aiohttp.ClientResponse, limit: int) -> tuple[bytes, Ending]:
    """An answer before anyone sees it; what came up to the limit, and OVERLONG, where there is more."""
    pieces: list[bytes] = []
    size = 0
    try:
        async for piece in upstream.content.iter_any():
            pieces.append(piece)
            size += len(piece)
            if size > limit:
                return b"".join(pieces), Ending.OVERLONG
    except (aiohttp.ClientError, TimeoutError):
        return b"".join(pieces), Ending.BROKEN
    except asyncio.CancelledError:
        upstream.close()
        raise
    return b"".join(pieces), Ending.WHOLE


def unpacked(upstream: aiohttp.ClientResponse, body: bytes, limit: int) -> bytes | None:
    """Without the encoding that the header names; a body cut short gives what came. None where it
    is larger than the limit: a thousandth of it may have come over the wire."""
    if upstream.headers.get("content-encoding", "").lower() not in _PACKED:
        return body if len(body) <= limit else None
    # 47: zlib or gzip, whichever the header says.
    with contextlib.suppress(zlib.error):
        plain = zlib.decompressobj(wbits=47).decompress(body, limit + 1)
        return plain if len(plain) <= limit else None
    return b""
