"""What voids a match: a denial, somebody else's act, a condition, a question, advice to the reader."""

import re
from collections.abc import Iterable

from understudy.curate.signals.phrases import word_set
from understudy.curate.signals.rule import Table
from understudy.curate.signals.sentence import Sentence

_DENYING = word_set(
    "not never cannot can't don't doesn't didn't won't wouldn't isn't aren't wasn't weren't shouldn't couldn't hasn't haven't hadn't "
    "mustn't without no nor neither nobody nothing none hardly barely rather instead refuse avoid stop unable fail failed unwilling"
)
# Of these the denial is one with the word behind it.
_WITH = {"rather": "than", "instead": "of", "refuse": "to", "unable": "to", "fail": "to", "failed": "to", "unwilling": "to"}  # fmt: skip
# A ban, and what keeps an act from happening: of harm both speak.
_AVERTED = word_set(
    "without avoid stop refuse cannot can't never don't mustn't shouldn't won't nobody"
)
_LEAVING = word_set(
    "forgot forget forgotten neglect neglected omit omitted skip skipped skipping should shouldn't should've ought"
)
_OTHER = word_set(
    "user users operator operators you you're you'll they they've he he's she she's people someone somebody everyone author authors customer client colleague "
    "technician fitter engineer team vendor reviewer student teacher caller function method script program code parser compiler proof paper book "
    "model question prompt system library framework middleware class statement article others doctor manager crew shift supplier developer maintainer contractor electrician mechanic"
)
_CONDITIONAL = word_set("if when whenever once unless case provided soon")
_READING = word_set("you your you'll you're yours please")


def _any_word(words: Iterable[str]) -> str:
    return rf"\b(?:{'|'.join(sorted(words))})\b"


_DENIALS = re.compile(
    _any_word(f"{word} {_WITH[word]}" if word in _WITH else word for word in _DENYING)
    + r"(?!\s(?:only|just|surprisingly|doubt|problem|to mention|least))"
)
_AVERTING = re.compile(_any_word(_AVERTED) + r"|\b(?:do|must|may|should|shall) not\b")
_UNDONE = re.compile(
    r"\b(?:(?:forgot|forget|forgotten|neglect|neglected|omit|omitted) to\b|(?:skip|skipped|skipping|omit|omitted) (?:\w+ing|the|this|that|any|my)\b"
    r"|should(?:n't|) (?:not |)have\b|should've\b|ought to have\b)"
)
_OTHERS = re.compile(_any_word(_OTHER))
_OWN = re.compile(r"\b(?:i|i'm|i'll|i've|i'd|we|we'll|we've|we'd|me|let's|my)\b")
_CONDITIONS = re.compile(r"\b(?:if|when|whenever|once|unless|in case|provided|as soon as)\b")
_READER = re.compile(_any_word(_READING))
_CLAUSE_MARKS = ",;:—–()"
_MARKS_AT = frozenset(_CLAUSE_MARKS)
_REACH = 5

GUARD_WORDS = _DENYING | _LEAVING | _OTHER | _CONDITIONAL | _READING


def is_void(
    table: Table, sentence: Sentence, found: re.Match[str], *, denies: bool, anyone: bool
) -> bool:
    """`denies`: the denial in the match is what the rule asks for, and voids nothing."""
    if (table.if_asked and sentence.text.endswith("?")) or _is_conditional(table, sentence, found):
        return True
    signs = sentence.loose_signs
    denied = table.if_denied and not signs.isdisjoint(_DENYING)
    undone = table.if_undone and not signs.isdisjoint(_LEAVING)
    others = table.if_others and not anyone and not signs.isdisjoint(_OTHER)
    advice = table.if_advice and not signs.isdisjoint(_READING)
    if not (denied or undone or others or advice):
        return False
    near, inside = _words_before(sentence.text, found.start()), found[0]
    if (denied and _is_denied(near, inside, denies=denies, averted=table.if_averted)) or (
        undone and _UNDONE.search(f"{near} {inside}")
    ):
        return True
    if others and _is_anothers(near, inside):
        return True
    return (
        advice
        and _READER.search(sentence.text) is not None
        and not _OWN.search(near + " " + inside)
    )


def _is_denied(near: str, inside: str, *, denies: bool, averted: bool) -> bool:
    said = near if denies else f"{near} {inside}"
    if not averted:
        said = _AVERTING.sub("", said)
    return _DENIALS.search(said) is not None


def _is_conditional(table: Table, sentence: Sentence, found: re.Match[str]) -> bool:
    if not table.if_conditional or sentence.loose_signs.isdisjoint(_CONDITIONAL):
        return False
    said = sentence.text[: found.start()]
    return _CONDITIONS.search(said) is not None and not _OWN.search(said + found[0])


def _words_before(text: str, start: int) -> str:
    """The last words of the clause that the match stands in; none where it begins with the mark of one."""
    if text[start : start + 3].lstrip()[:1] in _MARKS_AT:
        return ""
    left = max(0, 1 + max([text.rfind(mark, 0, start) for mark in _CLAUSE_MARKS]))
    return " ".join(text[left:start].split()[-_REACH:])


def _is_anothers(near: str, inside: str) -> bool:
    """The last one named before the act is its author."""
    last_other = max((one.end() for one in _OTHERS.finditer(near)), default=-1)
    if last_other < 0:
        return False
    last_own = max((one.end() for one in _OWN.finditer(near)), default=-1)
    return last_other > last_own and not _OWN.match(inside)


def is_denying(sentence: Sentence) -> bool:
    return not sentence.loose_signs.isdisjoint(_DENYING)


def affirm(text: str) -> tuple[str, list[int]]:
    """The text without its denials, and where each of them stood in what is left."""
    kept, places, end = "", list[int](), 0
    for denial in _DENIALS.finditer(text):
        kept += text[end : denial.start()]
        places.append(len(kept))
        end = denial.end()
    return kept + text[end:], places


def reaches(text: str, place: int, start: int) -> bool:
    """Whether a denial at a place would be one of what begins at `start`."""
    between = text[place:start]
    return not any(mark in between for mark in _CLAUSE_MARKS) and len(between.split()) <= _REACH


def holds_denial(says: str) -> bool:
    return _DENIALS.search(says) is not None or "{not}" in says
