"""Keeps a copy of what an application takes from a streamed answer, and sees how it ends.

Changes nothing that the application receives: the same bytes, a server-sent event at a time.
"""

import functools
import re
import weakref
from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any

from understudy.capture.endings import Ending

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
        the same class for it."""
        # A class, not methods set on the response: those would refer back to it, and a dropped
        # stream's connection would stay open until the garbage collector comes by.
        response.__class__ = _watched(response.__class__)
        response.understudy_taking = self
        # Dropped without a word, perhaps before the first event. At exit the outlet ends it.
        weakref.finalize(response, self.end).atexit = False

    def end(self, ending: Ending = Ending.ABANDONED) -> None:
        ended, self._ended = self._ended, None
        if ended is not None:
            ended(b"".join(self._taken), ending)

    def closed(self) -> None:
        # A response closes itself at its last byte, before that byte has come through here.
        if not self._fetching:
            self.end()

    def read(self, body: Iterator[bytes], *, split: bool) -> Iterator[bytes]:
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

    async def aread(self, body: AsyncIterator[bytes], *, split: bool) -> AsyncIterator[bytes]:
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


class _Watched:
    """Mixed into the class of a response, which then tells its taking what is read from it."""

    understudy_taking: Taking

    def iter_bytes(self, chunk_size: int | None = None) -> Iterator[bytes]:
        body = super().iter_bytes(chunk_size)  # type: ignore[misc]  # the response's, by the mixin
        return self.understudy_taking.read(body, split=chunk_size is None)

    def aiter_bytes(self, chunk_size: int | None = None) -> AsyncIterator[bytes]:
        body = super().aiter_bytes(chunk_size)  # type: ignore[misc]
        return self.understudy_taking.aread(body, split=chunk_size is None)

    def close(self) -> None:
        self.understudy_taking.closed()
        super().close()  # type: ignore[misc]

    async def aclose(self) -> None:
        self.understudy_taking.closed()
        await super().aclose()  # type: ignore[misc]


@functools.cache
def _watched(kind: type) -> type:
    return type(kind.__name__, (_Watched, kind), {})
