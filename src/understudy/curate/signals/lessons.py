"""What the weights are fitted to: the sentences of marked texts with their features, and the rules' examples.

Sees a sentence as match.py does. Reads no blind half.
"""

import itertools
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from understudy.curate.signals.findings import Kind, Where
from understudy.curate.signals.gold import Label, Marked, read_gold, shares
from understudy.curate.signals.index import EDGE, LAST, Index, blur
from understudy.curate.signals.match import surest
from understudy.curate.signals.model import ALWAYS, KINDS, STARTS, Feature, Sort, Weights
from understudy.curate.signals.rules import TABLES
from understudy.curate.signals.sentence import Sentence, part_words
from understudy.curate.signals.text import mask, sentences

FILES = ("signals_gold.jsonl", "signals_by_others.jsonl")
# Their texts the rules were mended on: how often a rule is right there says nothing of others' texts.
MENDED = frozenset({"gold", "w1", "w2", "w3"})
EXAMPLE = "example"
_MARKED = re.compile(rf"[^\w\s]{re.escape(LAST)}?")


@dataclass(frozen=True, slots=True)
class Seen:
    """A sentence with what it shows. `kinds` are those marked; of `known` alone that is known."""

    writer: str
    features: Counter[Feature]
    kinds: frozenset[Kind]
    known: frozenset[Kind] = frozenset(KINDS)


def read_seen(folder: Path) -> list[Seen]:
    index = Index(TABLES, Weights({}))
    gold, others = (read_gold(folder / name) for name in FILES)
    written = [*(("gold", one) for one in gold), *((one.id.split("-")[0], one) for one in others)]
    return [
        row for writer, one in written if one.half == "seen" for row in _rows(one, writer, index)
    ]


def read_examples() -> Iterator[Seen]:
    """What the rules find and do not find; of other kinds than the rule's nothing is known."""
    index = Index(TABLES, Weights({}))
    for table in TABLES:
        for rule in table.rules:
            for text, kinds in ((rule.example, (table.kind,)), (rule.counter, ())):
                labels = tuple(Label(kind, Where.THINKING, 0, len(text)) for kind in kinds)
                marked = Marked("", "seen", "", {Where.THINKING: text}, labels)
                for row in _rows(marked, EXAMPLE, index):
                    yield replace(row, known=frozenset({table.kind}))


def _rows(one: Marked, writer: str, index: Index) -> Iterator[Seen]:
    for where, text in one.texts.items():
        masked = mask(text)
        apart = part_words(masked)
        for start, end in sentences(text, masked):
            features = Counter(
                features_of(
                    masked[start:end], apart[start:end], index, where, rules=writer not in MENDED
                )
            )
            kinds = frozenset(
                label.kind
                for label in one.labels
                if label.where is where and shares(label, start, end)
            )
            yield Seen(writer, features, kinds)


def features_of(
    masked: str, apart: str, index: Index, where: Where, *, rules: bool
) -> Iterator[Feature]:
    words = blur(apart).split()
    yield Sort.WORDS, ALWAYS
    yield from ((Sort.WORDS, word) for word in words)
    yield from ((Sort.START, word) for word in words[:STARTS])
    yield from (
        (Sort.WORDS, f"{first} {second}")
        for first, second in itertools.pairwise([EDGE, *words, EDGE])
    )
    yield from (
        (Sort.MARK, mark) for mark in {*masked, masked[-1] + LAST} if _MARKED.fullmatch(mark)
    )
    allowed = index.in_thinking if where is Where.THINKING else index.in_answers
    candidates, _, _ = index.read(words, masked, allowed)
    yield from (
        (Sort.COULD, rule.name) for place, rule in enumerate(index.rules) if candidates >> place & 1
    )
    if rules:
        for rule, match in surest(index.rules, candidates, Sentence(masked, apart)):
            if match:
                yield Sort.FOUND, rule.name
                yield Sort.FOUND, rule.table.kind.value
