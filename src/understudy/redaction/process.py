"""Redacts in a process of its own: the one that answers requests would else share its interpreter with
it, and answer a third fewer (experiments 85).

Keeps nothing and never makes its caller wait for a process that is not there: what it does not give
back in time, whole and in order, is the caller's to redact.
"""

import contextlib
import json
import logging
import os
import select
import signal
import socket
import struct
import subprocess
import sys
import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Self

from understudy.errors import ConfigError
from understudy.redaction.batches import Fitting, Refusal, one_by_one
from understudy.redaction.records import Chosen, Redactor

logger = logging.getLogger(__name__)

# A batch: its number, how many records, of each its length, then all of them. The answer: the number
# again, of each record what became of it and a length, then what is not as it was.
_HEAD, _LENGTH, _FATE = struct.Struct("<QI"), struct.Struct("<I"), struct.Struct("<cI")
_UNCHANGED, _CHANGED, _REFUSED = b"=", b">", b"!"
# The same modules as here, and none that lies in the working directory by chance.
_BEGIN = (
    f"import json, sys; sys.path[:] = json.loads(sys.argv[1]); from {__name__} import main; main()"
)
_READY = b"ready to redact\n"
# What a redacted record may be longer by, for each of its bytes: "[redacted: …]" for a short secret.
_GROWTH = 8
# What a batch may take, and what its largest record may in silence: a text full of secrets takes a sixth of
# a second for each MB, Presidio a seventh for each kB.
_LEAST_S, _S_A_BYTE, _PRESIDIO_S_A_BYTE = 5.0, 2.5e-7, 5e-4
# A child that works says so this often, by what it has done so far.
_SAY_S = 1.0
_PIECE_BYTES = 65_536
_EXIT_S = 2.0
# Between two starts: a process that cannot live must not be started for every batch.
_PAUSE_S = 60.0
# How often a child that waits looks whether the server is still there: a copy of it (fork) would keep the
# connection open.
_LOOK_S = 1.0


@dataclass(frozen=True, slots=True)
class _Passed:
    """The settings as they reach the process."""

    redact_presidio: bool
    presidio_model: str
    presidio_min_score: float


@dataclass(slots=True)
class _Child:
    process: "subprocess.Popen[bytes]"
    wire: socket.socket
    s_a_byte: float
    number: int = 0
    is_ready: bool = False


class RedactionProcess:
    """Owns the process. Calls come from one thread at a time."""

    def __init__(self, chosen: Chosen, *, clock: Callable[[], float] = time.monotonic) -> None:
        passed = _Passed(chosen.redact_presidio, chosen.presidio_model, chosen.presidio_min_score)
        self._settings = json.dumps(asdict(passed))
        self._s_a_byte = _PRESIDIO_S_A_BYTE if chosen.redact_presidio else _S_A_BYTE
        self._clock = clock
        self._closed = False
        self._not_before = float("-inf")
        self._child: _Child | None = None

    def __enter__(self) -> Self:
        # It takes a moment to load, and the first record is to be on disk within a tenth of a second.
        self._start_if_due()
        return self

    def __exit__(self, *_: object) -> None:
        self._closed = True
        self._end(_EXIT_S)

    @property
    def pid(self) -> int | None:
        return None if self._child is None else self._child.process.pid

    def redact(self, payloads: Sequence[bytes]) -> list[bytes | Refusal] | None:
        """Encoded inferences without secrets; None where no process is there to do it now."""
        try:
            child = self._find_ready()
            return None if child is None else _ask(child, payloads)
        except Exception as error:  # noqa: BLE001 capture fails open, and without it too
            # Whatever it was, what is under way on the wire belongs to no batch any more.
            self._end()
            logger.warning(
                "the process that redacts was given up (%r): the server does it itself meanwhile, and "
                "answers fewer requests; see the memory and the processes it is allowed",
                error,
            )
            self._start_if_due()
            return None
        except BaseException:
            self._end()
            raise

    def _find_ready(self) -> _Child | None:
        child = self._child
        if child is None:
            self._start_if_due()
        elif child.is_ready:
            return child
        elif _speaks(child.wire, 0.0):
            if _Reader(child.wire, _LEAST_S, _LEAST_S).take(len(_READY)) != _READY:
                raise EOFError("it says something else than that it is ready")
            child.is_ready = True
            return child
        elif self._clock() >= self._not_before:
            raise TimeoutError(f"it is not ready after {_PAUSE_S:g} s")
        return None

    def _start_if_due(self) -> None:
        if self._closed or not sys.executable or self._clock() < self._not_before:
            return
        self._not_before = self._clock() + _PAUSE_S
        try:
            self._child = self._started()
        except (OSError, RuntimeError) as error:
            logger.warning("the process that redacts cannot be started (%s)", error)

    def _started(self) -> _Child:
        paths = json.dumps([path or str(Path.cwd()) for path in sys.path])
        own, others = socket.socketpair()
        with others:
            try:
                # A terminal's Ctrl-C is for the server, which writes the last records: another session.
                process = subprocess.Popen(
                    [
                        *(sys.executable, "-P", "-c", _BEGIN, paths),
                        *(str(others.fileno()), str(os.getpid()), self._settings),
                    ],
                    stdin=subprocess.DEVNULL,
                    stdout=subprocess.DEVNULL,
                    pass_fds=[others.fileno()],
                    start_new_session=True,
                )
            except BaseException:
                own.close()
                raise
        return _Child(process, own, self._s_a_byte)

    def _end(self, patience_s: float = 0.0) -> None:
        """Without patience it is killed: it may stand still."""
        child, self._child = self._child, None
        if child is None:
            return
        if not patience_s:
            child.process.kill()
        child.wire.close()
        with contextlib.suppress(subprocess.TimeoutExpired):
            child.process.wait(patience_s or _EXIT_S)
            return
        # It hangs in the kernel, or will not go: nobody waits longer.
        child.process.kill()
        with contextlib.suppress(subprocess.TimeoutExpired):
            child.process.wait(_EXIT_S)


def _ask(child: _Child, payloads: Sequence[bytes]) -> list[bytes | Refusal]:
    child.number += 1
    sizes = [len(payload) for payload in payloads]
    in_all_s = _LEAST_S + child.s_a_byte * sum(sizes)
    child.wire.settimeout(in_all_s)
    lengths = b"".join(map(_LENGTH.pack, sizes))
    child.wire.sendall(_HEAD.pack(child.number, len(payloads)) + lengths + b"".join(payloads))
    reader = _Reader(child.wire, _LEAST_S + child.s_a_byte * max(sizes, default=0), in_all_s)
    if _HEAD.unpack(reader.take(_HEAD.size)) != (child.number, len(payloads)):
        raise EOFError("it answers another batch")
    answers = [_next_answer(reader, payload) for payload in payloads]
    if reader.held:
        raise EOFError("it says more than it was asked")
    return answers


def _next_answer(reader: "_Reader", payload: bytes) -> bytes | Refusal:
    what, length = _FATE.unpack(reader.take(_FATE.size))
    if length > _GROWTH * (len(payload) + 1_000):
        raise EOFError("it answers with more than it can have been asked")
    return _answer(what, reader.take(length), payload)


def _answer(what: bytes, content: bytes, payload: bytes) -> bytes | Refusal:
    if what == _UNCHANGED and not content:
        return payload
    if what == _CHANGED:
        return content
    if what == _REFUSED:
        return Refusal(content.decode())
    raise EOFError("it answers what is no answer")


def _speaks(wire: socket.socket, within_s: float) -> bool:
    """Whether there is something to read, or the other side is gone. `select` ends at descriptor 1,023."""
    poll = select.poll()
    poll.register(wire, select.POLLIN)
    return bool(poll.poll(within_s * 1000))


class _Reader:
    """Takes what comes in large pieces: each wait lets another thread have the interpreter."""

    def __init__(self, wire: socket.socket, silence_s: float, in_all_s: float) -> None:
        self.held = bytearray()
        self._wire, self._silence_s = wire, silence_s
        self._until = time.monotonic() + in_all_s

    def take(self, size: int) -> bytes:
        while len(self.held) < size:
            left_s = self._until - time.monotonic()
            if left_s <= 0:
                raise TimeoutError("it takes too long")
            self._wire.settimeout(min(self._silence_s, left_s))
            piece = self._wire.recv(max(_PIECE_BYTES, size - len(self.held)))
            if not piece:
                raise EOFError("it has ended")
            self.held += piece
        content = bytes(self.held[:size])
        del self.held[:size]
        return content


def main() -> None:
    """Answer batches until the server is gone, whatever signals its group is sent."""
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)
    wire, server = socket.socket(fileno=int(sys.argv[2])), int(sys.argv[3])
    # What is configured and not installed the server itself tells, or that it has ended.
    with contextlib.suppress(ConfigError, EOFError, OSError):
        fit = one_by_one(Redactor(_Passed(**json.loads(sys.argv[4]))).redact_payload)
        wire.sendall(_READY)
        while True:
            _answer_next(wire, server, fit)


def _answer_next(wire: socket.socket, server: int, fit: Fitting) -> None:
    batch, count = _HEAD.unpack(_receive(wire, server, _HEAD.size))
    lengths = list(_LENGTH.iter_unpack(_receive(wire, server, _LENGTH.size * count)))
    ready, said_at = [_HEAD.pack(batch, count)], time.monotonic()
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
        what, content = _REFUSED, fitted.kind.encode()
    else:
        what, content = (_UNCHANGED, b"") if fitted == payload else (_CHANGED, fitted)
    return _FATE.pack(what, len(content)), content


def _receive(wire: socket.socket, server: int, size: int) -> bytes:
    content = bytearray(size)
    rest = memoryview(content)
    while rest:
        if os.getppid() != server:
            raise EOFError("the server has ended")
        if _speaks(wire, _LOOK_S):
            count = wire.recv_into(rest)
            if not count:
                raise EOFError("the server has closed")
            rest = rest[count:]
    return bytes(content)
