"""Anthropic's Messages format: requests and answers read and written. Routes and calls nothing.

Keeps what it does not know, apart from the answer. It drops the signature of a thinking block and the
content of a redacted one: only their maker can read them, and nothing can be learned from them.
"""

from collections.abc import Iterable, Iterator
from typing import Any

import orjson

from understudy.errors import UpstreamError
from understudy.records import Completion, Message, Prompt, ReasoningKind, Usage
from understudy.wire.makers import reasoning_kind
from understudy.wire.messages import (
    WireRequest,
    besides,
    fields_of,
    list_messages,
    load_answer,
    load_object,
    read_events,
    sorted_json,
    standing_in_answer,
    text_of,
    whole_number,
    with_text,
    write_event,
)

PATH = "/v1/messages"
# An event of any other kind is kept as it came. These only mark the stream.
_MARKS = frozenset({"ping", "content_block_stop", "message_stop"})
_READ_FIELDS = {
    "text": frozenset({"type", "text"}),
    "thinking": frozenset({"type", "thinking", "signature"}),
    "redacted_thinking": frozenset({"type", "data"}),
}


def parse_request(body: bytes) -> WireRequest:
    """Raises InputError when the body is no Messages request."""
    document = load_object(body, "request")
    system, text_only = text_of(document.get("system"))
    messages = []
    for message in list_messages(document):
        content, plain = text_of(message.get("content"))
        text_only = text_only and plain
        messages.append(Message(message["role"], content))
    return WireRequest(
        prompt=Prompt(system, tuple(messages)),
        model=str(document.get("model", "")),
        max_tokens=whole_number(document.get("max_tokens")),
        stream=document.get("stream") is True,
        text_only=text_only and not (document.get("tools") or document.get("mcp_servers")),
        shows_thinking=_shows_thinking(document.get("thinking")),
        fields=_fields(document),
    )


def _fields(document: dict[str, Any]) -> frozenset[str] | None:
    """Structured outputs stand in `output_config.format`; their beta had them in `output_format`."""
    form = _object(document, "output_config").get("format") or document.get("output_format")
    return fields_of(form.get("schema")) if isinstance(form, dict) else None


def parse_response(body: bytes) -> Completion:
    """Raises UpstreamError when the body is no message."""
    message = load_answer(body, "answer")
    if not isinstance(message.get("content"), list):
        raise UpstreamError("the upstream's answer has no content; check teacher.base_url")
    return build_completion(message, message["content"], str(message.get("stop_reason") or ""))


def parse_stream(chunks: Iterable[bytes] | bytes) -> Completion:
    """What a stream said so far; `stop_reason` is empty when it broke off, `error` on an error."""
    message: dict[str, Any] = {}
    usage: dict[str, Any] = {}
    blocks: dict[Any, dict[str, Any]] = {}
    unknown: list[str] = []
    stop_reason = ""
    for event in read_events(chunks):
        kind = event.get("type")
        if kind == "message_start":
            message = _object(event, "message")
            usage.update(_object(message, "usage"))
        elif kind == "content_block_start":
            blocks[event.get("index")] = dict(_object(event, "content_block"))
        elif kind == "content_block_delta":
            _extend(blocks.setdefault(event.get("index"), {}), _object(event, "delta"))
        elif kind == "message_delta":
            usage.update(_object(event, "usage"))
            stop_reason = str(_object(event, "delta").get("stop_reason") or stop_reason)
        elif kind == "error":
            stop_reason = "error"
        elif kind not in _MARKS:
            unknown.append(sorted_json(event))
    whole = {**message, "usage": usage}
    return build_completion(whole, list(blocks.values()), stop_reason, unknown)


def render_request(
    prompt: Prompt, model: str, max_tokens: int, *, thinking: int | None = None
) -> bytes:
    """`thinking` is the budget in tokens of extended thinking; None leaves it off."""
    document: dict[str, Any] = {
        "model": model,
        "max_tokens": max_tokens,
        "messages": [{"role": m.role, "content": m.content} for m in prompt.messages],
    }
    if prompt.system:
        document["system"] = prompt.system
    if thinking is not None:
        document["thinking"] = {"type": "enabled", "budget_tokens": thinking}
    return orjson.dumps(document)


def render_response(completion: Completion, model: str, inference_id: str) -> bytes:
    return orjson.dumps(
        {
            "id": f"msg_{inference_id}",
            "type": "message",
            "role": "assistant",
            "model": completion.model or model,
            "content": _blocks(completion),
            "stop_reason": completion.stop_reason,
            "stop_sequence": None,
            "usage": _usage(completion.usage),
        }
    )


def render_stream(completion: Completion, model: str, inference_id: str) -> Iterator[bytes]:
    start = orjson.loads(render_response(completion, model, inference_id))
    start |= {"content": [], "stop_reason": None}
    start["usage"] = {**start["usage"], "output_tokens": 0}
    yield _event("message_start", message=start)
    for index, block in enumerate(_blocks(completion)):
        kind = block["type"]
        empty = {**block, kind: ""}
        yield _event("content_block_start", index=index, content_block=empty)
        delta = {"type": f"{kind}_delta", kind: block[kind]}
        yield _event("content_block_delta", index=index, delta=delta)
        yield _event("content_block_stop", index=index)
    yield _event(
        "message_delta",
        delta={"stop_reason": completion.stop_reason, "stop_sequence": None},
        usage={"output_tokens": completion.usage.output_tokens},
    )
    yield _event("message_stop")


def replace_answer(body: bytes, answer: str, shown: str) -> bytes | None:
    """A message whose one text is the answer, with another text in its place; else None."""
    message = load_answer(body, "answer")
    texts = [block for block in message["content"] if block.get("type") == "text"]
    if [block.get("text") for block in texts] != [answer]:
        return None
    texts[0]["text"] = shown
    return orjson.dumps(message)


def replace_system(body: bytes, system: str, other: str) -> bytes | None:
    """A request whose one system text is this one, with another in its place; else None."""
    document = load_object(body, "request")
    replaced = with_text(document.get("system"), system, other)
    return None if replaced is None else orjson.dumps({**document, "system": replaced})


def render_error(message: str, kind: str) -> bytes:
    return orjson.dumps({"type": "error", "error": {"type": kind, "message": message}})


def build_completion(
    message: dict[str, Any],
    blocks: list[dict[str, Any]],
    stop_reason: str,
    unknown: Iterable[str] = (),
) -> Completion:
    """A message's blocks and usage as one record, whichever way they came."""
    answer: list[str] = []
    thinking: list[str] = []
    aside = list(unknown)
    kinds = set()
    for block in blocks:
        kind = str(block.get("type") or "")
        kinds.add(kind)
        if kind == "thinking":
            thinking.append(str(block.get("thinking", "")))
        elif kind == "text":
            answer.append(str(block.get("text", "")))
        elif kind != "redacted_thinking":
            answer.append(sorted_json(block))
            aside.append(standing_in_answer(kind))
        if len(block) > 2 and kind in _READ_FIELDS:
            aside += besides(block, _READ_FIELDS[kind])
    model = str(message.get("model", ""))
    thought = "\n".join(thinking)
    usage = _object(message, "usage")
    cached = ("cache_creation_input_tokens", "cache_read_input_tokens")
    return Completion(
        answer="".join(answer),
        thinking=thought or None,
        reasoning_kind=_reasoning_kind(thought, "redacted_thinking" in kinds, model),
        stop_reason=stop_reason,
        usage=Usage(
            sum(whole_number(usage.get(name)) for name in ("input_tokens", *cached)),
            whole_number(usage.get("output_tokens")),
        ),
        model=model,
        aside="\n".join(aside),
    )


def _reasoning_kind(thought: str, redacted: bool, model: str) -> ReasoningKind:
    return ReasoningKind.REDACTED if redacted and not thought else reasoning_kind(thought, model)


def _extend(block: dict[str, Any], delta: dict[str, Any]) -> None:
    """A delta of no known kind is kept whole, in its block."""
    kind = str(delta.get("type", "")).removesuffix("_delta")
    field = {"input_json": "partial_json"}.get(kind, kind)
    addition, before = delta.get(field), block.get(field)
    if isinstance(addition, str):
        block.setdefault("type", kind)
        block[field] = (before if isinstance(before, str) else "") + addition
    elif kind == "citations":
        # Where a message that comes whole has them.
        _append(block, "citations", delta.get("citation"))
    else:
        _append(block, "deltas", delta)


def _append(block: dict[str, Any], name: str, value: Any) -> None:
    held = block.get(name)
    block[name] = [*held, value] if isinstance(held, list) else [value]


def _shows_thinking(asked: Any) -> bool:
    kind = asked.get("type") if isinstance(asked, dict) else None
    return kind not in (None, "disabled") and asked.get("display") != "omitted"


def _object(parent: dict[str, Any], name: str) -> dict[str, Any]:
    value = parent.get(name)
    return value if isinstance(value, dict) else {}


def _blocks(completion: Completion) -> list[dict[str, Any]]:
    blocks: list[dict[str, Any]] = []
    if completion.thinking:
        blocks.append({"type": "thinking", "thinking": completion.thinking, "signature": ""})
    blocks.append({"type": "text", "text": completion.answer})
    return blocks


def _usage(usage: Usage) -> dict[str, int]:
    return {"input_tokens": usage.input_tokens, "output_tokens": usage.output_tokens}


def _event(kind: str, **fields: Any) -> bytes:
    return write_event({"type": kind, **fields}, kind)
