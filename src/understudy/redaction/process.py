"""Has redaction done in a process of its own (child.py): the one that answers requests would else share
its interpreter with it, and answer a third fewer (experiments 85).

Keeps nothing and never makes its caller wait for a process that is not there: what it does not give
back in time, whole and in order, is the caller's to redact.
"""

import contextlib
import json
import logging
import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Self

from understudy.redaction.batches import Refusal
from understudy.redaction.child import (
    CHANGED,
    FATE,
    HEAD,
    LENGTH,
    READY,
    REFUSED,
    UNCHANGED,
    Passed,
    speaks,
)
from understudy.redaction.records import Chosen

logger = logging.getLogger(__name__)

# This package from where it was found, and (-P) nothing that lies beside an application by chance.
_ROOT = Path(__file__).resolve().parents[2]
_BEGIN = (
    f"import sys; sys.path.insert(0, sys.argv[1]); from {Passed.__module__} import main; main()"
)
# What a redacted record may be longer by, for each of its bytes: "[redacted: …]" for a short secret.
_GROWTH = 8
# What a batch may take, and what its largest record may in silence: a text full of secrets takes a sixth of
# a second for each MB, Presidio a seventh for each kB.
_LEAST_S, _S_A_BYTE, _PRESIDIO_S_A_BYTE = 5.0, 2.5e-7, 5e-4
_PIECE_BYTES = 65_536
_EXIT_S = 2.0
# Between two starts: a process that cannot live must not be started for every batch.
_PAUSE_S = 60.0


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
        passed = Passed(chosen.redact_presidio, chosen.presidio_model, chosen.presidio_min_score)
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
        elif speaks(child.wire, 0.0):
            if _Reader(child.wire, _LEAST_S, _LEAST_S).take(len(READY)) != READY:
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
        own, others = socket.socketpair()
        with others:
            try:
                # A terminal's Ctrl-C is for the server, which writes the last records: another session.
                process = subprocess.Popen(
                    [
                        *(sys.executable, "-P", "-c", _BEGIN, str(_ROOT)),
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
    lengths = b"".join(map(LENGTH.pack, sizes))
    child.wire.sendall(HEAD.pack(child.number, len(payloads)) + lengths + b"".join(payloads))
    reader = _Reader(child.wire, _LEAST_S + child.s_a_byte * max(sizes, default=0), in_all_s)
    if HEAD.unpack(reader.take(HEAD.size)) != (child.number, len(payloads)):
        raise EOFError("it answers another batch")
    answers = [_next_answer(reader, payload) for payload in payloads]
    if reader.held:
        raise EOFError("it says more than it was asked")
    return answers


def _next_answer(reader: "_Reader", payload: bytes) -> bytes | Refusal:
    what, length = FATE.unpack(reader.take(FATE.size))
    if length > _GROWTH * (len(payload) + 1_000):
        raise EOFError("it answers with more than it can have been asked")
    return _answer(what, reader.take(length), payload)


def _answer(what: bytes, content: bytes, payload: bytes) -> bytes | Refusal:
    if what == UNCHANGED and not content:
        return payload
    if what == CHANGED:
        return content
    if what == REFUSED:
        return Refusal(content.decode())
    raise EOFError("it answers what is no answer")


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
