"""Records to redact, and the process that does it."""

import os
from collections.abc import Iterator, Sequence

import psutil
from record_builders import make_completion, make_inference

from understudy.config import Capture
from understudy.records.codec import decode_inference, encode_inference
from understudy.redaction.batches import Refusal, one_by_one
from understudy.redaction.process import RedactionProcess
from understudy.redaction.records import Redactor

SECRET = "write to anna.berg@example.com"
CHOSEN = Capture()
HERE = one_by_one(Redactor(CHOSEN).redact_payload)


def encoded(answer: str, number: int = 0) -> bytes:
    completion = make_completion(answer=answer)
    return encode_inference(make_inference(id=f"id-{number}", completion=completion))


def answer_of(fitted: bytes | Refusal) -> str:
    assert isinstance(fitted, bytes)
    return decode_inference(fitted).completion.answer


def open_process(now: list[float]) -> Iterator[RedactionProcess]:
    with RedactionProcess(CHOSEN, clock=lambda: now[0]) as opened:
        yield opened


def redacted(opened: RedactionProcess, batch: Sequence[bytes]) -> Sequence[bytes | Refusal]:
    """By the process, once it is ready."""
    while (found := opened.redact(batch)) is None:
        os.sched_yield()
    return found


def child_of(opened: RedactionProcess) -> psutil.Process:
    redacted(opened, [])
    assert opened.pid is not None
    return psutil.Process(opened.pid)
