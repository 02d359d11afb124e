"""What in a text is not the writer's own: quotations, code, quoted lines, log lines, other speakers, tool output.

Reads each letter a bounded number of times. A part of which the end is unclear is cut short: what the writer says
behind it must not be lost.
"""

import re
from collections.abc import Iterator

from understudy.curate.signals.quotations import quoted

_FENCE = re.compile(r"^[ \t>]{0,8}(```+|~~~+)", re.MULTILINE)
_TOOL = "tool|tool output|tool result|tool response|stdout|stderr|observation|function result|function output|command output"
# Searched in lower case with a line break in front: what begins with one sign is found fast. Where nothing stands
# behind a tool's name, what it printed goes on to the blank line.
_FOREIGN_LINE = re.compile(
    r"\n[ \t]{0,8}(?:>.*|\[?\d{4}-\d\d-\d\d[t ]\d\d:\d\d.*|at \w[\w.$]{0,80}\(.*|file \".*|traceback \(.*"
    rf"|(?:\*\*)?(?:{_TOOL})(?:\*\*)?[ ]?:(?:\*\*)?[ \t]*(?:\n[ \t]*[^\s].*)+"
    rf"|(?:\*\*)?(?:user|human|operator|customer|client|caller|{_TOOL})(?:\*\*)?[ ]?:.*)"
)
_TAGS = re.compile(
    r"<(/?)((?:tool|function|search|command)_(?:results?|responses?|outputs?)|results?|output|observation|quote|blockquote|code|pre"
    r"|documents?|context|file|logs?|user|stdout|stderr)(?:\s[^<>]{0,300})?>",
    re.IGNORECASE,
)
_INDENT = ("    ", "\t")
_ITEM = re.compile(r"\s{0,12}(?:[-*+•]|\d{1,3}[.)])\s")


def foreign_parts(text: str, lowered: str) -> Iterator[tuple[int, int]]:
    """The stretches that are not the writer's own; they may overlap."""
    if "```" in text or "~~~" in text:
        yield from _fenced(text)
    if "<" in text:
        yield from _tagged(text)
    if "\n    " in text or "\n\t" in text:
        yield from _indented(text)
    # The line break in front is one of the line before, or the one added.
    yield from ((line.start(), line.end() - 1) for line in _FOREIGN_LINE.finditer("\n" + lowered))
    yield from quoted(text)


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


def _indented(text: str) -> Iterator[tuple[int, int]]:
    """Code by Markdown's four blanks: behind a blank line, but not in a list, whose items go on indented."""
    at, blank, listed, code = 0, False, True, False
    for line in text.split("\n"):
        end = at + len(line)
        if not line.strip():
            blank = True
        elif line.startswith(_INDENT) and not _ITEM.match(line):
            code = not listed and (blank or code)
            if code:
                yield at, end
            blank = False
        else:
            # Before the first line at the margin, all may be indented.
            listed = _ITEM.match(line) is not None or (listed and line.startswith(" ") and at > 0)
            blank = code = False
        at = end + 1
