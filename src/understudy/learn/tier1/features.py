"""The structured inputs of the network: their names, and what query and item texts alone tell.

The width is the number of names below; nothing else states it.
"""

import re
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from math import log1p

import numpy as np

from understudy.learn.tier1.tensors import Array

# Of a pair of query and item, in the list that the item stands in.
PAIR = (
    "cosine", "cosine_gap", "word_overlap", "query_overlap", "relevance", "relevance_known", "place",
    "memory_part", "memory", "positive_similarity", "negative_similarity", "positive_centroid",
    "negative_centroid", "list_length",
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
    "denies", "dates", "compares", "ranks", "asks_for_all",
)  # fmt: skip
STRUCTURED = PAIR + ITEM + QUERY
COLUMN = {name: place for place, name in enumerate(PAIR)}

# What is read of a text word by word: a pasted file must not hold up an answer.
READ_CHARS = 4096
# What is hashed of a query: each further word would say less beside the others, and cost as much.
HASHED_WORDS = 64
_WORD = re.compile(r"[^\W_]+")
_OPENINGS = (
    ("what", "whats"), ("how",), ("why",), ("when", "where"), ("who", "which"),
    ("can", "could", "would", "will", "please"), ("is", "are", "do", "does", "did", "was", "has"),
    ("i", "my", "me", "im", "ive"),
)  # fmt: skip
# Anywhere in it, in the order of QUERY's last names; a word's own letters alone ("don't" is "don" and "t").
_SAID = tuple(
    frozenset(words.split())
    for words in (
        "not no never without t nothing none cannot except",
        "today yesterday tomorrow now last next hour hours day days week weeks month months year years "
        "since until ago before after during when time date trend history monday friday weekend",
        "compare compared comparison versus vs than between difference different against better worse",
        "most least highest lowest best worst top biggest largest smallest maximum minimum max min first",
        "all every each list show overview summary everything any both",
    )
)
_OPENING = {word: place for place, words in enumerate(_OPENINGS) for word in words}


@dataclass(frozen=True, slots=True)
class Item:
    """What may be shown: `key` is its identity, `text` is what it is embedded and matched by."""

    key: str
    text: str


@dataclass(frozen=True, slots=True)
class Query:
    """A query text with everything about it that no feedback changes: its vector (hashed words, then
    the embedding), then its facts."""

    text: str
    numbers: Array
    words: frozenset[str]

    @property
    def vector(self) -> Array:
        return self.numbers[: -len(QUERY)]


def input_width(dimension: int) -> int:
    """Embeddings of query and item, then the structured inputs."""
    return 2 * dimension + len(STRUCTURED)


def read_query(text: str, embedding: Array, buckets: int) -> Query:
    """Of a long text the beginning, but for its length."""
    words, length = split_words(text), len(text)
    text = text[:READ_CHARS]
    opening = [0.0] * len(_OPENINGS)
    if words and words[0] in _OPENING:
        opening[_OPENING[words[0]]] = 1.0
    facts = [
        log1p(len(words)) / 4,
        log1p(length) / 6,
        float("?" in text),
        float(any(map(str.isdigit, text))),
        min(1.0, text.count(",") / 3),
        *opening,
        float(not any(opening)),
        *(float(not said.isdisjoint(words)) for said in _SAID),
    ]
    numbers = np.concatenate([hash_words(words, buckets), embedding, facts], dtype=np.float32)
    return Query(text, numbers, frozenset(words))


def hash_words(words: Sequence[str], buckets: int) -> Array:
    """Words and pairs of words, added up with a sign each (Weinberger et al. 2009), as a unit vector."""
    if not buckets or not words:
        return np.zeros(buckets, dtype=np.float32)
    known = words[:HASHED_WORDS]
    pairs = (f"{one} {other}" for one, other in zip(["", *known], [*known, ""], strict=True))
    hashes = np.array([zlib.crc32(one.encode()) for one in {*known, *pairs}])
    found = np.bincount(hashes % buckets, np.where(hashes >> 31, 1.0, -1.0), buckets)
    # Where all cancel out there is nothing to scale.
    scaled: Array = (found / max(1.0, float(np.linalg.norm(found)))).astype(np.float32)
    return scaled


def split_words(text: str) -> list[str]:
    """Of a long text those of its beginning."""
    return [word.lower() for word in _WORD.findall(text[:READ_CHARS])]


def overlaps(query: Query, items: Sequence[frozenset[str]]) -> Array:
    """Shared words as a share of the item's and of the query's; one row an item."""
    found: list[float] = []
    for words in items:
        shared = 0 if words.isdisjoint(query.words) else len(words & query.words)
        found += (shared / len(words), shared / len(query.words)) if shared else (0.0, 0.0)
    return np.array(found, dtype=np.float32).reshape(-1, 2)
