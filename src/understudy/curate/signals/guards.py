"""What voids a match: a denial, somebody else's act, a condition, a question, advice to the reader."""

import re

from understudy.curate.signals.rule import Table

_DENIALS = re.compile(
    r"\b(?:not|never|no longer|cannot|can't|don't|doesn't|didn't|won't|wouldn't|isn't|aren't|wasn't|weren't|shouldn't|couldn't|hasn't|haven't|hadn't|"
    r"mustn't|without|no|nor|neither|nobody|nothing|none|hardly|barely|rather than|instead of|refuse to|avoid|stop|unable to|fail to|failed to|unwilling to)\b"
    r"(?!\s(?:only|just|surprisingly|doubt|problem|to mention|least))"
)
_OTHERS = re.compile(
    r"\b(?:user|users|operator|operators|you|you're|you'll|they|they've|he|he's|she|she's|people|someone|somebody|everyone|author|authors|customer|client|colleague|"
    r"technician|fitter|engineer|team|vendor|reviewer|student|teacher|caller|function|method|script|program|code|parser|compiler|proof|paper|book|"
    r"model|question|prompt|system|library|framework|middleware|class|statement|article|others|doctor|manager|crew|shift|supplier|developer|maintainer|contractor|electrician|mechanic)\b"
)
_OWN = re.compile(r"\b(?:i|i'm|i'll|i've|i'd|we|we'll|we've|we'd|me|let's|my)\b")
_CONDITIONS = re.compile(r"\b(?:if|when|whenever|once|unless|in case|provided|as soon as)\b")
_READER = re.compile(r"\b(?:you|your|you'll|you're|yours|please)\b")
_CLAUSE_MARKS = ",;:—–()"
_REACH = 5


def is_void(
    table: Table, sentence: str, found: re.Match[str], *, denies: bool, anyone: bool
) -> bool:
    """`denies`: the rule itself holds a denial, which then voids nothing."""
    start = found.start()
    left = max(0, 1 + max(sentence.rfind(mark, 0, start) for mark in _CLAUSE_MARKS))
    before = sentence[left:start]
    near = " ".join(before.split()[-_REACH:])
    inside = found[0]
    if table.if_denied and (_DENIALS.search(near) or (not denies and _DENIALS.search(inside))):
        return True
    if table.if_others and not anyone and _is_anothers(near, inside):
        return True
    said = sentence[:start]
    if table.if_conditional and _CONDITIONS.search(said) and not _OWN.search(said + inside):
        return True
    if table.if_asked and sentence.endswith("?"):
        return True
    return (
        table.if_advice
        and _READER.search(sentence) is not None
        and not _OWN.search(near + " " + inside)
    )


def _is_anothers(near: str, inside: str) -> bool:
    """The last one named before the act is its author."""
    last_other = max((one.end() for one in _OTHERS.finditer(near)), default=-1)
    last_own = max((one.end() for one in _OWN.finditer(near)), default=-1)
    return last_other > last_own and not _OWN.match(inside)


def holds_denial(says: str) -> bool:
    return _DENIALS.search(says) is not None or "{not}" in says
