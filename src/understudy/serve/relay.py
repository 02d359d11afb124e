"""The teacher's answer, passed on byte for byte while a copy is kept for capture.

Never re-serialises; an auth header goes through and is not kept.
"""

import asyncio
import contextlib
from collections.abc import Callable, Iterable, Mapping
from functools import lru_cache

import aiohttp
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send
from yarl import URL

from understudy.capture.endings import Ending
from understudy.config import Teacher
from understudy.keys import find_key
from understudy.serve.copied import Copy
from understudy.serve.http import RefusedError
from understudy.wire.client import key_header
from understudy.wire.connections import send

# RFC 9110, section 7.6.1: these belong to one connection.
_HOP_BY_HOP = frozenset(
    (
        b"connection",
        b"keep-alive",
        b"proxy-authenticate",
        b"proxy-authorization",
        b"proxy-connection",
        b"te",
        b"trailer",
        b"transfer-encoding",
        b"upgrade",
    )
)
_NOT_SENT = _HOP_BY_HOP | {b"host", b"content-length", b"accept-encoding", b"expect"}
_OWN = b"x-understudy-"
_KEY_HEADERS = frozenset((b"x-api-key", b"authorization"))
_AUTOMATIC = ("User-Agent", "Accept", "Accept-Encoding", "Content-Type")


BROKEN_OFF = "the teacher broke off its answer; try again"
STOPPING = "the server is stopping and could not wait for the answer; try again"


async def send_upstream(
    session: aiohttp.ClientSession,
    teacher: Teacher,
    request: Request,
    body: bytes,
    *,
    extra: tuple[tuple[str, str], ...] = (),
) -> aiohttp.ClientResponse:
    """The upstream's answer to the caller's request, once its head is there; redirects are not
    followed. Raises RefusedError (502, 504) when none comes."""
    path = request.scope["raw_path"].decode("ascii")
    query = request.scope["query_string"].decode("ascii")
    query = f"?{query}" if query else ""
    try:
        return await send(
            session,
            request.method,
            # Encoded as it came: the upstream reads what the caller wrote.
            URL(f"{teacher.base_url.rstrip('/')}{path}{query}", encoded=True),
            data=body or None,
            headers=[*request_headers(request.headers.raw, teacher), *extra],
            timeout=_patience(teacher.timeout_s),
            skip_auto_headers=_AUTOMATIC,
            allow_redirects=False,
        )
    except TimeoutError as error:
        wait_s = teacher.timeout_s
        sentence = f"the teacher at {teacher.base_url} sent nothing for {wait_s:g} s"
        raise RefusedError(504, f"{sentence}; try again, or raise teacher.timeout_s") from error
    except aiohttp.ClientError as error:
        sentence = f"the teacher at {teacher.base_url} cannot be reached ({error})"
        raise RefusedError(502, f"{sentence}; check teacher.base_url") from error


@lru_cache(maxsize=4)
def _patience(silence_s: float) -> aiohttp.ClientTimeout:
    return aiohttp.ClientTimeout(total=None, sock_connect=silence_s, sock_read=silence_s)


def request_headers(
    given: Iterable[tuple[bytes, bytes]], teacher: Teacher
) -> list[tuple[str, str]]:
    """What goes on to the upstream; it may compress only in ways that the copy can be read in.

    A caller's own vendor key goes on; without one teacher.api_key takes its place. A key of this
    server never leaves it.
    """
    pairs = list(given)
    dropped = _NOT_SENT | _named_by_connection(pairs)
    sent = []
    accepts_gzip = has_key = False
    for name, value in pairs:
        if name in _KEY_HEADERS:
            if find_key(value.decode("latin-1")):
                continue
            has_key = True
        if name == b"accept-encoding":
            accepts_gzip = accepts_gzip or b"gzip" in value
        elif name not in dropped and not name.startswith(_OWN):
            sent.append((name.decode("latin-1"), _as_sent(value)))
    if teacher.api_key and not has_key:
        sent.append(key_header(teacher))
    return [*sent, ("accept-encoding", "gzip" if accepts_gzip else "identity")]


def _as_sent(value: bytes) -> str:
    """The text that aiohttp, which writes UTF-8, makes these bytes of again."""
    try:
        return value.decode()
    except UnicodeDecodeError:
        return value.decode("latin-1")


class Relay(Response):
    """Streams an upstream's answer; `ended` gets the copy and how it ended, exactly once."""

    def __init__(
        self,
        upstream: aiohttp.ClientResponse,
        headers: dict[str, str],
        ended: Callable[[bytes, Ending], None] = lambda _copy, _ending: None,
        farewell: Callable[[str], bytes] = lambda _: b"",
        begun: Callable[[], None] = lambda: None,
        copy: Copy | None = None,
    ) -> None:
        """`farewell` makes the event that closes a stream which ends before its time, from the
        reason; `begun` is told of the first byte; without a `copy` nothing is kept."""
        self.background = None
        self.status_code = upstream.status
        self._upstream = upstream
        self._copy = Copy(0) if copy is None else copy
        self._ended = ended
        self._farewell = farewell
        self._begun = begun
        self.raw_headers = answer_headers(upstream, headers)

    async def __call__(
        self,
        scope: Scope,  # noqa: ARG002 ASGI's signature
        receive: Receive,
        send: Send,
    ) -> None:
        ending = Ending.ABANDONED
        try:
            content = self._upstream.content
            piece = await self._begin(send)
            if content.is_eof() and content.exception() is None:
                # All of it came with its head, as a whole answer mostly does: nobody can leave before it.
                await self._pass_piece(piece, send, more=False)
                ending = Ending.WHOLE
            else:
                # What came with the head is mostly a stream's first event: it waits for nothing.
                if piece:
                    await self._pass_piece(piece, send)
                ending = await self._pass_while_heard(receive, send)
        finally:
            self._upstream.close()
            self._ended(*self._copy.read(self._upstream, ending))

    async def _begin(self, send: Send) -> bytes:
        """The head, what is held, and then what came with the head."""
        head = {"status": self.status_code, "headers": self.raw_headers}
        await send({"type": "http.response.start", **head})
        if self._copy.held:
            await self._pass_piece(self._copy.held, send)
        content = self._upstream.content
        return b"" if content.exception() else content.read_nowait()

    async def _pass_while_heard(self, receive: Receive, send: Send) -> Ending:
        passing = asyncio.ensure_future(self._pass_on(send))
        leaving = asyncio.ensure_future(_disconnect(receive))
        try:
            await asyncio.wait((passing, leaving), return_when=asyncio.FIRST_COMPLETED)
            return passing.result() if passing.done() else Ending.ABANDONED
        except asyncio.CancelledError:
            # The server stops and has waited long enough.
            await self._take_leave(passing, send)
            raise
        finally:
            for task in (passing, leaving):
                task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await leaving

    async def _pass_on(self, send: Send) -> Ending:
        last = b""
        try:
            async for piece in self._upstream.content.iter_any():
                await self._pass_piece(piece, send)
        except (aiohttp.ClientError, TimeoutError):
            if not self._can_say_why():
                # Left unfinished, so that the server drops the connection and the caller sees it.
                return Ending.BROKEN
            last = self._last_event(BROKEN_OFF)
        await send({"type": "http.response.body", "body": last, "more_body": False})
        return Ending.BROKEN if last else Ending.WHOLE

    async def _pass_piece(self, piece: bytes, send: Send, *, more: bool = True) -> None:
        if piece and not self._copy.begun:
            self._begun()
        self._copy.add(piece)
        await send({"type": "http.response.body", "body": piece, "more_body": more})

    async def _take_leave(self, passing: "asyncio.Future[Ending]", send: Send) -> None:
        passing.cancel()
        await asyncio.wait((passing,))
        if self._can_say_why():
            # Nothing was sent yet, or the caller is gone: either way nobody misses the event.
            with contextlib.suppress(Exception):
                last = self._last_event(STOPPING)
                await send({"type": "http.response.body", "body": last, "more_body": False})

    def _last_event(self, reason: str) -> bytes:
        event, copy = self._farewell(reason), self._copy
        cut = event and copy.begun and not copy.last.endswith((b"\n\n", b"\r\n\r\n"))
        return b"\n\n" + event if cut else event

    def _can_say_why(self) -> bool:
        """Whether one more event can be read: not behind half of a compressed stream."""
        headers = self._upstream.headers
        plain = headers.get("content-encoding", "identity").lower() == "identity"
        return plain and headers.get("content-type", "").startswith("text/event-stream")


def answer_headers(
    upstream: aiohttp.ClientResponse, own: Mapping[str, str]
) -> list[tuple[bytes, bytes]]:
    """The upstream's, without those of its connection, and this server's own."""
    given = [(name.lower(), value) for name, value in upstream.raw_headers]
    dropped = _HOP_BY_HOP | _named_by_connection(given)
    kept = [pair for pair in given if pair[0] not in dropped and not pair[0].startswith(_OWN)]
    return kept + [(name.encode(), value.encode()) for name, value in own.items()]


async def _disconnect(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


def _named_by_connection(pairs: Iterable[tuple[bytes, bytes]]) -> frozenset[bytes]:
    values = (value for name, value in pairs if name == b"connection")
    return frozenset(token.strip().lower() for value in values for token in value.split(b","))
