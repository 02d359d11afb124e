"""Redacts in a process of its own: the one that answers requests would else share its interpreter with
it, and answer a third fewer (experiments 85).

Keeps nothing: a batch that the process did not give back is redacted by the next one, or here.
"""

import contextlib
import json
import logging
import signal
import struct
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from typing import IO, Self

from understudy.redaction.batches import Fitting, Refusal, one_by_one
from understudy.redaction.records import Chosen, Redactor

logger = logging.getLogger(__name__)

# Before each record its length, before each answer its length and what it is.
_COUNT = struct.Struct("<I")
_ANSWER = struct.Struct("<cI")
_UNCHANGED, _CHANGED, _REFUSED = b"=", b">", b"!"
_EXIT_S = 2.0
# After the process could not be started, or has died with one batch twice.
_PAUSE_S = 60.0


@dataclass(frozen=True, slots=True)
class _Passed:
    """The settings as they reach the process."""

    redact_presidio: bool
    presidio_model: str
    presidio_min_score: float


class RedactionProcess:
    """Owns the process. Calls come from one thread at a time, and never raise."""

    def __init__(self, chosen: Chosen, *, clock: Callable[[], float] = time.monotonic) -> None:
        passed = _Passed(chosen.redact_presidio, chosen.presidio_model, chosen.presidio_min_score)
        self._command = [sys.executable, "-m", __name__, json.dumps(asdict(passed))]
        self._chosen = chosen
        self._clock = clock
        self._here: Fitting | None = None
        self._not_before = float("-inf")
        self._child: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        # Before the first record, which is to be on disk within a tenth of a second.
        with contextlib.suppress(OSError):
            self._start()
        return self

    def __exit__(self, *_: object) -> None:
        self._end()

    @property
    def pid(self) -> int | None:
        return None if self._child is None else self._child.pid

    def redact(self, payloads: Sequence[bytes]) -> Sequence[bytes | Refusal]:
        """As a Fitting: encoded inferences, without secrets."""
        if self._clock() < self._not_before:
            return self._redact_here(payloads)
        try:
            return self._ask(payloads)
        except (OSError, EOFError):
            # It was killed, perhaps for another one's hunger: no reason to do without.
            self._end()
        try:
            return self._ask(payloads)
        except (OSError, EOFError) as error:
            self._end()
            self._not_before = self._clock() + _PAUSE_S
            logger.warning(
                "the process that redacts does not run (%s); for a minute the server does it itself, "
                "and answers fewer requests: see its memory limit, and how many processes it may start",
                error,
            )
            return self._redact_here(payloads)

    def _redact_here(self, payloads: Sequence[bytes]) -> Sequence[bytes | Refusal]:
        if self._here is None:
            self._here = one_by_one(Redactor(self._chosen).redact_payload)
        return self._here(payloads)

    def _ask(self, payloads: Sequence[bytes]) -> list[bytes | Refusal]:
        child = self._child or self._start()
        if child.stdin is None or child.stdout is None:
            raise EOFError("it has no pipes")
        child.stdin.write(_packed(payloads))
        child.stdin.flush()
        return [_answer(child.stdout, payload) for payload in payloads]

    def _start(self) -> "subprocess.Popen[bytes]":
        # In a session of its own: a terminal's Ctrl-C is for the server, which writes the last records.
        self._child = subprocess.Popen(
            self._command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, start_new_session=True
        )
        return self._child

    def _end(self) -> None:
        child, self._child = self._child, None
        if child is None:
            return
        for pipe in filter(None, (child.stdin, child.stdout)):
            # What is still to be written has no reader any more.
            with contextlib.suppress(OSError):
                pipe.close()
        try:
            child.wait(_EXIT_S)
        except subprocess.TimeoutExpired:
            child.kill()
            child.wait()


def _packed(payloads: Sequence[bytes]) -> bytes:
    parts = [_COUNT.pack(len(payloads))]
    for payload in payloads:
        parts += (_COUNT.pack(len(payload)), payload)
    return b"".join(parts)


def _answer(given: IO[bytes], payload: bytes) -> bytes | Refusal:
    what, size = _ANSWER.unpack(_read(given, _ANSWER.size))
    content = _read(given, size)
    if what == _REFUSED:
        return Refusal(content.decode())
    return content if what == _CHANGED else payload


def _read(pipe: IO[bytes], size: int) -> bytes:
    content = pipe.read(size)
    if len(content) < size:
        raise EOFError("it has ended")
    return content


def main(settings: str) -> None:
    """Answer batches until standard input ends, whatever signals the server's group is sent."""
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)
    fit = one_by_one(Redactor(_Passed(**json.loads(settings))).redact_payload)
    given, answers = sys.stdin.buffer, sys.stdout.buffer
    with contextlib.suppress(EOFError, BrokenPipeError):
        while True:
            count = _COUNT.unpack(_read(given, _COUNT.size))[0]
            payloads = [_read(given, _COUNT.unpack(_read(given, 4))[0]) for _ in range(count)]
            for payload, fitted in zip(payloads, fit(payloads), strict=True):
                _write(answers, payload, fitted)
            answers.flush()


def _write(answers: IO[bytes], payload: bytes, fitted: bytes | Refusal) -> None:
    if isinstance(fitted, Refusal):
        what, content = _REFUSED, fitted.kind.encode()
    else:
        what, content = (_UNCHANGED, b"") if fitted == payload else (_CHANGED, fitted)
    answers.write(_ANSWER.pack(what, len(content)) + content)


if __name__ == "__main__":
    main(sys.argv[1])
