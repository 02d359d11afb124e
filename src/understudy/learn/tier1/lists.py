"""Queries with the items that each may show, as arrays."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from understudy.learn.tier1.features import QUERY, Query
from understudy.learn.tier1.tensors import Array, Ints


@dataclass(frozen=True, slots=True)
class Lists:
    """One row a query, padded to the longest list (a single one is full); relevance is NaN where none was given."""

    vectors: Array
    facts: Array
    rows: Ints
    mask: Array
    overlaps: Array
    relevance: Array


def build_lists(
    queries: Sequence[Query], rows: Ints, mask: Array, overlaps: Array, relevance: Array
) -> Lists:
    vectors = np.array([query.vector for query in queries])
    facts = np.array([query.facts for query in queries])
    return Lists(vectors, facts.reshape(len(queries), len(QUERY)), rows, mask, overlaps, relevance)
