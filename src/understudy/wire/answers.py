"""A model's answer text as what its function's schema says. Refuses to repair: what cannot be read is
None.
"""

import re
from collections.abc import Mapping
from typing import Any

import orjson

_FENCE = re.compile(r"```(?:json)?[ \t]*\n(.*?)\n?[ \t]*```", re.DOTALL)
_KINDS: Mapping[str, tuple[type, ...]] = {
    "array": (list,),
    "string": (str,),
    "integer": (int,),
    "number": (int, float),
    "boolean": (bool,),
}
LISTING: Mapping[str, Any] = {"type": ["object", "array"]}
"""The schema of whatever may list something, for those who know no function."""


def read_answer(text: str, schema: Mapping[str, Any]) -> Any:
    """The bare text where the schema's type is `string`; a list or another JSON value where the type
    names it; else the JSON object that the text is, or that its first fenced block holds."""
    if is_text(schema):
        return text.strip() or None
    named = schema.get("type", "object")
    names = [named] if isinstance(named, str) else named
    kinds = (dict, *(kind for name in names for kind in _KINDS.get(name, ())))
    found = _load(text, kinds)
    if found is None and (fence := _FENCE.search(text)) is not None:
        found = _load(fence[1], kinds)
    return found


def is_text(schema: Mapping[str, Any]) -> bool:
    """Whether answers are plain text, without quotes around them."""
    return schema.get("type") == "string"


def parse_answer(text: str) -> dict[str, Any] | None:
    """The object that the text is, or that its first fenced block holds; None where it is none."""
    found = read_answer(text, {})
    return found if isinstance(found, dict) else None


def _load(text: str, kinds: tuple[type, ...]) -> Any:
    try:
        value = orjson.loads(text)
    except (orjson.JSONDecodeError, UnicodeEncodeError):
        return None
    return value if isinstance(value, kinds) else None
