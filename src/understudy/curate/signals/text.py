"""A text as the rules see it: lower case, of the same length, with what is not the writer's own blanked out.

What is not (foreign.py) becomes one long word, so that offsets stay and a rule can still reach across it. Refuses
nothing.
"""

import re
from collections.abc import Iterator

from understudy.curate.signals.foreign import foreign_parts
from understudy.curate.signals.phrases import word_set

_BLANK = "ª"
_STRAIGHT = {"’": "'", "ʼ": "'", "‘": "'", "\u00a0": " ", "\u2011": "-", "\u2010": "-", _BLANK: "a", "\r": " ", "\u2028": "\n"}  # fmt: skip
_LONGEST_SENTENCE = 2000
_SHORT_LINE = 30

_STOP = re.compile(r"[.!?…。؟！？\n](?:(?<=\n)|[\"'”’)\]*_]{0,4}(?=\s))")
_ABBREVIATIONS = word_set(
    "e.g i.e eg ie vs approx no fig figs eq eqs dr mr mrs ms prof etc cf al resp ca sec ch pp vol nr st min max est dept inc ltd"
)
_LAST_WORD = re.compile(r"[\w.]{1,12}\Z")
_LAST_TWO = frozenset(word[-2:] for word in _ABBREVIATIONS)


def mask(text: str) -> str:
    """The text to search in; as long as the text itself."""
    lowered = text.lower()
    if len(lowered) != len(text):
        # A few letters (İ) become two: those stay as they are.
        lowered = "".join(low if len(low := char.lower()) == 1 else char for char in text)
    foreign = sorted(foreign_parts(text, lowered))
    for sign, plain in _STRAIGHT.items():
        if sign in lowered:
            lowered = lowered.replace(sign, plain)
    if not foreign:
        return lowered
    parts, end = [], 0
    for start, stop in foreign:
        if stop > end:
            start = max(start, end)
            parts += [lowered[end:start], _BLANK * (stop - start)]
            end = stop
    return "".join([*parts, lowered[end:]])


def sentences(text: str, masked: str) -> Iterator[tuple[int, int]]:
    """Start and end of every sentence, without the white space around it."""
    start = 0
    for end in _ends(text, masked):
        while start < end:
            stop = end if end - start <= _LONGEST_SENTENCE else _cut(masked, start)
            piece = masked[start:stop].lstrip()
            if piece:
                first = stop - len(piece)
                yield first, first + len(piece.rstrip())
            start = stop


def _ends(text: str, masked: str) -> Iterator[int]:
    start = 0
    for stop in _STOP.finditer(masked):
        at, end = stop.span()
        # At most ends the last letters alone tell that it is one.
        if (
            masked[at - 1 : at].isalpha()
            and masked[at] != "\n"
            and masked[max(0, at - 2) : at] not in _LAST_TWO
        ) or not _goes_on(text, masked, start, at):
            yield end
            start = end
    yield len(masked)


def _goes_on(text: str, masked: str, start: int, at: int) -> bool:
    """Whether this is no end: a wrapped line, an abbreviation, the number of a list."""
    if masked[at] == "\n":
        return at - start > _SHORT_LINE and text[at + 1 : at + 2].islower()
    if masked[at] != ".":
        return False
    word = _LAST_WORD.search(masked, max(start, at - 12), at)
    return word is not None and (
        word[0] in _ABBREVIATIONS or (at - start < 8 and masked[start:at].strip().isdigit())
    )


def _cut(masked: str, start: int) -> int:
    """Where a piece without an end is cut, so that its length does not cost."""
    latest = start + _LONGEST_SENTENCE
    cut = masked.rfind(" ", start + _LONGEST_SENTENCE // 2, latest)
    return latest if cut < 0 else cut
