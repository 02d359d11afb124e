"""An inference as one JSON record for the spool, and back. Refuses a record it cannot read whole."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import orjson

from understudy.errors import InputError
from understudy.records import (
    Completion,
    Inference,
    InferenceStatus,
    Message,
    Prompt,
    PromptVersion,
    Ranking,
    ReasoningKind,
    TokenConfidence,
    Usage,
    Variant,
)

MAX_COUNT = 2**63


def encode_inference(inference: Inference) -> bytes:
    """Compact JSON. A lone surrogate (broken input, not text) is written as U+FFFD."""
    try:
        return orjson.dumps(_plain(inference))
    except TypeError:
        return orjson.dumps(_plain(map_texts(inference, _valid)))


def decode_inference(payload: bytes) -> Inference:
    """Raises InputError for anything that encode_inference did not write."""
    try:
        return _inference(orjson.loads(payload))
    except (KeyError, TypeError, ValueError, AttributeError, OverflowError) as error:
        raise InputError(
            f"a spooled record cannot be read ({error}); it was quarantined"
        ) from error


def id_of(payload: bytes) -> str:
    """Of an encoded inference, whether the rest of it can be read or not; empty for what is none."""
    try:
        return str(orjson.loads(payload)["id"])
    except (KeyError, TypeError, ValueError):
        return ""


def read_texts(payload: bytes) -> tuple[str, list[str], str]:
    """The system prompt of an encoded inference; every other text that a person or a model wrote;
    the names it goes by, a line each. Raises InputError for anything that encode_inference did not
    write."""
    try:
        plain = orjson.loads(payload)
        turns = (content for _, content in plain["messages"])
        said = (plain["answer"], plain["thinking"] or "", plain.get("aside") or "")
        others = [*turns, *said, plain["error"]]
        return plain["system"], others, f"{plain['user']}\n{plain['episode']}"
    except (KeyError, TypeError, ValueError) as error:
        raise InputError(f"a record cannot be read ({error})") from error


def map_texts(inference: Inference, change: Callable[[str], str]) -> Inference:
    """The inference with every text that a person or a model wrote passed through `change`."""
    prompt, completion = inference.prompt, inference.completion
    return replace(
        inference,
        user=change(inference.user),
        prompt=Prompt(
            change(prompt.system),
            tuple(Message(message.role, change(message.content)) for message in prompt.messages),
        ),
        completion=replace(
            completion,
            answer=change(completion.answer),
            thinking=None if completion.thinking is None else change(completion.thinking),
            aside=change(completion.aside),
        ),
        error=change(inference.error),
    )


def _valid(text: str) -> str:
    return text.encode("utf-8", "replace").decode()


def _plain(inference: Inference) -> dict[str, Any]:
    completion, usage = inference.completion, inference.completion.usage
    fallback = inference.fallback_from
    return {
        "id": inference.id,
        "function": inference.function,
        "episode": inference.episode,
        "user": inference.user,
        "variant": str(inference.variant),
        "propensity": inference.propensity,
        "system": inference.prompt.system,
        "messages": [[message.role, message.content] for message in inference.prompt.messages],
        "answer": completion.answer,
        "thinking": completion.thinking,
        "reasoning_kind": completion.reasoning_kind.value,
        "stop_reason": completion.stop_reason,
        "usage": [usage.input_tokens, usage.output_tokens],
        "model": completion.model,
        "confidence": None if completion.confidence is None else completion.confidence.plain(),
        "aside": completion.aside,
        "status": inference.status.value,
        "latency_s": inference.latency_s,
        "cost_usd": inference.cost_usd,
        "prompt_hash": inference.prompt_hash,
        "config_hash": inference.config_hash,
        "created_at": inference.created_at,
        "fallback_from": None if fallback is None else str(fallback),
        "error": inference.error,
        "shadow": inference.shadow,
        "ranking": None if inference.ranking is None else inference.ranking.plain(),
        "prompt_version": None
        if inference.prompt_version is None
        else inference.prompt_version.plain(),
    }


def _inference(plain: dict[str, Any]) -> Inference:
    fallback = plain["fallback_from"]
    return Inference(
        id=_text(plain, "id"),
        function=_text(plain, "function"),
        episode=_text(plain, "episode"),
        user=_text(plain, "user"),
        variant=Variant.parse(plain["variant"]),
        propensity=float(plain["propensity"]),
        prompt=Prompt(_text(plain, "system"), tuple(Message(*turn) for turn in plain["messages"])),
        completion=Completion(
            answer=_text(plain, "answer"),
            thinking=None if plain["thinking"] is None else _text(plain, "thinking"),
            reasoning_kind=ReasoningKind(plain["reasoning_kind"]),
            stop_reason=_text(plain, "stop_reason"),
            usage=Usage(*(_count(count) for count in plain["usage"])),
            model=_text(plain, "model"),
            confidence=TokenConfidence.read(plain.get("confidence")),
            aside=str(plain.get("aside") or ""),
        ),
        status=InferenceStatus(plain["status"]),
        latency_s=float(plain["latency_s"]),
        cost_usd=float(plain["cost_usd"]),
        prompt_hash=_text(plain, "prompt_hash"),
        config_hash=_text(plain, "config_hash"),
        created_at=float(plain["created_at"]),
        fallback_from=None if fallback is None else Variant.parse(fallback),
        error=_text(plain, "error"),
        shadow=bool(plain["shadow"]),
        # A record that an earlier version spooled has none.
        ranking=Ranking.read(plain.get("ranking")),
        prompt_version=PromptVersion.read(plain.get("prompt_version")),
    )


def _text(plain: dict[str, Any], name: str) -> str:
    # Strict: the store would refuse a null, and one refused record would hold up its segment.
    value = plain[name]
    if not isinstance(value, str):
        raise TypeError(f"{name} is no text")
    return value


def _count(value: Any) -> int:
    # An upstream may report nonsense, and SQLite refuses an integer beyond 64 bits.
    count = int(value)
    if not 0 <= count < MAX_COUNT:
        raise ValueError(f"{count} is no number of tokens")
    return count
