"""Which rules a sentence could hold, read off its words and pairs of words, for all rules at once.

One whole number for each: a bit for every rule that wants it, in each field of rules. The numbers of a sentence
are joined by `or`, their fields by `and`: what is left are the rules worth a search. Refuses no rule.
"""

import itertools
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache

from understudy.curate.signals.guards import GUARD_WORDS, holds_denial
from understudy.curate.signals.pattern import Pattern, compile_alternatives, compile_pattern
from understudy.curate.signals.rule import Rule, Table
from understudy.curate.signals.rules import TABLES
from understudy.curate.signals.sentence import Sign

# The rarest sign that a rule needs, the next rarest, …: a fourth would drop one candidate in a hundred.
_FIELDS = 3
# The number of a word, and those that it makes with a word before it.
_Entry = tuple[int, dict[str, int]]


@dataclass(frozen=True, slots=True, eq=False)
class Compiled:
    """A rule ready to search. `exceptions`: a sentence without one of these signs shows none of the
    `unless`; `later` has the bits of the less sure rules of its kind."""

    table: Table
    name: str
    confidence: float
    tag: str
    says: Pattern
    unless: tuple[Pattern, ...]
    exceptions: frozenset[Sign]
    denies: bool
    anyone: bool
    later: int


class Index:
    """Owns the rules, ordered by kind and within it the surest first, and the number of every sign."""

    def __init__(self, tables: Iterable[Table]) -> None:
        self.rules: list[Compiled] = []
        self.in_answers = 0
        for table in tables:
            self._add(table)
        self.in_thinking = (1 << len(self.rules)) - 1
        self._given = 0
        bits: dict[Sign, int] = dict.fromkeys(_looked_for(self.rules), 0)
        for place, rule in enumerate(self.rules):
            for field in range(_FIELDS):
                bit = 1 << (field * len(self.rules) + place)
                if field >= len(rule.says.needs):
                    self._given |= bit
                    continue
                for sign in rule.says.needs[field]:
                    bits[sign] |= bit
        self._words = _by_word(bits)

    def read(self, words: Iterable[str], allowed: int) -> tuple[int, list[Sign]]:
        """A bit for each allowed rule that these words do not exclude, and the signs that any rule asks about."""
        held, known, before, numbers = self._given, list[Sign](), "", self._words
        for word in words:
            if word in numbers:
                bits, firsts = numbers[word]
                known.append(word)
                if bits:
                    held |= bits
                if firsts and before in firsts:
                    held |= firsts[before]
                    known.append((before, word))
            before = word
        left = held & allowed
        for _ in range(_FIELDS - 1):
            held >>= len(self.rules)
            left &= held
        return left, known

    def _add(self, table: Table) -> None:
        ordered = sorted(table.rules, key=lambda rule: -rule.confidence)
        end = len(self.rules) + len(ordered)
        for rule in ordered:
            place = len(self.rules)
            later = (1 << end) - (1 << place)
            self.rules.append(_compile(rule, table, later))
            self.in_answers |= 0 if rule.thinking_only else 1 << place


@lru_cache(maxsize=1)
def load_index() -> Index:
    """Compiled at the first use, not at import."""
    return Index(TABLES)


def _by_word(bits: Mapping[Sign, int]) -> dict[str, _Entry]:
    """What each word tells. Words that tell the same share it: a cache holds them all."""
    firsts: dict[str, dict[str, int]] = {sign: {} for sign in bits if isinstance(sign, str)}
    shared: dict[int, int] = {}
    for sign, number in bits.items():
        if not isinstance(sign, str):
            first, second = sign
            firsts.setdefault(second, {})[first] = shared.setdefault(number, number)
    entries: dict[int, _Entry] = {}
    words: dict[str, _Entry] = {}
    for word, before in firsts.items():
        number = bits.get(word, 0)
        entry = shared.setdefault(number, number), before
        words[word] = entry if before else entries.setdefault(number, entry)
    return words


def _looked_for(rules: Iterable[Compiled]) -> Iterator[Sign]:
    yield from GUARD_WORDS
    for rule in rules:
        for pattern in (rule.says, *rule.unless):
            yield from itertools.chain(pattern.starts or (), *pattern.needs)


def _compile(rule: Rule, table: Table, later: int) -> Compiled:
    unless = compile_alternatives(rule.unless)
    return Compiled(
        table=table,
        name=f"{table.kind.value}.{rule.name}",
        confidence=rule.confidence,
        tag=rule.tag,
        says=compile_pattern(rule.says),
        unless=unless,
        exceptions=frozenset().union(*(pattern.needs[0] for pattern in unless)),
        denies=holds_denial(rule.says),
        anyone=rule.anyone,
        later=later,
    )
