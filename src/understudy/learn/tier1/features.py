"""The structured inputs of the network: their names, and what query and item texts alone tell.

The width is the number of names below; nothing else states it.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from math import log1p

import numpy as np

from understudy.learn.tier1.tensors import Array

# Of a pair of query and item, in the list that the item stands in.
PAIR = (
    "cosine", "cosine_margin", "word_overlap", "query_overlap", "relevance", "relevance_known",
    "relevance_margin", "place", "memory_part", "memory_part_margin", "memory", "memory_margin",
    "positive_similarity", "negative_similarity", "positive_centroid", "negative_centroid",
    "best_cosine", "best_memory", "list_length",
)  # fmt: skip
# Of the item alone: what feedback it got, and its text.
ITEM = (
    "bias", "average_fast", "average_slow", "shown", "positive", "negative", "never_shown", "trust",
    "positive_share", "surprise", "item_words", "item_chars",
)  # fmt: skip
# Of the query alone.
QUERY = (
    "words", "chars", "question_mark", "digits", "commas", "asks_what", "asks_how", "asks_why",
    "asks_when_where", "asks_who_which", "asks_can", "asks_is", "says_i", "says_other",
)  # fmt: skip
STRUCTURED = PAIR + ITEM + QUERY
COLUMN = {name: place for place, name in enumerate(PAIR)}

_WORD = re.compile(r"[^\W_]+")
_OPENINGS = (
    ("what", "whats"), ("how",), ("why",), ("when", "where"), ("who", "which"),
    ("can", "could", "would", "will", "please"), ("is", "are", "do", "does", "did", "was", "has"),
    ("i", "my", "me", "im", "ive"),
)  # fmt: skip
_OPENING = {word: place for place, words in enumerate(_OPENINGS) for word in words}


@dataclass(frozen=True, slots=True)
class Item:
    """What may be shown: `key` is its identity, `text` is what it is embedded and matched by."""

    key: str
    text: str


@dataclass(frozen=True, slots=True)
class Query:
    """A query text with everything about it that no feedback changes: its vector, then its facts."""

    text: str
    numbers: Array
    words: frozenset[str]

    @property
    def vector(self) -> Array:
        return self.numbers[: -len(QUERY)]


def input_width(dimension: int) -> int:
    """Embeddings of query and item, then the structured inputs."""
    return 2 * dimension + len(STRUCTURED)


def read_query(text: str, vector: Array) -> Query:
    words = split_words(text)
    opening = [0.0] * len(_OPENINGS)
    if words and words[0] in _OPENING:
        opening[_OPENING[words[0]]] = 1.0
    facts = [
        log1p(len(words)) / 4,
        log1p(len(text)) / 6,
        float("?" in text),
        float(any(map(str.isdigit, text))),
        min(1.0, text.count(",") / 3),
        *opening,
        float(not any(opening)),
    ]
    numbers = np.empty(len(vector) + len(QUERY), dtype=np.float32)
    numbers[: len(vector)], numbers[len(vector) :] = vector, facts
    return Query(text, numbers, frozenset(words))


def split_words(text: str) -> list[str]:
    return [word.lower() for word in _WORD.findall(text)]


def overlaps(query: Query, items: Sequence[frozenset[str]]) -> Array:
    """Shared words as a share of the item's and of the query's; one row an item."""
    found: list[float] = []
    for words in items:
        shared = 0 if words.isdisjoint(query.words) else len(words & query.words)
        found += (shared / len(words), shared / len(query.words)) if shared else (0.0, 0.0)
    return np.array(found, dtype=np.float32).reshape(-1, 2)
