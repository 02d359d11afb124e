"""A model's answer text as a JSON object. Refuses to repair: what does not parse is None."""

import re
from typing import Any

import orjson

_FENCE = re.compile(r"```(?:json)?[ \t]*\n(.*?)\n?[ \t]*```", re.DOTALL)


def parse_answer(text: str) -> dict[str, Any] | None:
    """The object that the text is, or that its first fenced block holds; None where it is none."""
    found = _load(text)
    if found is None and (fence := _FENCE.search(text)) is not None:
        found = _load(fence[1])
    return found


def _load(text: str) -> dict[str, Any] | None:
    try:
        value = orjson.loads(text)
    except (orjson.JSONDecodeError, UnicodeEncodeError):
        return None
    return value if isinstance(value, dict) else None
