"""The least that a relay of these libraries can do: no key, no look at the bytes, no capture.

Run as a program with the upstream's port it prints its own. What it costs is what the machine, uvicorn and aiohttp
cost; the rest of a gateway's figures is the gateway's.
"""

import contextlib
import socket
import sys
from collections.abc import AsyncIterator

import aiohttp
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import StreamingResponse
from starlette.routing import Route

# Of this connection alone, or said anew by the client.
_DROPPED = frozenset({b"host", b"content-length", b"connection", b"accept-encoding"})


def build(upstream: int) -> Starlette:
    async def relay(request: Request) -> StreamingResponse:
        session: aiohttp.ClientSession = request.state.session
        headers = [
            (name.decode(), value.decode())
            for name, value in request.headers.raw
            if name not in _DROPPED
        ]
        answer = await session.post(
            f"http://127.0.0.1:{upstream}{request.url.path}",
            data=await request.body(),
            headers=headers,
        )
        kept = {
            name: value
            for name, value in answer.headers.items()
            if name.lower() in {"content-type", "content-length"}
        }
        return StreamingResponse(answer.content.iter_any(), answer.status, kept)

    @contextlib.asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[dict[str, aiohttp.ClientSession]]:
        connector = aiohttp.TCPConnector(limit=0)
        async with aiohttp.ClientSession(connector=connector, auto_decompress=False) as session:
            yield {"session": session}

    return Starlette(
        routes=[Route("/{path:path}", relay, methods=["POST"])],
        lifespan=lifespan,
    )


def main() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        sys.stdout.write(f"{listening.getsockname()[1]}\n")
        sys.stdout.flush()
        config = uvicorn.Config(
            build(int(sys.argv[1])), http="httptools", log_level="error", access_log=False
        )
        uvicorn.Server(config).run([listening])


if __name__ == "__main__":
    main()
