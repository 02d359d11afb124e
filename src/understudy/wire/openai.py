"""OpenAI's chat completions format (llama.cpp, vLLM, OpenAI): read and written. Calls nothing.

Stop reasons are given in one vocabulary for every format: Anthropic's.
"""

import uuid
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import orjson

from understudy.errors import UpstreamError
from understudy.records import Completion, Message, Prompt, Usage
from understudy.wire.logprobs import read_logprobs, token_confidence
from understudy.wire.makers import reasoning_kind
from understudy.wire.messages import (
    WireRequest,
    list_messages,
    load_answer,
    load_object,
    read_events,
    text_of,
    whole_number,
    with_text,
    write_event,
)
from understudy.wire.thinking import split_thinking

PATH = "/v1/chat/completions"
_STOP_REASONS = {
    "stop": "end_turn",
    "length": "max_tokens",
    "content_filter": "refusal",
    "tool_calls": "tool_use",
}
_SYSTEM_ROLES = ("system", "developer")
_FINISH_REASONS = {reason: name for name, reason in _STOP_REASONS.items()}


def parse_request(body: bytes) -> WireRequest:
    """Raises InputError when the body is no chat completions request."""
    document = load_object(body, "request")
    system, messages, text_only = [], [], True
    for message in list_messages(document):
        content, plain = text_of(message.get("content"))
        text_only = text_only and plain and not message.get("tool_calls")
        if message["role"] in _SYSTEM_ROLES:
            system.append(content)
        else:
            messages.append(Message(message["role"], content))
    limit = document.get("max_completion_tokens", document.get("max_tokens"))
    return WireRequest(
        prompt=Prompt("\n\n".join(system), tuple(messages)),
        model=str(document.get("model", "")),
        max_tokens=whole_number(limit),
        stream=document.get("stream") is True,
        text_only=text_only and not document.get("tools"),
    )


def parse_response(body: bytes) -> Completion:
    """Raises UpstreamError when the body is no chat completion."""
    document = load_answer(body, "answer")
    if document.get("error"):
        # Some relays answer 200 and an error.
        raise UpstreamError(f"the upstream answered with an error: {document['error']}; try again")
    choice = _first_choice(document)
    message = choice.get("message")
    if not isinstance(message, dict):
        raise UpstreamError("the upstream's answer has no message; check its address")
    finish_reason = "content_filter" if message.get("refusal") else choice.get("finish_reason")
    said = _said(message.get("content"), _calls(message))
    logprobs = read_logprobs(choice)
    return _completion(document, said, _reasoning(message), finish_reason, logprobs)


def parse_stream(chunks: Iterable[bytes] | bytes) -> Completion:
    """What a stream said so far; `stop_reason` is empty when it broke off, `error` on an error."""
    last: dict[str, Any] = {}
    content, reasoning, finish_reason, refused = "", "", None, False
    logprobs: list[float] = []
    calls: dict[int, dict[str, Any]] = {}
    for event in read_events(chunks):
        if "error" in event:
            finish_reason = "error"
            continue
        usage = event.get("usage") or last.get("usage")
        last = {**event, "usage": usage}
        choice = _first_choice(event)
        logprobs += read_logprobs(choice)
        delta = choice.get("delta")
        if isinstance(delta, dict):
            content += str(delta.get("content") or "")
            reasoning += _reasoning(delta)
            refused = refused or bool(delta.get("refusal"))
            _extend_calls(calls, _calls(delta))
        finish_reason = choice.get("finish_reason") or finish_reason
    if refused and finish_reason != "error":
        finish_reason = "content_filter"
    said = _said(content, [calls[index] for index in sorted(calls)])
    return _completion(last, said, reasoning, finish_reason, logprobs)


# llama.cpp cuts the unlikely tokens off before it applies the temperature, so that even a very high
# one changes little; without the cuts a temperature means what it says.
UNTRUNCATED = {"top_k": 0, "top_p": 1.0, "min_p": 0.0}


def render_request(
    prompt: Prompt,
    model: str,
    max_tokens: int,
    temperature: float | None,
    *,
    grammar: str | None = None,
    logprobs: bool = False,
) -> bytes:
    """`grammar` is GBNF, which llama.cpp reads and others ignore. Without a temperature the server
    takes the model's own: many reasoning models refuse any other, and some refuse `logprobs`."""
    messages = [{"role": m.role, "content": m.content} for m in prompt.messages]
    if prompt.system:
        messages.insert(0, {"role": "system", "content": prompt.system})
    document: dict[str, Any] = {
        "model": model,
        "max_tokens": max_tokens,
        "messages": messages,
    }
    if temperature is not None:
        document["temperature"] = temperature
    if grammar is not None:
        document |= {"grammar": grammar, **UNTRUNCATED}
    if logprobs:
        # Without a number llama.cpp lists the twenty likeliest of every token.
        document |= {"logprobs": True, "top_logprobs": 1}
    return orjson.dumps(document)


def render_response(completion: Completion, model: str, inference_id: str) -> bytes:
    message = {"role": "assistant", "content": completion.answer}
    if completion.thinking:
        message["reasoning_content"] = completion.thinking
    choice = {"index": 0, "message": message, "finish_reason": _finish_reason(completion)}
    head = _head(completion, model, inference_id, "chat.completion")
    return orjson.dumps({**head, "choices": [choice], "usage": _usage(completion.usage)})


def render_stream(completion: Completion, model: str, inference_id: str) -> Iterator[bytes]:
    head = _head(completion, model, inference_id, "chat.completion.chunk")
    deltas: list[dict[str, str]] = [{"role": "assistant", "content": ""}]
    if completion.thinking:
        deltas.append({"reasoning_content": completion.thinking})
    deltas.append({"content": completion.answer})
    for delta in deltas:
        choice = {"index": 0, "delta": delta, "finish_reason": None}
        yield write_event({**head, "choices": [choice]})
    choice = {"index": 0, "delta": {}, "finish_reason": _finish_reason(completion)}
    yield write_event({**head, "choices": [choice], "usage": _usage(completion.usage)})
    yield b"data: [DONE]\n\n"


def replace_answer(body: bytes, answer: str, shown: str) -> bytes | None:
    """A chat completion whose one text is the answer, with another in its place; else None."""
    document = load_answer(body, "answer")
    message = _first_choice(document).get("message")
    several = len(document["choices"]) != 1
    if several or not isinstance(message, dict) or message.get("content") != answer:
        return None
    message["content"] = shown
    return orjson.dumps(document)


def replace_system(body: bytes, system: str, other: str) -> bytes | None:
    """A request with one system message of this text, with another text in its place; else None."""
    document = load_object(body, "request")
    found = [one for one in list_messages(document) if one["role"] in _SYSTEM_ROLES]
    replaced = with_text(found[0].get("content"), system, other) if len(found) == 1 else None
    if replaced is None:
        return None
    found[0]["content"] = replaced
    return orjson.dumps(document)


def render_error(message: str, kind: str) -> bytes:
    return orjson.dumps({"error": {"message": message, "type": kind, "code": None, "param": None}})


def _completion(
    document: dict[str, Any],
    answer: str,
    reasoning: str,
    finish_reason: Any,
    logprobs: Sequence[float],
) -> Completion:
    thinking: str | None = reasoning
    if not thinking:
        thinking, answer = split_thinking(answer)
    usage = document.get("usage")
    counts = usage if isinstance(usage, dict) else {}
    model = str(document.get("model", ""))
    return Completion(
        answer=answer,
        thinking=thinking or None,
        reasoning_kind=reasoning_kind(thinking, model),
        stop_reason=_STOP_REASONS.get(str(finish_reason or ""), str(finish_reason or "")),
        usage=Usage(
            whole_number(counts.get("prompt_tokens")), whole_number(counts.get("completion_tokens"))
        ),
        model=model,
        confidence=token_confidence(logprobs),
    )


def _first_choice(document: dict[str, Any]) -> dict[str, Any]:
    choices = document.get("choices")
    if isinstance(choices, list) and choices and isinstance(choices[0], dict):
        return choices[0]
    return {}


def _reasoning(message: dict[str, Any]) -> str:
    return str(message.get("reasoning_content") or message.get("reasoning") or "")


def _calls(message: dict[str, Any]) -> list[dict[str, Any]]:
    calls = message.get("tool_calls")
    return [call for call in calls if isinstance(call, dict)] if isinstance(calls, list) else []


def _extend_calls(calls: dict[int, dict[str, Any]], deltas: list[dict[str, Any]]) -> None:
    """A streamed call comes in pieces: its head first, then its arguments."""
    for delta in deltas:
        function = delta.get("function")
        piece = function if isinstance(function, dict) else {}
        call = calls.setdefault(whole_number(delta.get("index")), {"function": {"arguments": ""}})
        call |= {key: value for key, value in delta.items() if key not in ("index", "function")}
        arguments = call["function"]["arguments"] + str(piece.get("arguments") or "")
        call["function"] |= {**piece, "arguments": arguments}


def _said(content: Any, calls: list[dict[str, Any]]) -> str:
    """The text, and each call as its JSON: as the blocks of other formats are kept."""
    text = content if isinstance(content, str) else ""
    return text + "".join(
        orjson.dumps(call, option=orjson.OPT_SORT_KEYS).decode() for call in calls
    )


def _finish_reason(completion: Completion) -> str:
    return _FINISH_REASONS.get(completion.stop_reason, "stop")


def _head(completion: Completion, model: str, inference_id: str, kind: str) -> dict[str, Any]:
    return {
        "id": f"chatcmpl-{inference_id}",
        "object": kind,
        "created": _created(inference_id),
        "model": completion.model or model,
    }


def _created(inference_id: str) -> int:
    """Seconds since the epoch, out of a UUIDv7; 0 for any other id."""
    try:
        return (uuid.UUID(inference_id).int >> 80) // 1000
    except ValueError:
        return 0


def _usage(usage: Usage) -> dict[str, int]:
    return {
        "prompt_tokens": usage.input_tokens,
        "completion_tokens": usage.output_tokens,
        "total_tokens": usage.input_tokens + usage.output_tokens,
    }
