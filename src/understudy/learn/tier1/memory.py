"""What is remembered of past feedback, item by item: a linear judge, averages, centroids.

An item that was never shown has none of it, and is judged by its text alone.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from understudy.config import Ranker
from understudy.learn.tier1.tensors import Array, Ints

# Rows of an item in `vectors`: its text, its judge, sums of the queries it was liked and disliked on.
TEXT, JUDGE, LIKED, DISLIKED = range(4)
_ROWS = 4
_SCALARS = (
    "bias", "steps", "fast", "slow", "liked", "disliked", "liked_weight", "disliked_weight",
    "error_fast", "error_slow", "words", "chars",
)  # fmt: skip
_FAST, _SLOW = 0.2, 0.02
# An alarm needs this many pairs of an item, and this many standard deviations of its own error.
_ALARM_PAIRS = 12
_ALARM_DEVIATIONS = 3.0
# And a squared error that is no better than that of knowing nothing: of an item that was always predicted right,
# a few queries of another kind, predicted a little less surely, are many deviations.
_ALARM_ERROR = 0.25


@dataclass(slots=True)
class Pairs:
    """Feedback on single items: the place of its query among the `vectors`, the item's row, whether
    it was liked (0 to 1), the offset that its text alone gives (a logit)."""

    vectors: Array
    queries: Ints
    rows: Ints
    liked: Array
    offset: Array


class Memory:
    """`bias + judge · query` is learned on top of the offset by Adagrad whose past fades."""

    def __init__(self, dimension: int, settings: Ranker) -> None:
        """`dimension` is that of the embeddings; a query's hashed words stand before them."""
        self._settings = settings
        width = settings.word_buckets + dimension
        self.vectors = np.zeros((0, _ROWS, width), dtype=np.float32)
        self.scalars = np.zeros((0, len(_SCALARS)), dtype=np.float32)

    def add_items(self, texts_NE: Array, words: Sequence[int], chars: Sequence[int]) -> None:
        """New items, in the rows behind the others."""
        vectors = np.zeros((len(texts_NE), *self.vectors.shape[1:]), dtype=np.float32)
        # A text's words are no part of it: what is alike is for the embedding to say.
        vectors[:, TEXT, self._settings.word_buckets :] = texts_NE
        scalars = np.zeros((len(texts_NE), len(_SCALARS)), dtype=np.float32)
        scalars[:, _index("steps")] = _START
        scalars[:, _index("words")] = np.log1p(words) / 3
        scalars[:, _index("chars")] = np.log1p(chars) / 5
        scalars[:, [_index("error_fast"), _index("error_slow")]] = 0.25
        self.vectors = np.concatenate([self.vectors, vectors])
        self.scalars = np.concatenate([self.scalars, scalars])

    def add(self, other: "Memory") -> None:
        """What another one remembers of other items."""
        self.vectors = np.concatenate([self.vectors, other.vectors])
        self.scalars = np.concatenate([self.scalars, other.scalars])

    def describe(self, rows: Ints, other: "Memory") -> None:
        """These items have the texts of another one's; what was learned of them stays."""
        self.vectors[rows, TEXT] = other.vectors[:, TEXT]
        for name in ("words", "chars"):
            self.column(name)[rows] = other.column(name)

    def keep(self, rows: Ints) -> None:
        """These alone, in this order."""
        self.vectors, self.scalars = self.vectors[rows], self.scalars[rows]

    def column(self, name: str) -> Array:
        """A view: writing to it writes to the memory."""
        return self.scalars[:, _index(name)]

    def shown(self) -> Array:
        return self.column("liked") + self.column("disliked")

    def learn(self, pairs: Pairs) -> None:
        """One step of logistic regression for every item that the pairs are about."""
        if not len(pairs.rows):
            return
        touched, place = np.unique(pairs.rows, return_inverse=True)
        judge = self.vectors[touched, JUDGE]
        bias = self.column("bias")
        logit = pairs.offset + bias[pairs.rows]
        # Of every query with every item: a few too many products, but no pair's vector is copied.
        logit += (judge @ pairs.vectors.T)[place, pairs.queries]
        error = (0.5 + 0.5 * np.tanh(0.5 * logit) - pairs.liked).astype(np.float32)
        by_item = _spread(place, pairs.queries, error, (len(touched), len(pairs.vectors)))
        count = np.bincount(place, minlength=len(touched)).astype(np.float32)
        gradient = by_item @ pairs.vectors
        gradient += self._settings.memory_shrink * count[:, None] * judge
        steps = self.column("steps")
        decay = np.float32(self._settings.memory_decay) ** count
        steps[touched] = steps[touched] * decay + (gradient**2).sum(axis=1)
        rate = self._settings.memory_rate / np.sqrt(steps[touched])
        self.vectors[touched, JUDGE] -= rate[:, None] * gradient
        bias[touched] -= _BIAS_RATE * rate * by_item.sum(axis=1)

    def count(self, pairs: Pairs, predicted: Array) -> Ints:
        """Keep averages and centroids, each pair once; the rows whose liking seems to have changed."""
        reward = 2 * pairs.liked - 1
        self._count_sides(pairs, reward)
        rows = self._average(pairs.rows, reward, (predicted - pairs.liked) ** 2)
        fast, slow = self.column("error_fast")[rows], self.column("error_slow")[rows]
        # Of a mean over about 1 / _FAST squared errors, each in [0, 1] with mean `slow`.
        deviation = np.sqrt(slow * (1 - slow) * _FAST / (2 - _FAST))
        enough = self.shown()[rows] >= _ALARM_PAIRS
        alarming = np.maximum(slow + _ALARM_DEVIATIONS * deviation, _ALARM_ERROR)
        return rows[enough & (fast > alarming)]

    def forget(self, rows: Ints) -> None:
        """Start these items anew: what they were liked for no longer holds."""
        self.vectors[rows, JUDGE] = 0
        self.vectors[rows, LIKED] = 0
        self.vectors[rows, DISLIKED] = 0
        for name in ("bias", "liked_weight", "disliked_weight", "fast", "slow"):
            self.column(name)[rows] = 0
        self.column("steps")[rows] = _START
        self.column("error_slow")[rows] = self.column("error_fast")[rows]

    def _count_sides(self, pairs: Pairs, reward: Array) -> None:
        """Sums and counts of the queries that each item was liked on, and disliked."""
        groups = _group(2 * pairs.rows + (reward <= 0))
        row, side = groups.names // 2, groups.names % 2
        decay = np.float32(self._settings.memory_decay)
        weight = decay**groups.ages * np.abs(reward)
        shape = len(groups.names), len(pairs.vectors)
        by_group = _spread(groups.places, pairs.queries, weight, shape)
        kept = decay ** groups.counts.astype(np.float32)
        vectors = self.vectors[row, LIKED + side]
        self.vectors[row, LIKED + side] = kept[:, None] * vectors + by_group @ pairs.vectors
        held = _index("liked_weight") + side
        self.scalars[row, held] = kept * self.scalars[row, held] + by_group.sum(axis=1)
        self.scalars[row, _index("liked") + side] += groups.counts

    def _average(self, rows: Ints, reward: Array, error: Array) -> Ints:
        """Of each row, over all its pairs; the rows."""
        groups = _group(rows)
        for name, rate, values in (
            ("fast", _FAST, reward), ("slow", _SLOW, reward),
            ("error_fast", _FAST, error), ("error_slow", _SLOW, error),
        ):  # fmt: skip
            fading, average = np.float32(1 - rate), self.column(name)
            added = rate * np.bincount(groups.places, fading**groups.ages * values)
            kept = fading ** groups.counts.astype(np.float32)
            average[groups.names] = kept * average[groups.names] + added
        return groups.names


@dataclass(frozen=True, slots=True)
class _Groups:
    """Pairs put together by a name: of each name how many there are, of each pair the place of its
    name and how many of its group came after it."""

    names: Ints
    counts: Ints
    places: Ints
    ages: Array


def _group(names: Ints) -> _Groups:
    found, places, counts = np.unique(names, return_inverse=True, return_counts=True)
    order = np.argsort(names, kind="stable")
    ages = np.empty(len(names), dtype=np.float32)
    ages[order] = np.repeat(np.cumsum(counts), counts) - 1 - np.arange(len(names))
    return _Groups(found, counts, places, ages)


def _spread(rows: Ints, columns: Ints, values: Array, shape: tuple[int, int]) -> Array:
    """A table with the sum of the values at each place."""
    flat = np.bincount(rows * shape[1] + columns, values, minlength=shape[0] * shape[1])
    return flat.astype(np.float32).reshape(shape)


# The first step of a judge is memory_rate / sqrt(this) long.
_START = 0.1
# A bias sees every pair of its item, a judge's direction only a few.
_BIAS_RATE = 0.3


def _index(name: str) -> int:
    return _SCALARS.index(name)
