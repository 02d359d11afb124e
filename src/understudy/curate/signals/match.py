"""The one pass over a text: sentences, the rules whose words they hold, what voids a match.

A sentence has at most one finding of a kind: the surest rule's. Linear in the length of the text.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache

from understudy.curate.signals.findings import Finding, Where
from understudy.curate.signals.guards import holds_denial, is_void
from understudy.curate.signals.pattern import Pattern, compile_alternatives, compile_pattern
from understudy.curate.signals.rule import Table
from understudy.curate.signals.rules import TABLES
from understudy.curate.signals.sentence import Sentence, part_words
from understudy.curate.signals.text import mask, sentences

# A voided match may hide a good one behind it; a sentence full of them is not worth more looks.
_LOOKS = 3


@dataclass(frozen=True, slots=True, eq=False)
class _Compiled:
    """A rule ready to search. `slot` is its kind, `rank` orders the rules of a kind, the surest first."""

    slot: int
    rank: int
    needs: tuple[frozenset[str], ...]
    table: Table
    name: str
    confidence: float
    tag: str
    says: Pattern
    unless: tuple[Pattern, ...]
    denies: bool
    thinking_only: bool
    anyone: bool


@dataclass(frozen=True, slots=True)
class _Entry:
    """The rules that a word calls: those that it is enough for, and those that want more words too."""

    enough: frozenset[_Compiled]
    tailed: tuple[tuple[frozenset[str], _Compiled], ...]


def find_signals(text: str, where: Where, index: int = 0) -> Iterator[Finding]:
    """The findings of one text in its order. Raises nothing, whatever the text."""
    if not text:
        return
    rules, keys = _index()
    masked = mask(text)
    apart = part_words(masked)
    for start, end in sentences(text, masked):
        sentence = Sentence(masked[start:end], apart[start:end])
        known = keys & sentence.words
        if known:
            words, candidates = sentence.words, set[_Compiled]()
            for key in known:
                entry = rules[key]
                candidates |= entry.enough
                for tail, rule in entry.tailed:
                    if tail <= words:
                        candidates.add(rule)
            for rule, found in _best(candidates, sentence, where):
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


def _best(
    candidates: Iterable[_Compiled], sentence: Sentence, where: Where
) -> Iterable[tuple[_Compiled, re.Match[str]]]:
    """The surest match of each kind."""
    best: dict[int, tuple[_Compiled, re.Match[str]]] = {}
    words, thinking = sentence.words, where is Where.THINKING
    for rule in candidates:
        for need in rule.needs:
            if need.isdisjoint(words):
                break
        else:
            held = best.get(rule.slot)
            if (held and held[0].rank <= rule.rank) or (rule.thinking_only and not thinking):
                continue
            found = rule.says.find(sentence)
            if found and (found := _unvoided(rule, sentence, found)):
                best[rule.slot] = (rule, found)
    return best.values()


def _unvoided(
    rule: _Compiled, sentence: Sentence, found: re.Match[str] | None
) -> re.Match[str] | None:
    """The match, or the next one that nothing voids."""
    if any(pattern.find(sentence) for pattern in rule.unless):
        return None
    for _ in range(_LOOKS):
        if found is None or not is_void(
            rule.table, sentence.text, found, denies=rule.denies, anyone=rule.anyone
        ):
            return found
        found = rule.says.find(sentence, max(found.end(), found.start() + 1))
    return None


@lru_cache(maxsize=1)
def _index() -> tuple[dict[str, _Entry], frozenset[str]]:
    """Compiled at the first use, not at import."""
    enough: dict[str, set[_Compiled]] = {}
    tailed: dict[str, list[tuple[frozenset[str], _Compiled]]] = {}
    for slot, table in enumerate(TABLES):
        ordered = sorted(table.rules, key=lambda rule: -rule.confidence)
        for rank, rule in enumerate(ordered):
            pattern = compile_pattern(rule.says)
            compiled = _Compiled(
                slot=slot,
                rank=rank,
                needs=pattern.needs,
                table=table,
                name=f"{table.kind.value}.{rule.name}",
                confidence=rule.confidence,
                tag=rule.tag,
                says=pattern,
                unless=compile_alternatives(rule.unless),
                denies=holds_denial(rule.says),
                thinking_only=rule.thinking_only,
                anyone=rule.anyone,
            )
            for key, tails in pattern.keys.items():
                alone = enough.setdefault(key, set())
                with_others = tailed.setdefault(key, [])
                if tails:
                    with_others += ((tail, compiled) for tail in tails)
                else:
                    alone.add(compiled)
    index = {key: _Entry(frozenset(enough[key]), tuple(tailed[key])) for key in enough}
    return index, frozenset(index)
