"""Lists of items that queries are scored against, as arrays."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

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


def single_list(
    query: Query, rows: Sequence[int], overlaps: Array, relevance: Sequence[float] | None
) -> Lists:
    length = len(rows)
    return Lists(
        query.numbers[None],
        np.array([rows], dtype=np.int64),
        _same(1.0, length),
        overlaps[None],
        _same(np.nan, length) if relevance is None else np.array([relevance], dtype=np.float32),
    )


def stack_lists(lists: Sequence[Lists]) -> Lists:
    """Several as one table; shorter ones are padded."""
    widths = {one.rows.shape[1] for one in lists}
    width = max(widths)

    def stack(parts: Sequence[NDArray[Any]], fill: float) -> NDArray[Any]:
        return np.concatenate(
            parts if len(widths) == 1 else [_widen(x, width, fill) for x in parts]
        )

    return Lists(
        np.concatenate([one.queries for one in lists]),
        stack([one.rows for one in lists], 0),
        stack([one.mask for one in lists], 0),
        stack([one.overlaps for one in lists], 0),
        stack([one.relevance for one in lists], np.nan),
    )


def join_lists(old: Lists, first: int, new: Lists) -> Lists:
    """Lists of one width: the old from the first on, then the new."""
    return Lists(
        np.concatenate([old.queries[first:], new.queries]),
        np.concatenate([old.rows[first:], new.rows]),
        np.concatenate([old.mask[first:], new.mask]),
        np.concatenate([old.overlaps[first:], new.overlaps]),
        np.concatenate([old.relevance[first:], new.relevance]),
    )


def _widen(values: NDArray[Any], width: int, fill: float) -> NDArray[Any]:
    missing = width - values.shape[1]
    spare = [(0, 0), (0, missing)] + [(0, 0)] * (values.ndim - 2)
    return np.pad(values, spare, constant_values=fill) if missing else values


@lru_cache(64)
def _same(value: float, length: int) -> Array:
    """One number for every item; the same array each time, so nobody may write to it."""
    made = np.full((1, length), value, dtype=np.float32)
    made.flags.writeable = False
    return made
