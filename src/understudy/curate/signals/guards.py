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
_OTHERS = re.compile(_any_word(_OTHER))
_OWN = re.compile(r"\b(?:i|i'm|i'll|i've|i'd|we|we'll|we've|we'd|me|let's|my)\b")
_CONDITIONS = re.compile(r"\b(?:if|when|whenever|once|unless|in case|provided|as soon as)\b")
_READER = re.compile(_any_word(_READING))
_CLAUSE_MARKS = ",;:—–()"
_REACH = 5

GUARD_WORDS = _DENYING | _OTHER | _CONDITIONAL | _READING


def is_void(
    table: Table, sentence: Sentence, found: re.Match[str], *, denies: bool, anyone: bool
) -> bool:
    """`denies`: the rule itself holds a denial, which then voids nothing."""
    if (table.if_asked and sentence.text.endswith("?")) or _is_conditional(table, sentence, found):
        return True
    signs = sentence.loose_signs
    denied = table.if_denied and not signs.isdisjoint(_DENYING)
    others = table.if_others and not anyone and not signs.isdisjoint(_OTHER)
    advice = table.if_advice and not signs.isdisjoint(_READING)
    if not (denied or others or advice):
        return False
    near, inside = _words_before(sentence.text, found.start()), found[0]
    if denied and (_DENIALS.search(near) or (not denies and _DENIALS.search(inside))):
        return True
    if others and _is_anothers(near, inside):
        return True
    return (
        advice
        and _READER.search(sentence.text) is not None
        and not _OWN.search(near + " " + inside)
    )


def _is_conditional(table: Table, sentence: Sentence, found: re.Match[str]) -> bool:
    if not table.if_conditional or sentence.loose_signs.isdisjoint(_CONDITIONAL):
        return False
    said = sentence.text[: found.start()]
    return _CONDITIONS.search(said) is not None and not _OWN.search(said + found[0])


def _words_before(text: str, start: int) -> str:
    """The last words of the clause that the match stands in."""
    left = max(0, 1 + max([text.rfind(mark, 0, start) for mark in _CLAUSE_MARKS]))
    return " ".join(text[left:start].split()[-_REACH:])


def _is_anothers(near: str, inside: str) -> bool:
    """The last one named before the act is its author."""
    last_other = max((one.end() for one in _OTHERS.finditer(near)), default=-1)
    if last_other < 0:
        return False
    last_own = max((one.end() for one in _OWN.finditer(near)), default=-1)
    return last_other > last_own and not _OWN.match(inside)


def holds_denial(says: str) -> bool:
    return _DENIALS.search(says) is not None or "{not}" in says
