"""The process that redacts: answers batch after batch until its server is gone. What the two say to each
other is written down here. Loads neither settings nor a server.
"""

import contextlib
import json
import os
import select
import signal
import socket
import struct
import sys
import time
from collections import deque
from dataclasses import dataclass

from understudy.errors import ConfigError
from understudy.redaction.batches import Fitting, Refusal, one_by_one
from understudy.redaction.records import Redactor

# It is ready, once.
READY = b"ready to redact\n"
# A batch: its number, how many records, of each its length, then all of them. The answer: the number
# again, then of each record what became of it, a length, and the record where it is not as it was.
HEAD, LENGTH, FATE = struct.Struct("<QI"), struct.Struct("<I"), struct.Struct("<cI")
UNCHANGED, CHANGED, REFUSED = b"=", b">", b"!"
# A child that works says so this often, by what it has done so far.
_SAY_S = 1.0
# How often a child that waits looks whether the server is still there: a copy of it (fork) would keep the
# connection open.
_LOOK_S = 1.0


@dataclass(frozen=True, slots=True)
class Passed:
    """The settings as they reach the process."""

    redact_presidio: bool
    presidio_model: str
    presidio_min_score: float


def main() -> None:
    """Answer batches until the server is gone, whatever signals its group is sent."""
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)
    wire, server = socket.socket(fileno=int(sys.argv[2])), int(sys.argv[3])
    # What is configured and not installed the server itself tells, or that it has ended.
    with contextlib.suppress(ConfigError, EOFError, OSError):
        fit = one_by_one(Redactor(Passed(**json.loads(sys.argv[4]))).redact_payload)
        wire.sendall(READY)
        while True:
            _answer_next(wire, server, fit)


def _answer_next(wire: socket.socket, server: int, fit: Fitting) -> None:
    batch, count = HEAD.unpack(_receive(wire, server, HEAD.size))
    lengths = list(LENGTH.iter_unpack(_receive(wire, server, LENGTH.size * count)))
    ready, said_at = [HEAD.pack(batch, count)], time.monotonic()
    payloads = deque(_receive(wire, server, length) for (length,) in lengths)
    while payloads:
        payload = payloads.popleft()
        ready += _fate(payload, fit([payload])[0])
        if time.monotonic() - said_at > _SAY_S:
            wire.sendall(b"".join(ready))
            ready, said_at = [], time.monotonic()
    wire.sendall(b"".join(ready))


def _fate(payload: bytes, fitted: bytes | Refusal) -> tuple[bytes, bytes]:
    if isinstance(fitted, Refusal):
        what, content = REFUSED, fitted.kind.encode()
    else:
        what, content = (UNCHANGED, b"") if fitted == payload else (CHANGED, fitted)
    return FATE.pack(what, len(content)), content


def _receive(wire: socket.socket, server: int, size: int) -> bytes:
    content = bytearray(size)
    rest = memoryview(content)
    while rest:
        if os.getppid() != server:
            raise EOFError("the server has ended")
        if speaks(wire, _LOOK_S):
            count = wire.recv_into(rest)
            if not count:
                raise EOFError("the server has closed")
            rest = rest[count:]
    return bytes(content)


def speaks(wire: socket.socket, within_s: float) -> bool:
    """Whether there is something to read, or the other side is gone. `select` ends at descriptor 1,023."""
    poll = select.poll()
    poll.register(wire, select.POLLIN)
    return bool(poll.poll(within_s * 1000))
