"""Keeps a copy of what an application takes from a streamed answer, and sees how it ends.

Changes nothing that the application receives: the same bytes, a server-sent event at a time.
"""

import re
import weakref
from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any

from understudy.capture.observation import Ending

_EVENT_END = re.compile(rb"(?<=\n\n)|(?<=\r\n\r\n)")


class Taking:
    """One streamed answer. The events are handed over one by one, however they came in, so that
    the copy ends where the application stopped reading; `ended` is called exactly once."""

    def __init__(self, ended: Callable[[bytes, Ending], None]) -> None:
        self._ended: Callable[[bytes, Ending], None] | None = ended
        self._taken: list[bytes] = []
        self._fetching = False

    def attach(self, response: Any) -> None:
        """`response` is the HTTP response of an official client, unread; both kinds of client use
        the same class for it. Held weakly: a cycle would keep a dropped stream's connection."""
        kind, held = type(response), weakref.ref(response)

        def iter_bytes(chunk_size: int | None = None) -> Iterator[bytes]:
            return self._read(kind.iter_bytes(held(), chunk_size), split=chunk_size is None)

        def aiter_bytes(chunk_size: int | None = None) -> AsyncIterator[bytes]:
            return self._aread(kind.aiter_bytes(held(), chunk_size), split=chunk_size is None)

        def close() -> None:
            self._closed()
            kind.close(held())

        async def aclose() -> None:
            self._closed()
            await kind.aclose(held())

        response.iter_bytes, response.aiter_bytes = iter_bytes, aiter_bytes
        response.close, response.aclose = close, aclose
        # Dropped without a word, perhaps before the first event. At exit the outlet ends it.
        weakref.finalize(response, self.end).atexit = False

    def end(self, ending: Ending = Ending.ABANDONED) -> None:
        ended, self._ended = self._ended, None
        if ended is not None:
            ended(b"".join(self._taken), ending)

    def _closed(self) -> None:
        # A response closes itself at its last byte, before that byte has come through here.
        if not self._fetching:
            self.end()

    def _read(self, body: Iterator[bytes], *, split: bool) -> Iterator[bytes]:
        try:
            while (chunk := self._next(body)) is not None:
                for part in _EVENT_END.split(chunk) if split else [chunk]:
                    if part:
                        self._taken.append(part)
                        yield part
            self.end(Ending.WHOLE)
        except Exception:
            self.end(Ending.BROKEN)
            raise
        finally:
            self.end()

    async def _aread(self, body: AsyncIterator[bytes], *, split: bool) -> AsyncIterator[bytes]:
        try:
            while (chunk := await self._anext(body)) is not None:
                for part in _EVENT_END.split(chunk) if split else [chunk]:
                    if part:
                        self._taken.append(part)
                        yield part
            self.end(Ending.WHOLE)
        except Exception:
            self.end(Ending.BROKEN)
            raise
        finally:
            self.end()

    def _next(self, body: Iterator[bytes]) -> bytes | None:
        self._fetching = True
        try:
            return next(body, None)
        finally:
            self._fetching = False

    async def _anext(self, body: AsyncIterator[bytes]) -> bytes | None:
        self._fetching = True
        try:
            return await anext(body, None)
        finally:
            self._fetching = False
