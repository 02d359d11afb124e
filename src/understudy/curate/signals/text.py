"""A text as the rules see it: lower case, of the same length, with what is not the writer's own blanked out.

Not the writer's own are quotations, code, quoted lines, log lines, other speakers and tool output. They become
one long word, so that offsets stay and a rule can still reach across them. One pass; refuses nothing.
"""

import re
from collections.abc import Iterator

from understudy.curate.signals.phrases import word_set

_BLANK = "ª"
_STRAIGHT = {"’": "'", "ʼ": "'", "‘": "'", "\u00a0": " ", "\u2011": "-", "\u2010": "-", _BLANK: "a", "\r": " ", "\u2028": "\n"}  # fmt: skip
_FENCE = re.compile(r"^[ \t>]{0,8}(```+|~~~+)", re.MULTILINE)
# Searched in lower case with a line break in front: what begins with one sign is found fast.
_FOREIGN_LINE = re.compile(
    r"\n[ \t]{0,8}(?:>.*|\[?\d{4}-\d\d-\d\d[t ]\d\d:\d\d.*|at \w[\w.$]{0,80}\(.*|file \".*|traceback \(.*"
    r"|(?:\*\*)?(?:user|human|operator|customer|client|caller|tool|tool output|tool result|tool response|stdout|stderr|observation|function result)(?:\*\*)?[ ]?:.*)"
)
_TAGS = re.compile(
    r"<(/?)(tool_result|tool_response|tool_output|function_results|output|quote|blockquote|code|pre|document|user|stdout|stderr)>",
    re.IGNORECASE,
)
# An apostrophe between letters is none of these marks.
_MARK = re.compile(r"[\"“”„«»`‘’'\n](?<!(?<=[^\W_])[‘’'](?=[^\W_]))")
_CLOSES = {"“": "”", "„": "“”", "«": "»", '"': '"', "`": "`", "‘": "’'", "'": "'’"}
_OPENS = frozenset(_CLOSES)
_LONGEST_PHRASE = 300
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
    foreign = sorted(_foreign(text, lowered))
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


def _foreign(text: str, lowered: str) -> Iterator[tuple[int, int]]:
    """The stretches that are not the writer's own; they may overlap."""
    if "```" in text or "~~~" in text:
        yield from _fenced(text)
    if "<" in text:
        yield from _tagged(text)
    # The line break in front is one of the line before, or the one added.
    yield from ((line.start(), line.end() - 1) for line in _FOREIGN_LINE.finditer("\n" + lowered))
    yield from _quoted(text)


def _fenced(text: str) -> Iterator[tuple[int, int]]:
    """Code between fences; one that is never closed runs to the end."""
    opened: re.Match[str] | None = None
    for fence in _FENCE.finditer(text):
        if opened is None:
            opened = fence
        elif fence[1].startswith(opened[1]):
            yield opened.start(), fence.end()
            opened = None
    if opened is not None:
        yield opened.start(), len(text)


def _tagged(text: str) -> Iterator[tuple[int, int]]:
    opened: dict[str, int] = {}
    for tag in _TAGS.finditer(text):
        name = tag[2].lower()
        if not tag[1]:
            opened.setdefault(name, tag.start())
        elif name in opened:
            yield opened.pop(name), tag.end()


def _quoted(text: str) -> Iterator[tuple[int, int]]:
    """What stands between quotation marks, the outermost pair of nested ones. A blank line ends
    the search for a partner, so that one lost mark does not swallow the rest."""
    depth: list[tuple[str, int]] = []
    for mark in _MARK.finditer(text):
        sign, at = mark[0], mark.start()
        if sign == "\n":
            if depth and text[at + 1 : at + 3].strip(" \t").startswith("\n"):
                depth.clear()
            continue
        closed = next(
            (
                n
                for n in range(len(depth) - 1, max(-1, len(depth) - 9), -1)
                if sign in _CLOSES[depth[n][0]]
            ),
            None,
        )
        if closed is not None:
            start = depth[closed][1]
            phrase = sign not in "'’" or at - start <= _LONGEST_PHRASE
            del depth[closed:]
            if phrase:
                yield start, at + 1
        elif sign in _OPENS and not text[at - 1 : at].isalnum():
            depth.append((sign, at))
