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
    fields_of,
    list_messages,
    load_answer,
    load_object,
    read_events,
    sorted_json,
    text_of,
    whole_number,
    with_text,
    write_event,
)
from understudy.wire.thinking import split_thinking
from understudy.wire.turns import answered, extend_calls, list_calls, spoken, unread

PATH = "/v1/chat/completions"
_STOP_REASONS = {
    "stop": "end_turn",
    "length": "max_tokens",
    "content_filter": "refusal",
    "tool_calls": "tool_use",
}
_SYSTEM_ROLES = ("system", "developer")
# No student has them: tools, several answers at once, probabilities, sound, the web.
_NOT_OURS = ("tools", "functions", "logprobs", "top_logprobs", "audio")
# Any other form of answer is none of a student's; its JSON is held to its function's own schema.
_FORMS = frozenset({"text", "json_object", "json_schema"})
_FINISH_REASONS = {reason: name for name, reason in _STOP_REASONS.items()}


def parse_request(body: bytes) -> WireRequest:
    """Raises InputError when the body is no chat completions request."""
    document = load_object(body, "request")
    system, messages, text_only = [], [], True
    for message in list_messages(document):
        content, plain = text_of(message.get("content"))
        more = spoken(message)
        content, text_only = content + more, text_only and plain and not more
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
        text_only=text_only and not _asks_for_more(document),
        fields=_fields(document.get("response_format")),
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
    said, aside = answered(message.get("content"), message.get("refusal"), list_calls(message))
    logprobs = read_logprobs(choice)
    aside = [*unread(message), *aside]
    return _completion(document, (said, _reasoning(message), aside), finish_reason, logprobs)


def parse_stream(chunks: Iterable[bytes] | bytes) -> Completion:
    """What a stream said so far; `stop_reason` is empty when it broke off, `error` on an error."""
    last: dict[str, Any] = {}
    content, reasoning, refusal, finish_reason = "", "", "", None
    logprobs: list[float] = []
    unknown: list[str] = []
    calls: dict[int, dict[str, Any]] = {}
    for event in read_events(chunks):
        if "error" in event:
            finish_reason = "error"
            continue
        if "choices" not in event and not event.get("usage"):
            unknown.append(sorted_json(event))
            continue
        usage = event.get("usage") or last.get("usage")
        last = {**event, "usage": usage}
        choice = _first_choice(event)
        logprobs += read_logprobs(choice)
        delta = choice.get("delta")
        if isinstance(delta, dict):
            content += str(delta.get("content") or "")
            reasoning += _reasoning(delta)
            refusal += str(delta.get("refusal") or "")
            extend_calls(calls, list_calls(delta))
            unknown += unread(delta)
        finish_reason = choice.get("finish_reason") or finish_reason
    if refusal and finish_reason != "error":
        finish_reason = "content_filter"
    said, aside = answered(content, refusal, [calls[index] for index in sorted(calls)])
    return _completion(last, (said, reasoning, [*unknown, *aside]), finish_reason, logprobs)


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
    told: tuple[str, str, list[str]],
    finish_reason: Any,
    logprobs: Sequence[float],
) -> Completion:
    """`told` is the answer, the reasoning, and what was told besides."""
    thinking: str | None
    answer, thinking, aside = told
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
        aside="\n".join(aside),
    )


def _first_choice(document: dict[str, Any]) -> dict[str, Any]:
    """In a stream of several answers the others come in between, with an index of their own."""
    choices = document.get("choices")
    for one in choices if isinstance(choices, list) else ():
        if isinstance(one, dict) and not one.get("index"):
            return one
    return {}


def _reasoning(message: dict[str, Any]) -> str:
    return str(message.get("reasoning_content") or message.get("reasoning") or "")


def _asks_for_more(document: dict[str, Any]) -> bool:
    """Whether it wants what only the upstream can give."""
    form = document.get("response_format")
    kind = form.get("type") if isinstance(form, dict) else "text"
    return (
        any(map(document.get, _NOT_OURS))
        or whole_number(document.get("n"), 1) > 1
        or document.get("web_search_options") is not None
        or kind not in _FORMS
    )


def _fields(form: Any) -> frozenset[str] | None:
    named = form.get("json_schema") if isinstance(form, dict) else None
    return fields_of(named.get("schema")) if isinstance(named, dict) else None


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
