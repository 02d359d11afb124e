"""Which rules a sentence could hold and how each kind scores, read off its words and pairs of words at once.

For the rules one whole number a sign: a bit for every rule that wants it, in each field of rules. The numbers of a
sentence are joined by `or`, their fields by `and`: what is left are the rules worth a search. For the scores
another number, joined by `+` (model.py). Refuses no rule.
"""

import itertools
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

from understudy.curate.signals.guards import GUARD_WORDS, holds_denial
from understudy.curate.signals.model import (
    ALWAYS,
    KINDS,
    STARTS,
    ZERO,
    Packed,
    Sort,
    Weights,
    bit_of,
    load_weights,
    pack,
)
from understudy.curate.signals.pattern import Pattern, compile_alternatives, compile_pattern
from understudy.curate.signals.rule import Rule, Table
from understudy.curate.signals.rules import TABLES
from understudy.curate.signals.sentence import MARKS, Sign

# The rarest sign that a rule needs, the next rarest, …: a fourth would drop one candidate in a hundred.
_FIELDS = 3
# Before the first word and behind the last; no text holds it, since its marks become blanks.
EDGE = "|"
# Put behind a sentence's last letter: the mark that it ends with.
LAST = "$"
_NOTHING = itertools.repeat(0)
# Hundredths that a sentence's marks add at most, in all but strange ones: further from 0 they are not looked at.
_NEAR = 200
_WORD = re.compile(r"\S+")
_DIGITS = str.maketrans("123456789", "0" * 9)
# The rules that want a word, its weight, and both for each word before it.
_Numbers = tuple[int, Packed, dict[str, tuple[int, Packed]]]


@dataclass(frozen=True, slots=True, eq=False)
class Compiled:
    """A rule ready to search. `exceptions`: a sentence without one of these signs shows none of the
    `unless`; `could` is what its words add to the scores, `found` what a match adds; `later` has its
    bit and those of the less sure rules of its kind."""

    table: Table
    kind: int
    name: str
    confidence: float
    tag: str
    says: Pattern
    unless: tuple[Pattern, ...]
    exceptions: frozenset[Sign]
    denies: bool
    anyone: bool
    of_kind: Packed
    could: Packed
    found: Packed
    bit: int = 0
    later: int = 0


class Index:
    """Owns the rules, ordered by kind and within it the surest first, and the numbers of every sign."""

    def __init__(self, tables: Sequence[Table], weights: Weights) -> None:
        self.rules: list[Compiled] = []
        self.in_answers = 0
        for kind, table in enumerate(tables):
            self._add(kind, table, weights)
        self.in_thinking = (1 << len(self.rules)) - 1
        self.weights = weights
        self._given, signs = self._needs()
        words = weights.packed(Sort.WORDS)
        self._always = words.pop(ALWAYS, 0)
        self._marks = weights.packed(Sort.MARK)
        self._starts = weights.packed(Sort.START)
        self._asked = {sign: rules for sign, rules in signs.items() if MARKS.fullmatch(sign)}
        self._near = pack([_NEAR] * len(KINDS))
        self._words = _by_word(signs, words)
        ends = self._words.pop(EDGE, (0, 0, {}))[2]
        self._ends = {word: weight for word, (_, weight) in ends.items()}

    def read(
        self, words: Sequence[str], masked: str, allowed: int
    ) -> tuple[int, Packed, list[Sign]]:
        """A bit for each allowed rule that is worth a search, the packed score of the kinds, and the signs that
        were known."""
        held, before, numbers = self._given, EDGE, self._words
        score = sum(map(self._starts.get, words[:STARTS], _NOTHING), self._always)
        known: list[Sign] = []
        for word in words:
            if word in numbers:
                rules, weight, firsts = numbers[word]
                known.append(word)
                score += weight
                if rules:
                    held |= rules
                if before in firsts:
                    rules, weight = firsts[before]
                    known.append((before, word))
                    score += weight
                    held |= rules
            before = word
        score += self._ends.get(before, 0)
        candidates = self._candidates(held, masked, known) & allowed
        if candidates or (score + self._near + ZERO) & ZERO:
            score = sum(map(self._marks.get, {*masked, masked[-1:] + LAST}, _NOTHING), score)
            candidates, score = self._worth(candidates, score)
        return candidates, score, known

    def _candidates(self, held: int, masked: str, known: list[Sign]) -> int:
        """The rules that have a sign in each field; the marks of the sentence join those that are known."""
        # Of the marks that a rule asks for, one is ASCII: most sentences need no search.
        for mark in () if masked.isascii() and "[" not in masked else MARKS.findall(masked):
            held |= self._asked.get(mark, 0)
            known.append(mark)
        candidates = held
        for _ in range(_FIELDS - 1):
            held >>= len(self.rules)
            candidates &= held
        return candidates

    def cue(self, kind: int, blurred: str) -> tuple[int, int]:
        """Where the words stand that speak most for a kind."""
        rows, before = self.weights.rows, None
        best, place = 0, (0, len(blurred))
        for word in _WORD.finditer(blurred):
            for first in (word, before):
                name = word[0] if first is word else f"{before[0]} {word[0]}" if before else ""
                weight = rows[Sort.WORDS, name][kind] if (Sort.WORDS, name) in rows else 0
                if first and weight > best:
                    best, place = weight, (first.start(), word.end())
            before = word
        return place

    def _worth(self, candidates: int, score: Packed) -> tuple[int, Packed]:
        """Without the rules whose match would not lift their kind to a finding."""
        rules, left = [], candidates
        while left:
            lowest = left & -left
            rule = self.rules[lowest.bit_length() - 1]
            rules.append(rule)
            score += rule.could
            left ^= lowest
        for rule in rules:
            if not (score + rule.found + ZERO) & rule.of_kind:
                candidates ^= rule.bit
        return candidates, score

    def _add(self, kind: int, table: Table, weights: Weights) -> None:
        ordered = sorted(table.rules, key=lambda rule: -rule.confidence)
        end = len(self.rules) + len(ordered)
        for rule in ordered:
            place = len(self.rules)
            compiled = _compile(rule, table, kind, weights)
            later = (1 << end) - (1 << place)
            self.rules.append(replace(compiled, bit=1 << place, later=later))
            self.in_answers |= 0 if rule.thinking_only else 1 << place

    def _needs(self) -> tuple[int, dict[str, int]]:
        """The bits that every sentence has, and those of each sign."""
        given, bits = 0, dict.fromkeys(_looked_for(self.rules), 0)
        for place, rule in enumerate(self.rules):
            for field in range(_FIELDS):
                bit = 1 << (field * len(self.rules) + place)
                if field >= len(rule.says.needs):
                    given |= bit
                    continue
                for sign in rule.says.needs[field]:
                    name = blur(sign if isinstance(sign, str) else " ".join(sign))
                    bits[name] = bits.get(name, 0) | bit
        return given, bits


@lru_cache(maxsize=1)
def load_index() -> Index:
    """Compiled at the first use, not at import."""
    return Index(TABLES, load_weights())


def blur(apart: str) -> str:
    """Digits are all alike: what is known of a number holds for others."""
    return apart.translate(_DIGITS)


def _looked_for(rules: Iterable[Compiled]) -> Iterator[str]:
    """What a rule, its exceptions or the guards ask of a sentence."""
    yield from GUARD_WORDS
    for rule in rules:
        for pattern in (rule.says, *rule.unless):
            for sign in itertools.chain(pattern.starts or (), *pattern.needs):
                yield blur(sign if isinstance(sign, str) else " ".join(sign))


def _by_word(signs: Mapping[str, int], weights: Mapping[str, Packed]) -> dict[str, _Numbers]:
    """What each word tells, and with the word before it. Equal numbers are one: a cache holds them all."""
    shared: dict[int, int] = {}
    numbers: dict[str, _Numbers] = {}
    for name in {**signs, **weights}:
        rules, weight = signs.get(name, 0), weights.get(name, 0)
        told = shared.setdefault(rules, rules), shared.setdefault(weight, weight)
        first, _, word = name.rpartition(" ")
        if first:
            numbers.setdefault(word, (0, 0, {}))[2][first] = told
        else:
            numbers[word] = *told, numbers.get(word, (0, 0, {}))[2]
    return numbers


def _compile(rule: Rule, table: Table, kind: int, weights: Weights) -> Compiled:
    name = f"{table.kind.value}.{rule.name}"
    unless = compile_alternatives(rule.unless)
    return Compiled(
        table=table,
        kind=kind,
        name=name,
        confidence=rule.confidence,
        tag=rule.tag,
        says=compile_pattern(rule.says),
        unless=unless,
        exceptions=frozenset().union(*(pattern.needs[0] for pattern in unless)),
        denies=holds_denial(rule.says),
        anyone=rule.anyone,
        could=pack(weights.row(Sort.COULD, name)),
        found=pack(weights.row(Sort.FOUND, name)),
        of_kind=bit_of(kind),
    )
