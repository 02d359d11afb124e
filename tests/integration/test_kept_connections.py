"""A kept connection that the upstream closes as it is taken up again costs no caller an answer."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass, field

import aiohttp
import pytest

from understudy.wire.connections import open_session, send

pytestmark = pytest.mark.anyio
_HEAD = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok"


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@dataclass
class Upstream:
    """Answers the first `answered` requests of a connection and closes it at the next."""

    answered: int
    url: str = ""
    asked: list[int] = field(default_factory=list)
    """How often each connection was asked."""

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        place = len(self.asked)
        self.asked.append(0)
        with contextlib.closing(writer), contextlib.suppress(asyncio.IncompleteReadError):
            while self.asked[place] <= self.answered:
                await reader.readuntil(b"\r\n\r\n")
                await reader.readexactly(4)
                self.asked[place] += 1
                if self.asked[place] <= self.answered:
                    writer.write(_HEAD)
                    await writer.drain()


@contextlib.asynccontextmanager
async def upstream(answered: int) -> AsyncIterator[Upstream]:
    made = Upstream(answered)
    server = await asyncio.start_server(made.serve, "127.0.0.1", 0)
    made.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/"
    async with server:
        yield made


async def post(session: aiohttp.ClientSession, url: str) -> bytes:
    async with await send(session, "POST", url, data=b"body") as response:
        return await response.read()


async def test_a_kept_connection_that_was_closed_is_asked_anew_on_another() -> None:
    async with upstream(answered=1) as one, open_session() as session:
        assert [await post(session, one.url) for _ in range(3)] == [b"ok"] * 3
    assert one.asked == [2, 2, 1]


async def test_a_new_connection_that_breaks_is_not_asked_again() -> None:
    async with upstream(answered=0) as one, open_session() as session:
        with pytest.raises(aiohttp.ServerDisconnectedError):
            await post(session, one.url)
    assert one.asked == [1]


async def test_one_request_uses_up_a_few_dead_connections_and_no_more() -> None:
    async with upstream(answered=1) as one, open_session() as session:
        await asyncio.gather(*(post(session, one.url) for _ in range(4)))
        assert one.asked == [1, 1, 1, 1]
        with pytest.raises(aiohttp.ServerDisconnectedError):
            await post(session, one.url)
    assert sorted(one.asked) == [1, 2, 2, 2]
