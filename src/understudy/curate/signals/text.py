"""A text as the rules see it: lower case, of the same length, with what is not the writer's own blanked out.

Not the writer's own are quotations, code, quoted lines, log lines, other speakers and tool output. They become
one long word, so that offsets stay and a rule can still reach across them. One pass; refuses nothing.
"""

import re
from collections.abc import Iterator

from understudy.curate.signals.phrases import word_set

_BLANK = "ª"
_STRAIGHT = str.maketrans({"’": "'", "ʼ": "'", "‘": "'", "\u00a0": " ", "\u2011": "-", "\u2010": "-", _BLANK: "a", "\r": " ", "\u2028": "\n"})  # fmt: skip
_FENCE = re.compile(r"^[ \t>]{0,8}(```+|~~~+)", re.MULTILINE)
_FOREIGN_LINE = re.compile(
    r"^[ \t]{0,8}(?:>.*|\[?\d{4}-\d\d-\d\d[T ]\d\d:\d\d.*|at \w[\w.$]{0,80}\(.*|File \".*|Traceback \(.*"
    r"|(?:\*\*)?(?:user|human|operator|customer|client|caller|tool|tool output|tool result|tool response|stdout|stderr|observation|function result)(?:\*\*)?[ ]?:.*)$",
    re.MULTILINE | re.IGNORECASE,
)
_TAGS = re.compile(
    r"<(/?)(tool_result|tool_response|tool_output|function_results|output|quote|blockquote|code|pre|document|user|stdout|stderr)>",
    re.IGNORECASE,
)
_MARK = re.compile(r"[\"“”„«»`‘’'\n]")
_CLOSES = {"“": "”", "„": "“”", "«": "»", '"': '"', "`": "`", "‘": "’'", "'": "'’"}
_OPENS = frozenset(_CLOSES)
_LONGEST_PHRASE = 300
_LONGEST_SENTENCE = 2000
_SHORT_LINE = 30

_STOP = re.compile(r"[.!?…。؟！？][\"'”’)\]*_]{0,4}(?=\s)|\n")
_ABBREVIATIONS = word_set(
    "e.g i.e eg ie vs approx no fig figs eq eqs dr mr mrs ms prof etc cf al resp ca sec ch pp vol nr st min max est dept inc ltd"
)
_LAST_WORD = re.compile(r"[\w.]{1,12}\Z")


def mask(text: str) -> str:
    """The text to search in; as long as the text itself."""
    lowered = text.lower()
    if len(lowered) != len(text):
        # A few letters (İ) become two: those stay as they are.
        lowered = "".join(low if len(low := char.lower()) == 1 else char for char in text)
    lowered = lowered.translate(_STRAIGHT) if not lowered.isascii() or "\r" in lowered else lowered
    spans = sorted(_foreign(text))
    if not spans:
        return lowered
    parts, end = [], 0
    for start, stop in spans:
        if stop > end:
            start = max(start, end)
            parts += [lowered[end:start], _BLANK * (stop - start)]
            end = stop
    return "".join([*parts, lowered[end:]])


def sentences(text: str, masked: str) -> Iterator[tuple[int, int]]:
    """Start and end of every sentence, without the white space around it."""
    start = 0
    for stop in _STOP.finditer(masked):
        if _goes_on(text, masked, start, stop.start()):
            continue
        yield from _trimmed(masked, start, stop.end())
        start = stop.end()
    yield from _trimmed(masked, start, len(masked))


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


def _trimmed(masked: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    """A piece without its margins; one without an end is cut where its length would cost."""
    while end - start > _LONGEST_SENTENCE:
        cut = masked.rfind(" ", start + _LONGEST_SENTENCE // 2, start + _LONGEST_SENTENCE)
        cut = start + _LONGEST_SENTENCE if cut < 0 else cut
        yield from _trimmed(masked, start, cut)
        start = cut
    piece = masked[start:end]
    left = len(piece) - len(piece.lstrip())
    right = len(piece.rstrip())
    if right > left:
        yield start + left, start + right


def _foreign(text: str) -> Iterator[tuple[int, int]]:
    """The stretches that are not the writer's own; they may overlap."""
    if "```" in text or "~~~" in text:
        yield from _fenced(text)
    if "<" in text:
        yield from _tagged(text)
    yield from ((line.start(), line.end()) for line in _FOREIGN_LINE.finditer(text))
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
        if sign in "‘’'" and text[at - 1 : at].isalnum() and text[at + 1 : at + 2].isalnum():
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
