"""The one pass over a text: sentences, how they score, the rules worth a search, what voids a match.

A sentence has at most one finding of a kind. The trained weights say which sentences are read and for which kinds
rules are tried, and drop a rule's match that they are sure is wrong; where no rule fits and they are sure, the
finding is theirs. Linear in the length of the text.
"""

import math
import re
from collections.abc import Iterator, Sequence

from understudy.curate.signals.findings import Finding, Kind, Where
from understudy.curate.signals.guards import affirm, is_denying, is_void, reaches
from understudy.curate.signals.index import Compiled, Index, blur, load_index
from understudy.curate.signals.model import KINDS, SCALE, ZERO, Packed, bit_of, number_of
from understudy.curate.signals.sentence import Sentence, part_words
from understudy.curate.signals.text import mask, sentences

# Of the sentences that the weights were fitted to one in a thousand is longer than 153 letters: of a JSON answer in
# one line, a long sum of small weights, they know nothing, nor of a short one.
_WEIGHED_CHARS = 200
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
        words = blurred[start:end]
        candidates, score, signs = known.read(words.split(), masked[start:end], allowed)
        if not candidates and not (score + ZERO) & ZERO:
            continue
        found: _Found = {}
        plain = words == apart[start:end]
        sentence = Sentence(masked[start:end], apart[start:end], signs if plain else None)
        for rule, match in surest(known.rules, candidates, sentence):
            found[rule.kind] = rule, match
        for kind, chance, name, tag, cue in _tell(known, score, found, sentence, words):
            yield Finding(
                kind=kind,
                where=where,
                start=start,
                end=end,
                cue_start=start + cue[0],
                cue_end=start + cue[1],
                confidence=chance,
                found_by=name,
                tag=tag,
                index=index,
            )


_Found = dict[int, tuple[Compiled, re.Match[str] | None]]
_Told = tuple[Kind, float, str, str, tuple[int, int]]


def _tell(
    known: Index, score: Packed, found: _Found, sentence: Sentence, words: str
) -> Iterator[_Told]:
    """Kind, confidence, by what, tag and cue: of the rule that fits, else of the weights. What voids a rule voids
    them."""
    for place, kind in enumerate(KINDS):
        if place in found:
            rule, match = found[place]
            own = number_of(score, place) + number_of(rule.found, place)
            if match and own >= 0:
                yield kind, rule.confidence, rule.name, rule.tag, match.span()
        elif (
            (score + ZERO) & bit_of(place)
            and len(words) <= _WEIGHED_CHARS
            and not sentence.text.startswith("{")
            and not _is_denied(known, place, sentence)
        ):
            own = number_of(score, place)
            yield kind, _chance(own), f"model.{kind.value}", "", known.cue(place, words)


def _chance(score: int) -> float:
    return 1 / (1 + math.exp(-score / SCALE))


def surest(
    rules: Sequence[Compiled], candidates: int, sentence: Sentence
) -> Iterator[tuple[Compiled, re.Match[str] | None]]:
    """The first rule of each kind that fits, in the order of the kinds; without a match one that would, had
    nothing voided it."""
    while candidates:
        lowest = candidates & -candidates
        rule = rules[lowest.bit_length() - 1]
        found = rule.says.find(sentence)
        unvoided = found and _unvoided(rule, sentence, found)
        if found:
            yield rule, unvoided
        candidates = candidates & ~rule.later if unvoided else candidates ^ lowest


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
        if found is None:
            return None
        denies = rule.denies and _asks_for_denial(rule, sentence, found)
        if not is_void(rule.table, sentence, found, denies=denies, anyone=rule.anyone):
            return found
        found = rule.says.find(sentence, max(found.end(), found.start() + 1))
    return None


def _asks_for_denial(rule: Compiled, sentence: Sentence, found: re.Match[str]) -> bool:
    """Whether the rule would not fit here without the denials in its match: those are its own, not of what it says."""
    affirmed, places = affirm(found[0]) if is_denying(sentence) else ("", [])
    if not places:
        return True
    start, text = found.start(), sentence.text
    rest = Sentence(said := text[:start] + affirmed + text[found.end() :], part_words(said))
    again = rule.says.regex.match(said, start)
    return again is None or again.end() > start + len(affirmed) or _is_excepted(rule, rest)


def _is_denied(known: Index, kind: int, sentence: Sentence) -> bool:
    """Whether a rule of the kind would fit, had a denial before or within its words not been there."""
    if not is_denying(sentence):
        return False
    said, places = affirm(sentence.text)
    apart = part_words(said)
    affirmed = Sentence(said, apart)
    candidates, _, _ = known.read(blur(apart).split(), said, known.in_thinking)
    for rule in known.rules:
        if rule.bit & candidates and rule.kind == kind and rule.table.if_denied:
            found = rule.says.find(affirmed)
            if found and any(
                place < found.end() and reaches(said, place, found.start()) for place in places
            ):
                return True
    return False
