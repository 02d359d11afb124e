"""Where a text quotes: what stands between a pair of quotation marks, the outermost pair of nested ones.

An apostrophe opens and closes nothing. A mark that is never closed quotes nothing.
"""

import re
from collections.abc import Iterator

# An apostrophe between letters is none of these marks.
_MARK = re.compile(r"[\"“”„«»「」『』`‘’'\n](?<!(?<=[^\W_])[‘’'](?=[^\W_]))")
_CLOSES = {
    "“": "”", "„": "“”", "«": "»", "»": "«", "「": "」", "『": "』", '"': '"', "`": "`", "‘": "’'", "'": "’'",
}  # fmt: skip
# They open behind a letter too: their scripts part no words.
_BRACKETS = "「『"
_SINGLE = "'’‘"
# '90s, 'em
_ELISION = re.compile(r"(?:\d\ds?|em|til|till|cause|cos|cuz|tis|twas|bout|n)(?![\w'’])", re.IGNORECASE)  # fmt: skip
# The users' pumps.
_GENITIVE = re.compile(r"(?<=[sS])['’](?= [^\W_])")
_LONGEST_PHRASE = 300
# Of one in single marks that ends with a sentence, and of one that goes on behind a blank line.
_LONGEST_SPEECH = 2000
_DEEPEST = 8
# More are lost marks.
_MOST_OPEN = 64

# The sign that opened, its place, and whether what may be a genitive has closed it.
_Opened = tuple[str, int, bool]


def quoted(text: str) -> Iterator[tuple[int, int]]:
    """The stretches with their marks; they may overlap."""
    depth: list[_Opened] = []
    blank = 0
    for mark in _MARK.finditer(text):
        at = mark.start()
        if mark[0] == "\n":
            if depth and text[at + 1 : at + 3].strip(" \t").startswith("\n"):
                # A lost mark of the short sort does not swallow the rest.
                depth, blank = [one for one in depth if one[0] not in "`‘'"], at
        elif mark[0] not in _SINGLE or not _ELISION.match(text, at + 1):
            start = _take(depth, text, at, blank)
            if start is not None and _is_phrase(text, start, at, blank):
                yield start, at + 1


def _take(depth: list[_Opened], text: str, at: int, blank: int) -> int | None:
    """Notes what the mark opens or closes; where that began which it closes."""
    level = _level_closed(depth, text, at, blank)
    if level is None:
        if _opens(text, at):
            if depth and depth[-1][2]:
                # What a genitive may have closed has been closed.
                depth.pop()
            depth.append((text[at], at, False))
            del depth[:-_MOST_OPEN]
        return None
    sign, start, held = depth[level]
    genitive = _GENITIVE.match(text, at) is not None
    depth[level:] = [(sign, start, True)] if genitive else []
    return None if genitive and held else start


def _level_closed(depth: list[_Opened], text: str, at: int, blank: int) -> int | None:
    sign = text[at]
    for level in range(len(depth) - 1, max(-1, len(depth) - 1 - _DEEPEST), -1):
        opened, start, _ = depth[level]
        if sign in _CLOSES[opened]:
            if sign == '"' and start < blank and not _looks_closing(text, at):
                # The one before the blank line was lost.
                del depth[level:]
                return None
            return level
    return None


def _looks_closing(text: str, at: int) -> bool:
    return not text[at - 1].isspace() and not text[at + 1 : at + 2].isalnum()


def _opens(text: str, at: int) -> bool:
    sign = text[at]
    return sign in _BRACKETS or (sign in _CLOSES and not text[at - 1 : at].isalnum())


def _is_phrase(text: str, start: int, end: int, blank: int) -> bool:
    """Two of the same marks far apart need not be a pair."""
    size = end - start
    if text[end] in _SINGLE and text[end - 1] not in ".!?…":
        return size <= _LONGEST_PHRASE
    return size <= _LONGEST_SPEECH or (start >= blank and text[end] not in _SINGLE)
