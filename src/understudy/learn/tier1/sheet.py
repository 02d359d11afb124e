"""Where a single list is calculated: one table of its inputs, and a name for each part of it.

One thread at a time. The order of the rows is what lets one numpy call take several of them.
"""

from math import log1p

import numpy as np

from understudy.learn.tier1.tensors import Array

# Beside inputs of the network stand its own score, and how far the best memory is above the second.
ROWS = (
    "positive_similarity", "negative_similarity", "network", "memory", "one", "memory_part_margin",
    "cosine_margin", "memory_part", "cosine", "positive_centroid", "negative_centroid", "above",
    "best_cosine", "best_memory", "list_length", "word_overlap", "query_overlap", "relevance",
    "relevance_known", "relevance_margin", "place",
)  # fmt: skip
ROW = {name: place for place, name in enumerate(ROWS)}
# The rows that have a factor for each item. The first products add up to memory's logit; the others
# are the first of ROWS.
FACTORED = ROWS[ROW["one"] : ROW["negative_centroid"] + 1]
TERMS = len(FACTORED) - 2
# The rows that a score is blended from, and some between them, whose share is nothing.
BLENDED = ROWS[ROW["network"] : ROW["cosine"] + 1]


class Sheet:
    """All but the hidden layer are views of one table. `layer` is the hidden layer's matrix by
    ROWS; in its row `one` each query writes what it adds by itself."""

    def __init__(self, layer: Array, length: int) -> None:
        table = np.zeros((TERMS + len(ROWS), length), dtype=np.float32)
        rows = table[TERMS:]
        rows[ROW["one"]] = 1
        rows[ROW["list_length"]] = log1p(length) / 4
        self.inputs, self.layer = rows.T, layer.copy()
        self.by_query = self.layer[ROW["one"]]
        self.hidden = np.empty((length, layer.shape[1]), dtype=np.float32)
        # As many as there are: compared with a single one it takes twice as long.
        self.zeros = np.zeros_like(self.hidden)

        self.similarities = rows[ROW["memory_part"] : ROW["negative_centroid"] + 1].reshape(-1)
        self.compared = rows[ROW["memory_part"] : ROW["cosine"] + 1]
        self.margins = rows[ROW["memory_part_margin"] : ROW["cosine_margin"] + 1]
        self.part_margin, self.cosine_margin = self.margins
        self.ordered = np.empty_like(self.compared)
        self.best, self.two_best = self.ordered[:, -1:], self.ordered[:, -2:]

        self.factored, self.products = rows[ROW["one"] :][: len(FACTORED)], table[: len(FACTORED)]
        self.terms = table[:TERMS]
        # Every second row: memory's logit, the judge's margin, what the judge says.
        self.squashed = rows[ROW["memory"] : ROW["memory_part"] + 1 : 2]
        self.blended = rows[ROW["network"] : ROW["cosine"] + 1]

        self.network, self.memory = rows[ROW["network"]], rows[ROW["memory"]]
        self.cosine, self.above = rows[ROW["cosine"]], rows[ROW["above"]]
        self.best_cosine, self.best_memory = rows[ROW["best_cosine"]], rows[ROW["best_memory"]]
        # As lists hold them: one list, its items, two overlaps each.
        self.overlaps = rows[ROW["word_overlap"] : ROW["query_overlap"] + 1].T[None]
        self.relevance = rows[ROW["relevance"] : ROW["place"] + 1]
