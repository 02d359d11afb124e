"""The dialects in which a span tells of an LLM call: OpenTelemetry's `gen_ai.*` as attributes or as
span events, OpenLLMetry's indexed attributes, OpenInference.

Refuses (ValueError) a call whose messages cannot be read. A span of anything else is no call.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

import orjson

from understudy.capture.importing import count_of
from understudy.capture.otlp import Span
from understudy.records import Usage
from understudy.wire.thinking import split_thinking

Attributes = Mapping[str, Any]

OPERATIONS = frozenset({"chat", "text_completion", "generate_content"})
REQUEST_TYPES = frozenset({"chat", "completion"})
MODELS = ("gen_ai.response.model", "gen_ai.request.model", "llm.model_name")
INPUT_TOKENS = ("gen_ai.usage.input_tokens", "gen_ai.usage.prompt_tokens", "llm.token_count.prompt")
OUTPUT_TOKENS = (
    "gen_ai.usage.output_tokens",
    "gen_ai.usage.completion_tokens",
    "llm.token_count.completion",
)
# The vocabulary of stop reasons is Anthropic's, as everywhere.
STOP_REASONS = {
    "stop": "end_turn",
    "length": "max_tokens",
    "content_filter": "refusal",
    "tool_call": "tool_use",
    "tool_calls": "tool_use",
}
DETAILS_EVENT = "gen_ai.client.inference.operation.details"
MESSAGE_EVENTS = {
    "gen_ai.system.message": "system",
    "gen_ai.user.message": "user",
    "gen_ai.assistant.message": "assistant",
    "gen_ai.tool.message": "tool",
    "gen_ai.choice": "assistant",
}
TEXTS = frozenset({"text", "input_text", "output_text"})
THOUGHTS = frozenset({"reasoning", "thinking"})
ROLES = {"developer": "system", "human": "user", "ai": "assistant", "model": "assistant"}


@dataclass(frozen=True, slots=True)
class Said:
    """One message; `text_only` is false where it holds what no student could read or write."""

    role: str
    text: str
    thinking: str = ""
    finish_reason: str = ""
    text_only: bool = True


@dataclass(frozen=True, slots=True)
class LlmCall:
    """`answer` is None where the span carries none: its call failed, or nobody recorded it."""

    asked: tuple[Said, ...]
    answer: Said | None
    model: str
    usage: Usage
    stop_reason: str
    response_id: str

    @property
    def system(self) -> str:
        return "\n\n".join(one.text for one in self.asked if one.role == "system")

    @property
    def text_only(self) -> bool:
        spoken = [*self.asked, self.answer] if self.answer else self.asked
        return all(one.text_only for one in spoken)


def read_call(span: Span) -> LlmCall | None:
    """None for a span that is no LLM call. Raises ValueError for a call that cannot be read."""
    attributes = dict(span.attributes)
    for event in span.events:
        if event.name == DETAILS_EVENT:
            attributes |= event.attributes
    if not _is_call(attributes):
        return None
    asked, answers = _read_content(attributes, span)
    answer = _one_answer(answers)
    return LlmCall(
        asked=tuple(asked),
        answer=answer,
        model=text_at(attributes, *MODELS),
        usage=Usage(_count(attributes, INPUT_TOKENS), _count(attributes, OUTPUT_TOKENS)),
        stop_reason=_stop_reason(attributes, answer),
        response_id=text_at(attributes, "gen_ai.response.id"),
    )


def text_at(attributes: Attributes, *names: str) -> str:
    """The first of these attributes that is a text, else an empty one."""
    found = (attributes.get(name) for name in names)
    return next((value for value in found if isinstance(value, str) and value), "")


def _is_call(attributes: Attributes) -> bool:
    """Whoever names the kind of its span is believed; otherwise a requested model tells."""
    for name, kinds in (
        ("openinference.span.kind", {"llm"}),
        ("gen_ai.operation.name", OPERATIONS),
        ("llm.request.type", REQUEST_TYPES),
        ("traceloop.span.kind", set()),
    ):
        kind = text_at(attributes, name)
        if kind:
            return kind.lower() in kinds
    return bool(text_at(attributes, "gen_ai.request.model"))


def _read_content(attributes: Attributes, span: Span) -> tuple[list[Said], list[Said]]:
    """What was asked and what was answered, from the first dialect that tells anything."""
    readings = (
        (
            [
                *_messages(attributes, "gen_ai.system_instructions", "system"),
                *_messages(attributes, "gen_ai.input.messages", "user"),
            ],
            _messages(attributes, "gen_ai.output.messages", "assistant"),
        ),
        (
            list(_indexed(attributes, "gen_ai.prompt.", "", "user")),
            list(_indexed(attributes, "gen_ai.completion.", "", "assistant")),
        ),
        (
            list(_indexed(attributes, "llm.input_messages.", "message.", "user")),
            list(_indexed(attributes, "llm.output_messages.", "message.", "assistant")),
        ),
        _from_events(span),
    )
    return next(((asked, answers) for asked, answers in readings if asked or answers), ([], []))


def _messages(attributes: Attributes, name: str, role: str) -> list[Said]:
    """Messages as JSON text or as structured values; instructions may also be bare parts."""
    value = attributes.get(name)
    if value is None:
        return []
    loaded = _loaded(value)
    if isinstance(loaded, str):
        return [Said(role, loaded)] if loaded else []
    if not isinstance(loaded, list):
        raise ValueError(f"{name} is no list of messages")
    if role == "system":
        return [_said({"role": role, "parts": loaded}, role)] if loaded else []
    return [_said(one, role) for one in loaded]


def _indexed(attributes: Attributes, prefix: str, inner: str, role: str) -> Iterator[Said]:
    """`gen_ai.prompt.0.content` and `llm.input_messages.0.message.content`, in their order."""
    for message in _numbered(attributes, prefix):
        fields = {name.removeprefix(inner): value for name, value in message.items()}
        content = fields.get("content")
        blocks = [
            {name.removeprefix("message_content."): value for name, value in block.items()}
            for block in _numbered(fields, "contents.")
        ]
        parts = blocks or (_blocks(content) if isinstance(content, str) else content)
        calls = [call for call in _numbered(fields, "tool_calls.") if call]
        yield _said({**fields, "content": parts, "tool_calls": calls}, role)


def _numbered(attributes: Attributes, prefix: str) -> list[dict[str, Any]]:
    """`prefix3.rest` as `rest` of the third: gaps in the numbers do not matter."""
    found: dict[int, dict[str, Any]] = {}
    for name, value in attributes.items():
        if name.startswith(prefix):
            number, _, rest = name.removeprefix(prefix).partition(".")
            if rest and len(number) < 7 and number.isascii() and number.isdigit():
                found.setdefault(int(number), {})[rest] = value
    return [found[number] for number in sorted(found)]


def _from_events(span: Span) -> tuple[list[Said], list[Said]]:
    """The older span events; their body is a JSON attribute, or their attributes themselves."""
    asked: list[Said] = []
    answers: list[Said] = []
    for event in span.events:
        role = MESSAGE_EVENTS.get(event.name)
        if role is None:
            continue
        body = _loaded(event.attributes.get("gen_ai.event.content"))
        fields = body if isinstance(body, dict) else {**event.attributes}
        if isinstance(body, str):
            fields["content"] = body
        inner = _loaded(fields.get("message"))
        message = {**fields, **inner} if isinstance(inner, dict) else {**fields}
        if isinstance(inner, str | list):
            message["content"] = inner
        if isinstance(message.get("content"), str):
            message["content"] = _blocks(message["content"])
        (answers if event.name == "gen_ai.choice" else asked).append(_said(message, role))
    return asked, answers


def _said(message: Any, role: str) -> Said:
    """A message of any dialect: a text, or an object with `parts` or `content`."""
    if isinstance(message, str):
        return Said(role, message)
    if not isinstance(message, dict):
        raise ValueError(f"a message is {type(message).__name__}, neither an object nor a text")
    content = message.get("parts", message.get("content"))
    said = [_part(part) for part in (content if isinstance(content, list) else [content])]
    calls = _loaded(message.get("tool_calls")) or []
    said += [_part(call) for call in (calls if isinstance(calls, list) else [calls])]
    told = [text_at(message, "reasoning_content", "reasoning"), *(one.thinking for one in said)]
    name = text_at(message, "role").lower() or role
    return Said(
        role=ROLES.get(name, name),
        text="".join(one.text for one in said),
        thinking="\n".join(filter(None, told)),
        finish_reason=text_at(message, "finish_reason"),
        text_only=name != "tool" and all(one.text_only for one in said),
    )


def _part(part: Any) -> Said:
    """Text, reasoning, or anything else, which is kept as its JSON."""
    if part is None or isinstance(part, str):
        return Said("", part or "")
    if not isinstance(part, dict):
        raise ValueError(f"a part of a message is {type(part).__name__}; it may be text or object")
    kind = part.get("type", "text" if set(part) == {"text"} else None)
    if kind in TEXTS:
        return Said("", text_at(part, "content", "text"))
    if kind in THOUGHTS:
        return Said("", "", text_at(part, "content", "thinking", "text"))
    text = orjson.dumps(part, option=orjson.OPT_SORT_KEYS).decode()
    return Said("", text, text_only=False)


def _blocks(text: str) -> Any:
    """Some instrumentations write content blocks as JSON text; an answer in JSON stays a text."""
    if not text.startswith("[{"):
        return text
    blocks = _loaded(text)
    told = isinstance(blocks, list) and all(
        isinstance(one, dict) and (one.get("type") in TEXTS | THOUGHTS or set(one) == {"text"})
        for one in blocks
    )
    return blocks if told else text


def _loaded(value: Any) -> Any:
    if not isinstance(value, str):
        return value
    try:
        loaded = orjson.loads(value)
    except orjson.JSONDecodeError:
        return value
    return loaded if isinstance(loaded, dict | list) else value


def _one_answer(answers: Iterable[Said]) -> Said | None:
    """The first choice, with the thinking that some instrumentations write as a message."""
    listed = list(answers)
    thoughts = [one.text for one in listed if one.role in THOUGHTS]
    first = next((one for one in listed if one.role not in THOUGHTS), None)
    if first is None:
        return None
    tagged, text = split_thinking(first.text)
    thinking = "\n".join(filter(None, [*thoughts, first.thinking, tagged]))
    return replace(first, text=text, thinking=thinking)


def _stop_reason(attributes: Attributes, answer: Said | None) -> str:
    listed = attributes.get("gen_ai.response.finish_reasons")
    first = listed[0] if isinstance(listed, list) and listed else listed
    reason = (answer.finish_reason if answer else "") or (first if isinstance(first, str) else "")
    return STOP_REASONS.get(reason, reason)


def _count(attributes: Attributes, names: Iterable[str]) -> int:
    counts = (count_of(attributes.get(name)) for name in names)
    return next((count for count in counts if count is not None), 0)
