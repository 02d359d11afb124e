"""Where a single list is calculated: its items, one table of its inputs, a name for each part of it.

One thread at a time. The order of the rows is what lets one numpy call take several of them.
"""

from dataclasses import dataclass
from math import log1p

import numpy as np

from understudy.learn.tier1.tensors import Array, Ints

# Inputs of the network, and beside them products, of which only the means are inputs. The network's own
# score, which is none, comes last.
ROWS = (
    "product_best", "product_one", "positive_similarity", "negative_similarity", "product_cosine",
    "product_part", "list_length", "word_overlap", "query_overlap", "relevance", "relevance_known",
    "place", "best_cosine", "one", "positive_centroid", "negative_centroid", "cosine", "memory_part",
    "memory", "network",
)  # fmt: skip
ROW = {name: place for place, name in enumerate(ROWS)}


def _rows(first: str, last: str) -> slice:
    return slice(ROW[first], ROW[last] + 1)


_FACTORED = _rows("best_cosine", "memory_part")
_BLENDED = _rows("cosine", "network")
# What every item has a factor for, and what its score is blended from (a share of nothing included).
FACTORED, BLENDED = ROWS[_FACTORED], ROWS[_BLENDED]


@dataclass(frozen=True, slots=True)
class Catalog:
    """What a version knows of all items, whatever the query. One column an item: its vectors, then
    its factors of FACTORED and its shares of BLENDED. One row an item: what each unit of its hidden layer
    is at least."""

    vectors: Array
    numbers: Array
    floor: Array


class Sheet:
    """`layer` is the hidden layer's matrix by ROWS but the last; in its row `one` each query writes
    what it adds by itself."""

    def __init__(self, catalog: Catalog, layer: Array, length: int) -> None:
        self.length = length
        self._vectors = np.empty((4, length, catalog.vectors.shape[2]), dtype=np.float32)
        self.vectors = self._vectors.reshape(4 * length, -1)
        self._numbers = np.empty((len(catalog.numbers), length), dtype=np.float32)
        self.factors, self.shares = np.split(self._numbers, [len(FACTORED)])
        self.floor = np.empty((length, layer.shape[1]), dtype=np.float32)

        rows = np.zeros((len(ROWS), length), dtype=np.float32)
        rows[ROW["one"]] = 1
        rows[ROW["list_length"]] = log1p(length) / 4
        self.inputs, self.layer = rows[: len(layer)].T, layer.copy()
        self.by_query = self.layer[ROW["one"]]
        self.hidden = np.empty_like(self.floor)

        self.similarities = rows[_rows("positive_centroid", "memory_part")].reshape(-1)
        # As lists hold them: one list, its items, two overlaps each.
        self.overlaps = rows[_rows("word_overlap", "query_overlap")].T[None]
        self.relevance = rows[_rows("relevance", "place")]
        self.cosine, self.best_cosine = rows[ROW["cosine"]], rows[ROW["best_cosine"]]
        self.factored, self.products = rows[_FACTORED], rows[: len(FACTORED)]
        self.squashed = rows[_rows("memory_part", "memory")]
        self.memory, self.network = rows[_rows("memory", "network")]
        self.blended, self.parts = rows[_BLENDED], rows[: len(BLENDED)]

    def take(self, catalog: Catalog, rows: Ints) -> None:
        # Clipped, because anything else takes a copy in between.
        catalog.vectors.take(rows, axis=1, out=self._vectors, mode="clip")
        catalog.numbers.take(rows, axis=1, out=self._numbers, mode="clip")
        catalog.floor.take(rows, axis=0, out=self.floor, mode="clip")
