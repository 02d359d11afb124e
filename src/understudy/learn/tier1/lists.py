"""Lists of items that queries are scored against, as arrays."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from understudy.learn.tier1.features import QUERY, Query
from understudy.learn.tier1.tensors import Array, Ints


@dataclass(frozen=True, slots=True)
class Lists:
    """One row a query (its vector, then its facts), padded to the longest list (a single one is
    full); relevance is NaN where none was given."""

    queries: Array
    rows: Ints
    mask: Array
    overlaps: Array
    relevance: Array

    @property
    def vectors(self) -> Array:
        return self.queries[:, : -len(QUERY)]

    @property
    def facts(self) -> Array:
        return self.queries[:, -len(QUERY) :]


def build_lists(
    queries: Sequence[Query], rows: Ints, mask: Array, overlaps: Array, relevance: Array
) -> Lists:
    return Lists(np.array([query.numbers for query in queries]), rows, mask, overlaps, relevance)
