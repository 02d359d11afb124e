"""Redacts whole records before anything reaches the disk, with all that is configured."""

import hashlib
from collections.abc import Callable
from dataclasses import replace
from functools import lru_cache
from typing import Any

from understudy.capture.codec import decode_inference, encode_inference, map_texts, read_texts
from understudy.capture.presidio import load_presidio
from understudy.capture.redact import redact, redact_patterns
from understudy.config import Capture
from understudy.errors import InputError
from understudy.records import Feedback, FeedbackKind, Inference, Message, Prompt, Trace

# A function's system text is constant and the longest of all: redacted once, not every time.
KEPT_SYSTEM_TEXTS = 32


class Redactor:
    """Raises ConfigError for a configured redaction that is not installed."""

    def __init__(self, settings: Capture) -> None:
        passes: list[Callable[[str], str]] = [redact]
        if settings.redact_presidio:
            passes.append(load_presidio(settings.presidio_model, settings.presidio_min_score))
        self._passes = passes
        self._redact_system = lru_cache(KEPT_SYSTEM_TEXTS)(self.redact_text)

    def redact_payload(self, payload: bytes) -> bytes:
        """An encoded inference without secrets; what is no inference is passed on as it is."""
        try:
            if self._is_clean(payload):
                return payload
            inference = decode_inference(payload)
        except InputError:
            return payload
        return encode_inference(self.redact(inference))

    def _is_clean(self, payload: bytes) -> bool:
        """Nearly every record is, and then need not be taken apart and written anew."""
        system, others = read_texts(payload)
        return self._redact_system(system) == system and self.redact_text(others) == others

    def redact(self, inference: Inference) -> Inference:
        system = self._redact_system(inference.prompt.system)
        bare = replace(inference, prompt=replace(inference.prompt, system=""))
        rest = map_texts(bare, self.redact_text)
        prompt = replace(rest.prompt, system=system)
        return replace(rest, prompt=prompt, user=pseudonym(inference.user))

    def redact_trace(self, trace: Trace) -> Trace:
        messages = tuple(
            Message(one.role, self.redact_text(one.content)) for one in trace.prompt.messages
        )
        return replace(
            trace,
            prompt=Prompt(self._redact_system(trace.prompt.system), messages),
            thinking=self.redact_text(trace.thinking),
            answer=self.redact_text(trace.answer),
        )

    def redact_feedback(self, feedback: Feedback) -> Feedback:
        return replace(
            feedback,
            value=self._redact_value(feedback.kind, feedback.value),
            user=pseudonym(feedback.user),
        )

    def _redact_value(self, kind: FeedbackKind, value: Any) -> Any:
        """What a person wrote; numbers, names of items and ids stay."""
        if isinstance(value, str):
            return self.redact_text(value)
        if kind is FeedbackKind.DEMONSTRATION or kind is FeedbackKind.PREFERENCE:
            if isinstance(value, list):
                return [self._redact_value(kind, one) for one in value]
            if isinstance(value, dict):
                return {
                    name: one if name == "over" else self._redact_value(kind, one)
                    for name, one in value.items()
                }
        return value

    def redact_text(self, text: str) -> str:
        for redacted in self._passes:
            text = redacted(text)
        return text


def pseudonym(user: str) -> str:
    """An id that names a person in the open is hashed: users stay apart, and who knows the address
    can still find, and erase, what belongs to it. An opaque id stays."""
    if redact_patterns(user) == user:
        return user
    return f"user-{hashlib.sha256(user.encode('utf-8', 'replace')).hexdigest()[:16]}"
