"""What every wire format shares: a request as read, text blocks, server-sent events.

Refuses nothing that an upstream may accept: a block that is no text is kept as its JSON.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

import orjson

from understudy.errors import InputError, UpstreamError
from understudy.records import IN_ANSWER, Completion, Prompt


@dataclass(frozen=True, slots=True)
class WireRequest:
    """A caller's request. `text_only` is false where it carries what no student can read or
    write (images, tools, tool results, several answers at once). `shows_thinking` is false where
    an answer's thinking would be a block that the caller did not ask for and does not expect.
    `fields` are those of the JSON that it asks for; None where it does not say."""

    prompt: Prompt
    model: str
    max_tokens: int
    stream: bool
    text_only: bool
    shows_thinking: bool = True
    fields: frozenset[str] | None = None


class Dialect(Protocol):
    """A wire format of callers and upstreams; the modules of `wire` are such."""

    PATH: str

    def parse_request(self, body: bytes) -> WireRequest: ...
    def parse_response(self, body: bytes) -> Completion: ...
    def parse_stream(self, chunks: bytes) -> Completion: ...
    def render_response(self, completion: Completion, model: str, inference_id: str) -> bytes: ...
    def render_stream(
        self, completion: Completion, model: str, inference_id: str
    ) -> Iterator[bytes]: ...
    def replace_answer(self, body: bytes, answer: str, shown: str) -> bytes | None: ...
    def replace_system(self, body: bytes, system: str, other: str) -> bytes | None: ...
    def render_error(self, message: str, kind: str) -> bytes: ...


def load_object(body: bytes, what: str) -> dict[str, Any]:
    """Raises InputError when the body is no JSON object."""
    try:
        value = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise InputError(f"the {what} is no JSON ({error}); send one JSON object") from error
    if not isinstance(value, dict):
        raise InputError(f"the {what} is no JSON object; send {{...}}")
    return value


def load_answer(body: bytes, what: str) -> dict[str, Any]:
    """Raises UpstreamError when the body is no JSON object."""
    try:
        return load_object(body, what)
    except InputError as error:
        raise UpstreamError(f"the upstream's {what} cannot be read: {error}") from error


def with_text(content: Any, text: str, other: str) -> Any:
    """A string, or a list of one text block, with another text and all else as it was; None where
    it is not this text."""
    if content == text:
        return other
    if isinstance(content, list) and len(content) == 1 and isinstance(content[0], dict):
        block = content[0]
        if block.get("type") == "text" and block.get("text") == text:
            return [{**block, "text": other}]
    return None


def text_of(content: Any) -> tuple[str, bool]:
    """The text of a string or of a list of blocks, and whether text was all there was."""
    if isinstance(content, str):
        return content, True
    if content is None:
        return "", True
    if not isinstance(content, list):
        raise InputError("a message's content is neither text nor a list of blocks; mend it")
    parts, text_only = [], True
    for block in content:
        if isinstance(block, dict) and block.get("type") == "text":
            parts.append(str(block.get("text", "")))
        else:
            parts.append(sorted_json(block))
            text_only = False
    return "".join(parts), text_only


def sorted_json(value: Any) -> str:
    """How everything is kept that is no text: the same whichever order it came in."""
    return orjson.dumps(value, option=orjson.OPT_SORT_KEYS).decode()


def besides(held: Mapping[str, Any], known: Collection[str]) -> list[str]:
    """What a block or a message holds beyond the fields that are read elsewhere, each as JSON."""
    return [
        sorted_json({name: value}) for name, value in held.items() if value and name not in known
    ]


def standing_in_answer(kind: Any) -> str:
    """The line of `Completion.aside` about a block whose JSON is a part of the answer."""
    return sorted_json({IN_ANSWER: kind})


def fields_of(schema: Any) -> frozenset[str] | None:
    """The fields that a JSON Schema names; None where it names none, or is none."""
    properties = schema.get("properties") if isinstance(schema, dict) else None
    return frozenset(properties) if isinstance(properties, dict) and properties else None


def list_messages(document: dict[str, Any]) -> list[dict[str, Any]]:
    """Raises InputError unless `messages` is a list of objects with a role."""
    messages = document.get("messages")
    if not isinstance(messages, list) or not messages:
        raise InputError("the request has no `messages`; send at least one")
    for message in messages:
        if not isinstance(message, dict) or not isinstance(message.get("role"), str):
            raise InputError("a message is no object with a `role`; mend it")
    return messages


def whole_number(value: Any, otherwise: int = 0) -> int:
    is_number = isinstance(value, int) and not isinstance(value, bool)
    return value if is_number else otherwise


def read_events(chunks: Iterable[bytes] | bytes) -> Iterator[dict[str, Any]]:
    """The JSON objects of a server-sent event stream; what is no JSON object is passed over."""
    text = chunks if isinstance(chunks, bytes) else b"".join(chunks)
    for block in text.replace(b"\r\n", b"\n").replace(b"\r", b"\n").split(b"\n\n"):
        lines = [line[5:].removeprefix(b" ") for line in block.split(b"\n") if line[:5] == b"data:"]
        try:
            event = orjson.loads(b"\n".join(lines))
        except orjson.JSONDecodeError:
            continue
        if isinstance(event, dict):
            yield event


def write_event(document: dict[str, Any], name: str = "") -> bytes:
    head = f"event: {name}\n".encode() if name else b""
    return head + b"data: " + orjson.dumps(document) + b"\n\n"
