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
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import IO, Self

from understudy.redaction.batches import Refusal, one_by_one
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
# Longest silence; a large record that is full of secrets takes a sixth of a second for each MB.
_SILENCE_S, _SILENCE_S_A_BYTE = 5.0, 1e-6
_EXIT_S = 2.0
# Between two starts: a process that cannot live must not be started for every batch.
_PAUSE_S = 60.0
# How often a child without work looks whether the server is still there: a copy of it (fork) would keep
# the connection open.
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
    number: int = 0
    is_ready: bool = False


class RedactionProcess:
    """Owns the process. Calls come from one thread at a time."""

    def __init__(self, chosen: Chosen, *, clock: Callable[[], float] = time.monotonic) -> None:
        passed = _Passed(chosen.redact_presidio, chosen.presidio_model, chosen.presidio_min_score)
        self._settings = json.dumps(asdict(passed))
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
            if _read(child.wire, len(_READY)) != _READY:
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
        paths = json.dumps([path or str(Path.cwd()) for path in sys.path])
        own, others = socket.socketpair()
        own.settimeout(_SILENCE_S)
        try:
            # A terminal's Ctrl-C is for the server, which writes the last records: another session.
            process = subprocess.Popen(
                [sys.executable, "-P", "-c", _BEGIN, paths, str(others.fileno()), self._settings],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                pass_fds=[others.fileno()],
                start_new_session=True,
            )
        except OSError as error:
            own.close()
            logger.warning("the process that redacts cannot be started (%s)", error)
            return
        finally:
            others.close()
        self._child = _Child(process, own)

    def _end(self, patience_s: float = 0.0) -> None:
        """Without patience it is killed: it may stand still."""
        child, self._child = self._child, None
        if child is None:
            return
        if not patience_s:
            child.process.kill()
        child.wire.close()
        try:
            child.process.wait(patience_s or None)
        except subprocess.TimeoutExpired:
            child.process.kill()
            child.process.wait()


def _ask(child: _Child, payloads: Sequence[bytes]) -> list[bytes | Refusal]:
    child.number += 1
    size = sum(map(len, payloads))
    child.wire.settimeout(_SILENCE_S + _SILENCE_S_A_BYTE * size)
    lengths = b"".join(_LENGTH.pack(len(payload)) for payload in payloads)
    child.wire.sendall(_HEAD.pack(child.number, len(payloads)) + lengths + b"".join(payloads))
    if _HEAD.unpack(_read(child.wire, _HEAD.size)) != (child.number, len(payloads)):
        raise EOFError("it answers another batch")
    fates = list(_FATE.iter_unpack(_read(child.wire, _FATE.size * len(payloads))))
    if sum(length for _, length in fates) > _GROWTH * (size + 1_000):
        raise EOFError("it answers with more than it can have been asked")
    return [
        _answer(what, _read(child.wire, length), payload)
        for (what, length), payload in zip(fates, payloads, strict=True)
    ]


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


def _read(wire: socket.socket, size: int) -> bytes:
    content = bytearray(size)
    rest = memoryview(content)
    while rest:
        count = wire.recv_into(rest)
        if not count:
            raise EOFError("it has ended")
        rest = rest[count:]
    return bytes(content)


def main() -> None:
    """Answer batches until the server is gone, whatever signals its group is sent."""
    wire, settings = socket.socket(fileno=int(sys.argv[2])), sys.argv[3]
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)
    server = os.getppid()
    fit = one_by_one(Redactor(_Passed(**json.loads(settings))).redact_payload)
    with wire.makefile("rb") as given, contextlib.suppress(EOFError, OSError):
        wire.sendall(_READY)
        while os.getppid() == server:
            if _speaks(wire, _LOOK_S):
                batch, payloads = _next_batch(given)
                wire.sendall(b"".join(_answers(batch, payloads, fit(payloads))))


def _next_batch(given: IO[bytes]) -> tuple[int, list[bytes]]:
    number, count = _HEAD.unpack(_take(given, _HEAD.size))
    lengths = [length for (length,) in _LENGTH.iter_unpack(_take(given, _LENGTH.size * count))]
    return number, [_take(given, length) for length in lengths]


def _answers(
    number: int, payloads: Sequence[bytes], fitted: Sequence[bytes | Refusal]
) -> Iterator[bytes]:
    contents = []
    yield _HEAD.pack(number, len(payloads))
    for payload, one in zip(payloads, fitted, strict=True):
        if isinstance(one, Refusal):
            what, content = _REFUSED, one.kind.encode()
        else:
            what, content = (_UNCHANGED, b"") if one == payload else (_CHANGED, one)
        yield _FATE.pack(what, len(content))
        contents.append(content)
    yield from contents


def _take(given: IO[bytes], size: int) -> bytes:
    content = given.read(size)
    if len(content) < size:
        raise EOFError("the server has ended")
    return content
