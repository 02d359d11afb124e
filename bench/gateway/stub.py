"""An upstream that costs next to nothing: chat completions of a fixed answer, whole or streamed.

Run as a program it prints its port. `"stream":true` in the body brings server-sent events, the
first at once and the rest a moment later.
"""

import asyncio
import json
import sys

ANSWER = ("The mean of pump 3 is 3.1 mm/s and within its limits. " * 40)[:1_700]
PIECES = 8
PAUSE_S = 0.01
_USAGE = {"prompt_tokens": 500, "completion_tokens": 420, "total_tokens": 920}
_HEAD = {"id": "chatcmpl-1", "created": 1_700_000_000, "model": "stub"}


def whole() -> bytes:
    message = {"role": "assistant", "content": ANSWER}
    choice = {"index": 0, "message": message, "finish_reason": "stop"}
    document = {**_HEAD, "object": "chat.completion", "choices": [choice], "usage": _USAGE}
    body = json.dumps(document).encode()
    head = (
        f"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


def events() -> list[bytes]:
    head = (
        b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n"
    )
    size = len(ANSWER) // PIECES
    deltas = [{"role": "assistant", "content": ""}]
    deltas += [{"content": ANSWER[at : at + size]} for at in range(0, len(ANSWER), size)]
    parts = [_event({"index": 0, "delta": delta, "finish_reason": None}) for delta in deltas]
    end = _event({"index": 0, "delta": {}, "finish_reason": "stop"}, usage=_USAGE)
    last = b"".join([*parts[1:], end, _chunk(b"data: [DONE]\n\n"), b"0\r\n\r\n"])
    return [head + parts[0], last]


def _event(choice: dict[str, object], **more: object) -> bytes:
    document = {**_HEAD, "object": "chat.completion.chunk", "choices": [choice], **more}
    return _chunk(b"data: " + json.dumps(document).encode() + b"\n\n")


def _chunk(data: bytes) -> bytes:
    return f"{len(data):x}\r\n".encode() + data + b"\r\n"


WHOLE = whole()
FIRST, REST = events()


class Upstream(asyncio.Protocol):
    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        self._seen = b""

    def data_received(self, data: bytes) -> None:
        self._seen += data
        while (end := self._seen.find(b"\r\n\r\n")) >= 0:
            head = self._seen[:end].lower()
            length = int(head.partition(b"content-length:")[2].partition(b"\r")[0] or 0)
            if len(self._seen) < end + 4 + length:
                return
            body = self._seen[end + 4 : end + 4 + length]
            self._seen = self._seen[end + 4 + length :]
            self._answer(streamed=b'"stream":true' in body.replace(b" ", b""))

    def _answer(self, *, streamed: bool) -> None:
        if not streamed:
            self._transport.write(WHOLE)
            return
        self._transport.write(FIRST)
        asyncio.get_running_loop().call_later(PAUSE_S, self._transport.write, REST)


async def serve() -> None:
    server = await asyncio.get_running_loop().create_server(Upstream, "127.0.0.1", 0)
    sys.stdout.write(f"{server.sockets[0].getsockname()[1]}\n")
    sys.stdout.flush()
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(serve())
