"""The one pass over a text: sentences, the rules whose words they hold, what voids a match.

A sentence has at most one finding of a kind: the surest rule's. Linear in the length of the text.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from understudy.curate.signals.findings import Finding, Kind, Where
from understudy.curate.signals.guards import holds_denial, is_void
from understudy.curate.signals.pattern import Pattern, compile_alternatives, compile_pattern
from understudy.curate.signals.rule import Table
from understudy.curate.signals.rules import TABLES
from understudy.curate.signals.sentence import Sentence
from understudy.curate.signals.text import mask, sentences

# A voided match may hide a good one behind it; a sentence full of them is not worth more looks.
_LOOKS = 3


@dataclass(frozen=True, slots=True)
class _Compiled:
    """A rule ready to search. `rank` orders the rules of a kind, the surest first."""

    rank: int
    table: Table
    name: str
    confidence: float
    tag: str
    says: Pattern
    unless: tuple[Pattern, ...]
    denies: bool
    thinking_only: bool


def find_signals(text: str, where: Where, index: int = 0) -> Iterator[Finding]:
    """The findings of one text in its order. Raises nothing, whatever the text."""
    if not text:
        return
    rules, keys = _index()
    masked = mask(text)
    for start, end in sentences(text, masked):
        sentence = Sentence(masked[start:end])
        known = keys & sentence.words
        if not known:
            continue
        best: dict[Kind, tuple[_Compiled, re.Match[str]]] = {}
        for key in known:
            for rule in rules[key]:
                if (held := best.get(rule.table.kind)) and held[0].rank <= rule.rank:
                    continue
                if rule.thinking_only and where is not Where.THINKING:
                    continue
                if found := _apply(rule, sentence):
                    best[rule.table.kind] = (rule, found)
        for rule, found in best.values():
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


def _apply(rule: _Compiled, sentence: Sentence) -> re.Match[str] | None:
    found = rule.says.find(sentence)
    if found is None or any(pattern.find(sentence) for pattern in rule.unless):
        return None
    for _ in range(_LOOKS):
        if not is_void(rule.table, sentence.text, found, denies=rule.denies):
            return found
        found = rule.says.find(sentence, max(found.end(), found.start() + 1))
        if found is None:
            break
    return None


@lru_cache(maxsize=1)
def _index() -> tuple[dict[str, tuple[_Compiled, ...]], frozenset[str]]:
    """Compiled at the first use, not at import."""
    index: dict[str, list[_Compiled]] = {}
    for table in TABLES:
        ordered = sorted(table.rules, key=lambda rule: -rule.confidence)
        for rank, rule in enumerate(ordered):
            pattern = compile_pattern(rule.says)
            compiled = _Compiled(
                rank=rank,
                table=table,
                name=f"{table.kind.value}.{rule.name}",
                confidence=rule.confidence,
                tag=rule.tag,
                says=pattern,
                unless=compile_alternatives(rule.unless),
                denies=holds_denial(rule.says),
                thinking_only=rule.thinking_only,
            )
            for key in pattern.keys:
                index.setdefault(key, []).append(compiled)
    return {key: tuple(rules) for key, rules in index.items()}, frozenset(index)
