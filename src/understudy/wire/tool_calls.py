"""Finds in an answer or a turn the calls of tools that stand in its text as JSON (messages.py, turns.py).

Reads what this package wrote of an upstream's blocks; JSON of any other form is the model's own text.
"""

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

import orjson

from understudy.wire.messages import sorted_json

_CALLS = frozenset(
    {"tool_use", "server_tool_use", "mcp_tool_use", "function", "custom", "tool_call"}
)
_RESULT = "tool_result"
_MARKS = ('"type":"', '"function":{')
# What begins like JSON and is none may cost a look at all that follows, once for every brace in it.
_MOST_IN_VAIN_CHARS = 2_000_000
_DEEP_CHARS = 20_000
_WIDTH_CHARS = 4096
_ESCAPE_CHARS = 12
_DECODER = json.JSONDecoder()
# Redaction leaves a bare number as this, which is no JSON: as a text of the same length it is.
_BARE = re.compile(r"(?<=[:,\[])\[(redacted: [\w -]+)\](?=[,\]}])")


def read_calls(text: str) -> list[dict[str, Any]]:
    """The calls as plain JSON, `arguments` as text; those of one `batch` were sent together."""
    calls: list[dict[str, Any]] = []
    batch = 0
    for _, _, block in _blocks(text):
        if _is_result(block):
            # Whatever the upstream ran itself it had answered before it called the next.
            batch += 1
        else:
            calls.append({**_read(block), "batch": batch})
    return calls


def blank_calls(text: str) -> tuple[str, int]:
    """The text with blanks where calls and their results stand, so that every other place stays the
    same; and how many characters that was."""
    parts, end, blanked = [], 0, 0
    for begin, after, _ in _blocks(text):
        parts += [text[end:begin], " " * (after - begin)]
        end, blanked = after, blanked + after - begin
    return "".join((*parts, text[end:])), blanked


def _blocks(text: str) -> Iterator[tuple[int, int, Mapping[str, Any]]]:
    """Where each begins and ends, in their order; those inside other JSON are that JSON's."""
    if not any(mark in text for mark in _MARKS):
        return
    readable = _BARE.sub(r'"\1"', text) if "[redacted: " in text else text
    at = text.find('{"')
    in_vain = 0
    while at >= 0 and in_vain < _MOST_IN_VAIN_CHARS:
        value, end = _decode(text, at)
        if value is None and readable is not text:
            value, end = _decode(readable, at)
        if value is None:
            in_vain, end = in_vain + end - at, at + 1
        elif _is_call(value) or _is_result(value):
            yield at, end, value
        at = text.find('{"', end)


def _decode(text: str, at: int, width: int = _WIDTH_CHARS) -> tuple[Mapping[str, Any] | None, int]:
    """The object that begins here, and its end; None, and how far one had to look."""
    # A piece at a time: the decoder's error counts the lines of all that is before it.
    piece = text[at : at + width]
    try:
        found, length = _DECODER.raw_decode(piece)
    except json.JSONDecodeError as error:
        cut = error.msg.startswith("Unterminated") or error.pos + _ESCAPE_CHARS >= width
        if cut and at + width < len(text):
            return _decode(text, at, 16 * width)
        return None, at + error.pos
    except (ValueError, RecursionError):
        # A number of too many digits, or nested too deeply.
        return None, at + _DEEP_CHARS
    return found, at + length


def _is_call(block: Mapping[str, Any]) -> bool:
    # OpenAI's `type` may be missing from a stream.
    return str(block.get("type")) in _CALLS or isinstance(block.get("function"), dict)


def _is_result(block: Mapping[str, Any]) -> bool:
    return str(block.get("type", "")).endswith(_RESULT)


def _read(block: Mapping[str, Any]) -> dict[str, str]:
    inner = next(
        (block[k] for k in ("function", "custom") if isinstance(block.get(k), dict)), block
    )
    # Anthropic streams the input as text, beside an empty object.
    given = block.get("partial_json") or inner.get("arguments", inner.get("input"))
    arguments = given if isinstance(given, str) else "" if given is None else _compact(given)
    if block.get("partial_json"):
        arguments = _tidy(arguments)
    return {
        "name": str(inner.get("name") or ""),
        "arguments": arguments,
        "id": str(block.get("id") or ""),
    }


def _compact(value: Any) -> str:
    try:
        return sorted_json(value)
    except TypeError:
        # An integer over 64 bits, a lone surrogate.
        return json.dumps(value, separators=(",", ":"), sort_keys=True)


def _tidy(text: str) -> str:
    """As an input that came whole is written; a piece of one stays as it is."""
    try:
        return sorted_json(orjson.loads(text))
    except orjson.JSONDecodeError:
        return text
