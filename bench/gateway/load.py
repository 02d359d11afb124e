"""Asks one address over raw sockets, as lightly as Python can: at a fixed rate, or as fast as it goes.

Run as a program it reads a plan from its arguments and prints what it measured as JSON. A request's
time counts from the moment it was due, so that a server that stalls cannot hide it.
"""

import argparse
import asyncio
import json
import sys
import time
from dataclasses import dataclass, field

REQUEST_CHARS = 1_800


@dataclass
class Result:
    first_s: list[float] = field(default_factory=list)
    """From due to the first byte of the body."""
    total_s: list[float] = field(default_factory=list)
    failed: int = 0


class Connection(asyncio.Protocol):
    """One request at a time."""

    def __init__(self) -> None:
        self._seen = b""
        self._first_at = 0.0
        self._done: asyncio.Future[bool] | None = None
        self.lost = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    async def ask(self, request: bytes) -> tuple[bool, float]:
        """Whether the answer was a whole 200, and when its body began."""
        self._seen, self._first_at = b"", 0.0
        self._done = asyncio.get_running_loop().create_future()
        self._transport.write(request)
        return await self._done, self._first_at

    def data_received(self, data: bytes) -> None:
        self._seen += data
        end = self._seen.find(b"\r\n\r\n")
        if end < 0 or len(self._seen) == end + 4:
            return
        self._first_at = self._first_at or time.perf_counter()
        head, body = self._seen[:end].lower(), self._seen[end + 4 :]
        length = head.partition(b"content-length:")[2].partition(b"\r")[0]
        whole = len(body) >= int(length) if length else body.endswith(b"0\r\n\r\n")
        if whole and self._done is not None and not self._done.done():
            self._done.set_result(head.startswith(b"http/1.1 200"))

    def connection_lost(self, _: Exception | None) -> None:
        self.lost = True
        if self._done is not None and not self._done.done():
            self._done.set_result(False)


class Client:
    def __init__(self, port: int, request: bytes) -> None:
        self.result = Result()
        self._port = port
        self._request = request
        self._idle: list[Connection] = []

    async def ask(self, due: float) -> None:
        connection = self._kept() or await self._connect()
        whole, first_at = await connection.ask(self._request)
        if whole:
            self.result.first_s.append(first_at - due)
            self.result.total_s.append(time.perf_counter() - due)
        else:
            self.result.failed += 1
        if not connection.lost:
            self._idle.append(connection)

    async def at_rate(self, rate: float, seconds: float) -> None:
        loop, tasks = asyncio.get_running_loop(), set()
        began = time.perf_counter()
        for number in range(int(rate * seconds)):
            due = began + number / rate
            if (wait_s := due - time.perf_counter()) > 0:
                await asyncio.sleep(wait_s)
            task = loop.create_task(self.ask(due))
            tasks.add(task)
            task.add_done_callback(tasks.discard)
        await asyncio.gather(*tasks)

    async def as_fast(self, connections: int, seconds: float) -> None:
        ends_at = time.perf_counter() + seconds

        async def one() -> None:
            while time.perf_counter() < ends_at:
                await self.ask(time.perf_counter())

        await asyncio.gather(*(one() for _ in range(connections)))

    def _kept(self) -> Connection | None:
        """One that the server has not closed since, as it does when it was idle for 5 s."""
        while self._idle:
            connection = self._idle.pop()
            if not connection.lost:
                return connection
        return None

    async def _connect(self) -> Connection:
        loop = asyncio.get_running_loop()
        _, made = await loop.create_connection(Connection, "127.0.0.1", self._port)
        return made


def build_request(port: int, key: str, *, stream: bool) -> bytes:
    content = "how is pump 001? " * (REQUEST_CHARS // 17)
    body = json.dumps(
        {
            "model": "stub",
            "max_tokens": 500,
            "stream": stream,
            "messages": [
                {"role": "system", "content": "Answer in JSON."},
                {"role": "user", "content": content},
            ],
        }
    ).encode()
    head = (
        f"POST /v1/chat/completions HTTP/1.1\r\nhost: 127.0.0.1:{port}\r\n"
        f"authorization: Bearer {key}\r\ncontent-type: application/json\r\n"
        f"content-length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


async def measure(plan: argparse.Namespace) -> Result:
    client = Client(plan.port, build_request(plan.port, plan.key, stream=plan.stream))
    for _ in range(plan.warm_up):
        await client.ask(time.perf_counter())
    client.result = Result()
    if plan.rate:
        await client.at_rate(plan.rate, plan.seconds)
    else:
        await client.as_fast(plan.connections, plan.seconds)
    return client.result


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--key", required=True)
    parser.add_argument("--seconds", type=float, default=10.0)
    parser.add_argument("--rate", type=float, default=0.0)
    parser.add_argument("--connections", type=int, required=True)
    parser.add_argument("--warm-up", type=int, default=50)
    parser.add_argument("--stream", action="store_true")
    plan = parser.parse_args()
    result = asyncio.run(measure(plan))
    document = {"first_s": result.first_s, "total_s": result.total_s, "failed": result.failed}
    sys.stdout.write(json.dumps(document))


if __name__ == "__main__":
    main()
