"""Understudy's ranker as a policy of the benchmark, and the one that learns nothing."""

from collections.abc import Sequence

import numpy as np
from streams import Data, Part, events_of

from understudy.config import Ranker as Settings
from understudy.learn.tier1.lists import Lists
from understudy.learn.tier1.ranker import Ranker
from understudy.learn.tier1.tensors import Array, Ints


class Table:
    """An embedder that looks its texts up: every run shares the vectors."""

    def __init__(self, data: Data) -> None:
        self.name = f"table of {data.name}"
        self.dimension = data.item_vectors.shape[1]
        self._vectors = {
            item.text: vector for item, vector in zip(data.items, data.item_vectors, strict=True)
        }
        for part in (data.train, data.test):
            self._vectors.update(zip(part.texts, part.vectors, strict=True))

    def embed(self, texts: Sequence[str]) -> Array:
        return np.stack([self._vectors[text] for text in texts])


class Cosine:
    def __init__(self, data: Data) -> None:
        self._items = data.item_vectors

    def score(self, part: Part) -> Array:
        cosine = part.vectors @ self._items.T
        return np.take_along_axis(cosine, part.candidates, axis=1)

    def learn(self, part: Part, shown: Ints, rewards: Array) -> None:
        pass


class Understudy:
    def __init__(self, data: Data, settings: Settings) -> None:
        self._items = data.items
        self.ranker = Ranker(settings, Table(data))
        self._kept: dict[int, tuple[Part, Lists]] = {}

    def score(self, part: Part) -> Array:
        return self.ranker.adjustments(self.lists(part))

    def keep(self, part: Part) -> None:
        """The lists of a part that is scored again and again: texts and catalog do not change."""
        self._kept[id(part)] = (part, self.lists(part))

    def learn(self, part: Part, shown: Ints, rewards: Array) -> None:
        self.ranker.fit(events_of(self._items, part, shown, rewards))

    def lists(self, part: Part) -> Lists:
        if id(part) in self._kept:
            return self._kept[id(part)][1]
        queries = self.ranker.read_all(part.texts)
        items = [[self._items[item] for item in row] for row in part.candidates]
        return self.ranker.lists(queries, items, [None] * len(items))
