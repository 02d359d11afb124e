"""What sort of act a tool call is, read from its name and the command it carries.

A name that no table knows is of no sort; it still counts as a call.
"""

import re
from collections.abc import Iterator
from enum import Enum

from understudy.curate.signals.findings import Finding, Kind, ToolCall, Where
from understudy.curate.signals.phrases import word_set


class Sort(Enum):
    RETRIEVAL = "retrieval"
    TERMINAL = "terminal"
    WEB = "web"
    EDIT = "edit"
    CHECK = "check"


_WORDS: dict[Sort, frozenset[str]] = {
    Sort.RETRIEVAL: word_set("retrieve retrieval rag search lookup query read get fetch list find select embed vector kb knowledge document documents "
        "docs database sql historian load open view cat grep"),
    Sort.TERMINAL: word_set("bash shell terminal exec execute run command cmd powershell python console subprocess sh repl code interpreter"),
    Sort.WEB: word_set("web browse browser internet google bing url http www crawl duckduckgo online"),
    Sort.EDIT: word_set("edit write replace patch insert update apply create delete rename modify save append remove set"),
    Sort.CHECK: word_set("test tests pytest check verify validate validator lint ruff mypy assert diff compare checksum typecheck unittest audit"),
}  # fmt: skip
_PART = re.compile(r"[A-Z]?[a-z]{1,40}|[A-Z]{1,40}")
_NAME_CHARS, _COMMAND_CHARS = 200, 200
_SURE = 0.8


def sorts_of(call: ToolCall) -> frozenset[Sort]:
    name = {part.lower() for part in _PART.findall(call.name[:_NAME_CHARS])}
    found = {sort for sort, words in _WORDS.items() if not words.isdisjoint(name)}
    if Sort.TERMINAL in found:
        # A terminal's command says what was done with it.
        command = {part.lower() for part in _PART.findall(call.arguments[:_COMMAND_CHARS])}
        if not _WORDS[Sort.CHECK].isdisjoint(command):
            found.add(Sort.CHECK)
    return frozenset(found)


def find_in_calls(calls: tuple[ToolCall, ...]) -> Iterator[Finding]:
    """A check that was run, a change that was made, a source that answered."""
    for index, call in enumerate(calls):
        sorts = sorts_of(call)
        if Sort.CHECK in sorts:
            yield _found(Kind.VALIDATION, call, index, "failed" if call.failed else "passed")
        elif Sort.EDIT in sorts and not call.failed:
            yield _found(Kind.EDIT, call, index, "tool")
        elif sorts & {Sort.RETRIEVAL, Sort.WEB} and call.result and not call.failed:
            yield _found(Kind.PROVENANCE, call, index, "tool")


def _found(kind: Kind, call: ToolCall, index: int, tag: str) -> Finding:
    return Finding(
        kind=kind,
        where=Where.TOOL_CALL,
        start=0,
        end=len(call.text),
        cue_start=0,
        cue_end=len(call.name),
        confidence=_SURE,
        found_by=f"{kind.value}.tool_call",
        tag=tag,
        index=index,
    )
