"""The one pass over a text: sentences, how they score, the rules worth a search, what voids a match.

A sentence has at most one finding of a kind. The trained weights say which sentences are read and for which kinds
rules are tried, and drop a rule's match that they are sure is wrong; where no rule fits and they are sure, the
finding is theirs. Linear in the length of the text.
"""

import math
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from understudy.curate.signals.findings import Finding, Where
from understudy.curate.signals.guards import is_void
from understudy.curate.signals.index import EDGE, Compiled, Index, blur, load_index
from understudy.curate.signals.model import KINDS, SCALE
from understudy.curate.signals.sentence import Sentence, part_words
from understudy.curate.signals.text import mask, sentences

# A voided match may hide a good one behind it; a sentence full of them is not worth more looks.
_LOOKS = 3


def find_signals(
    text: str, where: Where, index: int = 0, known: Index | None = None
) -> Iterator[Finding]:
    """The findings of one text in its order. Raises nothing, whatever the text."""
    if not text:
        return
    known = known or load_index()
    masked = mask(text)
    apart = part_words(masked)
    blurred = blur(apart)
    allowed = known.in_thinking if where is Where.THINKING else known.in_answers
    for start, end in sentences(text, masked):
        words = blurred[start:end].split()
        if not known.glance(words):
            continue
        candidates, scores = known.read([*words, EDGE], masked[start:end], allowed)
        found = {}
        if candidates:
            sentence = Sentence(masked[start:end], apart[start:end])
            found = {
                rule.kind: (rule, match)
                for rule, match in surest(known.rules, candidates, sentence)
            }
        for kind, score in enumerate(scores):
            told = _tell(known, kind, score, found.get(kind), blurred[start:end])
            if told is None:
                continue
            yield Finding(
                kind=KINDS[kind],
                where=where,
                start=start,
                end=end,
                cue_start=start + told.cue[0],
                cue_end=start + told.cue[1],
                confidence=told.confidence,
                found_by=told.by,
                tag=told.tag,
                index=index,
            )


@dataclass(frozen=True, slots=True)
class _Told:
    cue: tuple[int, int]
    confidence: float
    by: str
    tag: str = ""


def _tell(
    known: Index, kind: int, score: int, found: tuple[Compiled, re.Match[str]] | None, blurred: str
) -> _Told | None:
    """The rule's finding, else the model's; None where the score stays below 0."""
    if found is not None and score + found[0].found >= 0:
        rule, match = found
        return _Told(match.span(), _chance(score + rule.found), rule.name, rule.tag)
    if found is None and score >= 0:
        return _Told(known.cue(kind, blurred), _chance(score), f"model.{KINDS[kind].value}")
    return None


def _chance(score: int) -> float:
    return 1 / (1 + math.exp(-score / SCALE))


def surest(
    rules: Sequence[Compiled], candidates: int, sentence: Sentence
) -> Iterator[tuple[Compiled, re.Match[str]]]:
    """The first rule of each kind that fits, in the order of the kinds."""
    while candidates:
        lowest = candidates & -candidates
        rule = rules[lowest.bit_length() - 1]
        found = rule.says.find(sentence)
        if found and (found := _unvoided(rule, sentence, found)):
            yield rule, found
            candidates &= ~rule.later
        else:
            candidates ^= lowest


def _is_excepted(rule: Compiled, sentence: Sentence) -> bool:
    signs = sentence.loose_signs
    if signs.isdisjoint(rule.exceptions):
        return False
    for pattern in rule.unless:
        for need in pattern.needs:
            if need.isdisjoint(signs):
                break
        else:
            if pattern.find(sentence):
                return True
    return False


def _unvoided(
    rule: Compiled, sentence: Sentence, found: re.Match[str] | None
) -> re.Match[str] | None:
    """The match, or the next one that nothing voids."""
    if rule.unless and _is_excepted(rule, sentence):
        return None
    for _ in range(_LOOKS):
        if found is None or not is_void(
            rule.table, sentence, found, denies=rule.denies, anyone=rule.anyone
        ):
            return found
        found = rule.says.find(sentence, max(found.end(), found.start() + 1))
    return None
