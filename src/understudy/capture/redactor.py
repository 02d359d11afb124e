"""Redacts whole inferences, as each writer thread does before anything reaches the disk."""

from dataclasses import replace
from functools import lru_cache

from understudy.capture.codec import decode_inference, encode_inference, map_texts
from understudy.capture.redact import redact
from understudy.errors import InputError
from understudy.records import Inference

# A function's system text is constant and the longest of all: redacted once, not every time.
KEPT_SYSTEM_TEXTS = 32


class Redactor:
    def __init__(self) -> None:
        self._redact_system = lru_cache(KEPT_SYSTEM_TEXTS)(redact)

    def redact_payload(self, payload: bytes) -> bytes:
        """An encoded inference without secrets; what is no inference is passed on as it is."""
        try:
            inference = decode_inference(payload)
        except InputError:
            return payload
        return encode_inference(self.redact(inference))

    def redact(self, inference: Inference) -> Inference:
        system = self._redact_system(inference.prompt.system)
        rest = map_texts(replace(inference, prompt=replace(inference.prompt, system="")), redact)
        return replace(rest, prompt=replace(rest.prompt, system=system))
