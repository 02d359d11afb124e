"""Redacts whole records before anything reaches the disk, with all that is configured."""

import hashlib
from collections.abc import Callable
from dataclasses import replace
from functools import lru_cache
from typing import Any, Protocol

from understudy.records import Feedback, Inference, Message, Prompt, Trace
from understudy.records.codec import decode_inference, encode_inference, map_texts, read_texts
from understudy.redaction.escapes import through_escapes
from understudy.redaction.presidio import load_presidio
from understudy.redaction.texts import redact, redact_patterns

# A function's system text is constant and the longest of all: redacted once, not every time.
KEPT_SYSTEM_TEXTS, _KEPT_CHARS = 32, 100_000


class Chosen(Protocol):
    """The settings of it; `config.capture` has them."""

    @property
    def redact_presidio(self) -> bool: ...
    @property
    def presidio_model(self) -> str: ...
    @property
    def presidio_min_score(self) -> float: ...


class Redactor:
    """Raises ConfigError for a configured redaction that is not installed."""

    def __init__(self, settings: Chosen) -> None:
        passes: list[Callable[[str], str]] = [redact]
        if settings.redact_presidio:
            presidio = load_presidio(settings.presidio_model, settings.presidio_min_score)
            passes.append(lambda text: through_escapes(text, presidio))
        self._passes = passes
        self._redact_kept = lru_cache(KEPT_SYSTEM_TEXTS)(self.redact_text)

    def redact_payload(self, payload: bytes) -> bytes:
        """An encoded inference without secrets. Raises InputError for what is none: nobody could
        take the secrets out of it."""
        return payload if self._is_clean(payload) else self._written_anew(payload)

    def _redact_system(self, text: str) -> str:
        return self._redact_kept(text) if len(text) <= _KEPT_CHARS else self.redact_text(text)

    def _written_anew(self, payload: bytes) -> bytes:
        return encode_inference(self.redact(decode_inference(payload)))

    def _is_clean(self, payload: bytes) -> bool:
        """Nearly every record is, and then need not be taken apart and written anew."""
        system, others, names = read_texts(payload)
        if self._redact_system(system) != system or redact_patterns(names) != names:
            return False
        text = "\n".join(others)
        # A backslash is read otherwise beside a quote, which may stand in another one of them.
        texts = others if "\\" in text else [text]
        return all(self.redact_text(one) == one for one in texts)

    def redact(self, inference: Inference) -> Inference:
        system = self._redact_system(inference.prompt.system)
        bare = replace(inference, prompt=replace(inference.prompt, system=""))
        rest = map_texts(bare, self.redact_text)
        prompt = replace(rest.prompt, system=system)
        user, episode = pseudonym(inference.user), pseudonym(inference.episode, "episode")
        return replace(rest, prompt=prompt, user=user, episode=episode)

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
        episode = feedback.episode
        return replace(
            feedback,
            id=pseudonym(feedback.id, "feedback"),
            name=redact_patterns(feedback.name),
            value=self._redact_value(feedback.value),
            episode=None if episode is None else pseudonym(episode, "episode"),
            user=pseudonym(feedback.user),
            key=pseudonym(feedback.key, "key"),
        )

    def _redact_value(self, value: Any) -> Any:
        """What a person wrote, wherever it stands; numbers, names of items and ids stay."""
        if isinstance(value, str):
            return self.redact_text(value)
        if isinstance(value, list):
            return [self._redact_value(one) for one in value]
        if isinstance(value, dict):
            return {
                redact_patterns(str(name)): self._redact_entry(name, one)
                for name, one in value.items()
            }
        return value

    def _redact_entry(self, name: Any, value: Any) -> Any:
        """An inference's id may look as random as a key."""
        is_id = name == "over" and isinstance(value, str)
        return redact_patterns(value) if is_id else self._redact_value(value)

    def redact_text(self, text: str) -> str:
        for redacted in self._passes:
            text = redacted(text)
        return text


def pseudonym(name: str, of: str = "user") -> str:
    """An id that names a person in the open is hashed: users, episodes stay apart, and who knows the
    address can still find, and erase, what belongs to it. An opaque id stays."""
    if redact_patterns(name) == name:
        return name
    return f"{of}-{hashlib.sha256(name.encode('utf-8', 'replace')).hexdigest()[:16]}"
