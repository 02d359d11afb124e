"""What is served: a snapshot, and which of its rows belongs to which item. Never changed.

Requests read it while a fit makes the next one, and wait for nobody. An item that no fit has seen is
scored by its text, and not remembered: only feedback makes the catalog grow.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from understudy.config import Ranker as Settings
from understudy.learn.tier1.embedder import Embedder
from understudy.learn.tier1.features import ITEM, Item, overlaps, read_query, split_words
from understudy.learn.tier1.intake import clean_relevance
from understudy.learn.tier1.lists import single_list
from understudy.learn.tier1.memory import TEXT, Memory
from understudy.learn.tier1.scoring import Snapshot, adjust_lists, item_half, item_inputs
from understudy.learn.tier1.tensors import Array, Ints

_BY_ITEM = ("vectors", "items", "item_half", "centroid_scale", "bias", "trust")


@dataclass(frozen=True, slots=True)
class Version:
    """`number` is that of the fit that it came of, zero before the first."""

    number: int
    snapshot: Snapshot
    rows: Mapping[str, int]
    words: Sequence[frozenset[str]]
    settings: Settings

    def score(
        self,
        embedder: Embedder,
        query: str,
        items: Sequence[Item],
        relevance: Sequence[float] | None = None,
    ) -> Array:
        """Adjustments in [-1, 1], to be added to the relevance (0.5 where none was given)."""
        if not items:
            return np.zeros(0, dtype=np.float32)
        rows = [self.rows.get(item.key, -1) for item in items]
        new = [item for item, row in zip(items, rows, strict=True) if row < 0]
        # All at once: an endpoint is asked once.
        vectors = embedder.embed([query, *(item.text for item in new)])
        snapshot, words = self.snapshot, [self.words[row] for row in rows if row >= 0]
        if new:
            places = np.argsort([row < 0 for row in rows], kind="stable")
            known = np.array([row for row in rows if row >= 0], dtype=np.int64)
            fresh = remember(new, vectors[1:], self.settings)
            snapshot = extend(snapshot, fresh, self.settings, known)
            # The known ones first, then the new: where each place of the list went.
            rows = np.argsort(places).tolist()
            words += [frozenset(split_words(item.text)) for item in new]
            words = [words[row] for row in rows]
        asked = read_query(query, vectors[0], self.settings.word_buckets)
        given = None if relevance is None else clean_relevance(relevance, len(rows))
        return adjust_lists(snapshot, single_list(asked, rows, overlaps(asked, words), given))[0]


def remember(items: Sequence[Item], vectors: Array, settings: Settings) -> Memory:
    """A memory of these items alone, that was told nothing."""
    memory = Memory(vectors.shape[1], settings)
    counts = [len(split_words(item.text)) for item in items]
    memory.add_items(vectors, counts, [len(item.text) for item in items])
    return memory


def extend(
    snapshot: Snapshot, fresh: Memory, settings: Settings, rows: Ints | None = None
) -> Snapshot:
    """The same (of it these rows alone) with those of items that nothing was learned about behind."""
    items = item_inputs(fresh, settings)
    count = len(items)
    more = {
        "vectors": fresh.vectors,
        "items": items,
        "item_half": item_half(snapshot.folded, fresh.vectors, items),
        "centroid_scale": np.ones((count, 2, 2), dtype=np.float32),
        "bias": np.zeros(count, dtype=np.float32),
        "trust": np.zeros(count, dtype=np.float32),
    }

    def longer(name: str, own: Array) -> Array:
        return np.concatenate([own if rows is None else own[rows], more[name]])

    return _with(snapshot, longer)


def describe(snapshot: Snapshot, rows: Ints, fresh: Memory) -> Snapshot:
    """The same but for the texts of these rows, which are those of `fresh`."""
    vectors, items, halves = (
        getattr(snapshot, name).copy() for name in ("vectors", "items", "item_half")
    )
    vectors[rows, TEXT] = fresh.vectors[:, TEXT]
    for name in ("words", "chars"):
        items[rows, ITEM.index(f"item_{name}")] = fresh.column(name)
    halves[rows] = item_half(snapshot.folded, vectors[rows], items[rows])
    return replace(snapshot, vectors=vectors, items=items, item_half=halves)


def keep_rows(snapshot: Snapshot, rows: Ints) -> Snapshot:
    """The same with these rows alone, in this order."""
    return _with(snapshot, lambda _, own: own[rows])


def _with(snapshot: Snapshot, change: Callable[[str, Array], Array]) -> Snapshot:
    changed: dict[str, Any] = {name: change(name, getattr(snapshot, name)) for name in _BY_ITEM}
    return replace(snapshot, **changed)
