"""Which rules a sentence could hold and how each kind scores, read off its words and pairs of words at once.

For the rules one whole number a sign: a bit for every rule that wants it, in each field of rules. The numbers of a
sentence are joined by `or`, their fields by `and`: what is left are the rules worth a search. For the scores
another number, joined by `+` (model.py). Refuses no rule.
"""

import itertools
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from understudy.curate.signals.guards import holds_denial
from understudy.curate.signals.model import (
    ALWAYS,
    Packed,
    Sort,
    Weights,
    load_weights,
    pack,
    reach_zero,
    unpack,
)
from understudy.curate.signals.pattern import Pattern, compile_alternatives, compile_pattern
from understudy.curate.signals.rule import Rule, Table
from understudy.curate.signals.rules import TABLES
from understudy.curate.signals.sentence import Sign

# The rarest sign that a rule needs, the next rarest, …: a fourth would drop one candidate in a hundred.
_FIELDS = 3
# Before the first word and behind the last; no text holds it, since its marks become blanks.
EDGE = "|"
# Put behind a sentence's last letter: the mark that it ends with.
LAST = "$"
# The marks that a rule may ask for.
_ASKED = "✓✔✅☑[ª"
_WORD = re.compile(r"\S+")
_DIGITS = str.maketrans("123456789", "0" * 9)
# The rules that want a sign, and its weight.
_Numbers = tuple[int, Packed]


@dataclass(frozen=True, slots=True, eq=False)
class Compiled:
    """A rule ready to search. `exceptions`: a sentence without one of these signs shows none of the
    `unless`; `later` has the bits of the less sure rules of its kind; `could` is what its words add to
    the scores, `found` what a match adds to the score of its kind."""

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
    later: int
    could: Packed
    found: int


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
        self._glances = weights.packed(Sort.GLANCE)
        self._first = self._glances.pop(ALWAYS, 0)
        words, marks = weights.packed(Sort.WORDS), weights.packed(Sort.MARK)
        self._always = words.pop(ALWAYS, 0)
        self._words = {
            name: (signs.get(name, 0), words.get(name, 0))
            for name in {**signs, **words}
            if " " not in name
        }
        self._pairs: dict[str, dict[str, _Numbers]] = {}
        for name in {**signs, **words}:
            if " " in name:
                before, word = name.split(" ")
                pairs = self._pairs.setdefault(word, {})
                pairs[before] = signs.get(name, 0), words.get(name, 0)
        self._marks = {name: (signs.get(name, 0), marks.get(name, 0)) for name in {*_ASKED, *marks}}

    def glance(self, words: Iterable[str]) -> bool:
        """Whether these words are worth a reading."""
        weights = map(self._glances.get, words, itertools.repeat(0))
        return reach_zero(sum(weights, self._first)) != 0

    def read(self, words: Iterable[str], masked: str, allowed: int) -> tuple[int, list[int]]:
        """A bit for each allowed rule that is worth a search, and the score of each kind."""
        held, total, before = self._given, self._always, EDGE
        entries, pairs = self._words, self._pairs
        for word in words:
            if word in entries:
                bits, weight = entries[word]
                held |= bits
                total += weight
            if word in pairs and before in (firsts := pairs[word]):
                bits, weight = firsts[before]
                held |= bits
                total += weight
            before = word
        for mark in (*{*masked}, masked[-1:] + LAST):
            if mark in self._marks:
                bits, weight = self._marks[mark]
                held |= bits
                total += weight
        candidates = held & allowed
        for _ in range(_FIELDS - 1):
            held >>= len(self.rules)
            candidates &= held
        return self._worth(candidates, total)

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

    def _worth(self, candidates: int, total: Packed) -> tuple[int, list[int]]:
        """Without the rules whose match would not lift their kind to a finding."""
        places = list(_bits(candidates))
        scores = unpack(sum((self.rules[place].could for place in places), total))
        for place in places:
            rule = self.rules[place]
            if scores[rule.kind] + rule.found < 0:
                candidates ^= 1 << place
        return candidates, scores

    def _add(self, kind: int, table: Table, weights: Weights) -> None:
        ordered = sorted(table.rules, key=lambda rule: -rule.confidence)
        end = len(self.rules) + len(ordered)
        for rule in ordered:
            place = len(self.rules)
            later = (1 << end) - (1 << place)
            self.rules.append(_compile(rule, table, kind, later, weights))
            self.in_answers |= 0 if rule.thinking_only else 1 << place

    def _needs(self) -> tuple[int, Mapping[str, int]]:
        """The bits that every sentence has, and those of each sign."""
        given, bits = 0, dict[str, int]()
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


def _bits(number: int) -> Iterator[int]:
    while number:
        lowest = number & -number
        yield lowest.bit_length() - 1
        number ^= lowest


def _compile(rule: Rule, table: Table, kind: int, later: int, weights: Weights) -> Compiled:
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
        later=later,
        could=pack(weights.row(Sort.COULD, name)),
        found=weights.row(Sort.FOUND, name)[kind],
    )
