"""The one pass over a text: sentences, the rules whose words they hold, what voids a match.

A sentence has at most one finding of a kind: the surest rule's. Linear in the length of the text.
"""

import re
from collections.abc import Iterator

from understudy.curate.signals.findings import Finding, Where
from understudy.curate.signals.guards import is_void
from understudy.curate.signals.index import Compiled, Index, load_index
from understudy.curate.signals.sentence import MARKS, Sentence, part_words
from understudy.curate.signals.text import mask, sentences

# A voided match may hide a good one behind it; a sentence full of them is not worth more looks.
_LOOKS = 3


def find_signals(text: str, where: Where, index: int = 0) -> Iterator[Finding]:
    """The findings of one text in its order. Raises nothing, whatever the text."""
    if not text:
        return
    rules = load_index()
    masked = mask(text)
    apart = part_words(masked)
    allowed = rules.in_thinking if where is Where.THINKING else rules.in_answers
    marks = MARKS.search(masked) is not None
    for start, end in sentences(text, masked):
        words = apart[start:end].split()
        if marks:
            words += MARKS.findall(masked, start, end)
        candidates, signs = rules.read(words, allowed)
        if not candidates:
            continue
        sentence = Sentence(masked[start:end], apart[start:end], frozenset(signs))
        for rule, found in _surest(rules, candidates, sentence):
            yield Finding(
                kind=rule.table.kind,
                where=where,
                start=start,
                end=end,
                cue_start=start + found.start(),
                cue_end=start + found.end(),
                confidence=rule.confidence,
                found_by=rule.name,
                tag=rule.tag,
                index=index,
            )


def _surest(
    rules: Index, candidates: int, sentence: Sentence
) -> Iterator[tuple[Compiled, re.Match[str]]]:
    """The first rule of each kind that fits, in the order of the kinds."""
    while candidates:
        lowest = candidates & -candidates
        rule = rules.rules[lowest.bit_length() - 1]
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
