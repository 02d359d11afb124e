r"""Lets a search by pattern read the strings of JSON in a text: `\n` parts two words, `\"` is a quote.

One character stands in for each escape and is turned back afterwards, so that what was valid JSON
stays valid. JSON within JSON, whose escapes begin with several backslashes, is read alike.
"""

import re
from collections.abc import Callable, Iterator

# What may stand in: control characters first, since for these the cheap looks (runs.py) stay cheap.
QUOTES = "\x0e-\x1b\U000f0000-\U000fffff"
"""Stand for escaped quotes, as the inside of a character class."""
BREAKS = "\x00-\x04\U00100000-\U00107fff"
"""Stand for other escaped characters. Where these begin with several backslashes, a character beyond
them does: it may be a line's end in JSON within JSON, or a backslash and an `n` of somebody's secret."""
_ESCAPE = re.compile(r"\\+(?:u[0-9a-fA-F]{4}|[bfnrt\"'/])?")


def through_escapes(text: str, redact: Callable[[str], str]) -> str:
    """The text as `redact` leaves it when it reads escapes as what they mean."""
    if "\\" not in text:
        return redact(text)
    stand_ins = _StandIns(text)
    shown = _ESCAPE.sub(stand_ins.replace, text)
    redacted = redact(shown)
    return text if redacted == shown else redacted.translate(stand_ins.meanings)


class _StandIns:
    """Of one text, which holds none of them; `meanings` are the escapes by their codes."""

    def __init__(self, text: str) -> None:
        self.meanings: dict[int, str] = {}
        self._known: dict[str, str] = {}
        self._quotes = _unused(text, range(0x0E, 0x1C), range(0xF0000, 0x100000))
        self._breaks = _unused(text, range(0x05), range(0x100000, 0x108000))
        self._deeper = _unused(text, range(0x05, 0x09), range(0x108000, 0x110000))

    def replace(self, found: re.Match[str]) -> str:
        escape = found[0]
        known = self._known.get(escape)
        if known is None:
            known = self._known[escape] = self._made(escape)
        return known

    def _made(self, escape: str) -> str:
        marks = escape.lstrip("\\")
        if not marks:
            return escape
        last = chr(int(marks[1:], 16)) if len(marks) > 1 else marks
        is_plain = last == "/" or (len(marks) > 1 and last.isascii() and last.isprintable())
        if is_plain and last not in '"\\':
            # JSON may hold it as it is, if anything is redacted at all.
            return last
        other = self._deeper if escape.startswith("\\\\") else self._breaks
        code = next(self._quotes if last in "\"'" else other, None)
        if code is None:
            return escape
        self.meanings[code] = escape
        return chr(code)


def _unused(text: str, few: range, many: range) -> Iterator[int]:
    yield from (code for code in few if chr(code) not in text)
    # Looked at once: a text may hold thousands of different escapes.
    taken = set(text)
    yield from (code for code in many if chr(code) not in taken)
