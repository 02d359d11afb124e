"""One list alone, scored by one version: to rounding what `inputs` makes of many, in half the calls.

A list of twenty costs as much time as numpy is called. So what does not depend on the query is
prepared, and every call works on all that it can and writes where the next one reads.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache, partial

import numpy as np

from understudy.learn.tier1.choice import Choice, Prior
from understudy.learn.tier1.features import COLUMN, ITEM, PAIR, QUERY
from understudy.learn.tier1.inputs import put_relevance
from understudy.learn.tier1.memory import DISLIKED, JUDGE, LIKED, TEXT
from understudy.learn.tier1.network import Folded
from understudy.learn.tier1.sheet import BLENDED, FACTORED, ROW, ROWS, TERMS, Sheet
from understudy.learn.tier1.tensors import Array

# How many lists' items are kept side by side, an application's list is often the same one; and for
# how many lengths of lists there are sheets.
_LISTS_KEPT, _LENGTHS_KEPT = 4, 8
_UNKNOWN = np.array(np.nan, dtype=np.float32).tobytes()
_HALF = np.array(0.5, dtype=np.float32)
_TERM_ONES = np.ones(TERMS, dtype=np.float32)
_BLENDED_ONES = np.ones((1, len(BLENDED)), dtype=np.float32)


@dataclass(frozen=True, slots=True)
class Items:
    """What a version knows of a list's items, whatever the query: four vectors each, the factors of
    FACTORED, their half of the hidden layer, the shares of BLENDED in their scores."""

    vectors: Array
    factors: Array
    half: Array
    shares: Array


@dataclass(frozen=True, slots=True)
class Alone:
    """A version, ready for single lists. Its caches hold arrays alone: one that held the version
    would keep it from being freed."""

    choice: Choice
    by_query: Array
    layer: Array
    c: Array
    find: Callable[[bytes], Items]
    sheets: Callable[[int], list[Sheet]]


def adjust_alone(
    alone: Alone, query: Array, rows: bytes, overlaps: Array, relevance: Array
) -> Array:
    """Adjustments in [-1, 1] of one list of two items or more. All but the query have an axis of
    lists."""
    items, free, choice = alone.find(rows), alone.sheets(relevance.size), alone.choice
    try:
        sheet = free.pop()
    except IndexError:
        # Another thread calculates on it.
        sheet = Sheet(alone.layer, relevance.size)
    items.vectors.dot(query, sheet.similarities)
    # To compare bytes is the quickest test.
    known = relevance.tobytes() != _UNKNOWN * relevance.size
    if known:
        put_relevance(sheet.relevance, relevance[0], None)
    if choice.share or choice.prior is Prior.MEMORY:
        _remember(sheet, items)
    if choice.share:
        alone.by_query.dot(query, sheet.by_query)
        sheet.overlaps[...] = overlaps
        _ask_network(sheet, items, alone.c)
    np.multiply(items.shares, sheet.blended, sheet.products)
    adjustments = _BLENDED_ONES.dot(sheet.products)
    if known:
        adjustments = _beside_relevance(sheet, choice, adjustments)
    elif choice.prior is Prior.RELEVANCE:
        # Nothing is known of an item without one: it is left where its cosine puts it.
        adjustments = (sheet.cosine * _HALF)[None]
    free.append(sheet)
    return adjustments


def _remember(sheet: Sheet, items: Items) -> None:
    """The reward that memory expects, with the margins that this and the network need."""
    sheet.ordered[...] = sheet.compared
    sheet.ordered.sort()
    np.subtract(sheet.compared, sheet.best, sheet.margins)
    (second_part, best_part), (second_cosine, best_cosine) = sheet.two_best.tolist()
    part_at, cosine_at = sheet.compared.argmax(1).tolist()
    sheet.part_margin[part_at] = best_part - second_part
    sheet.cosine_margin[cosine_at] = best_cosine - second_cosine
    sheet.best_cosine.fill(best_cosine)
    np.multiply(items.factors, sheet.factored, sheet.products)
    _TERM_ONES.dot(sheet.terms, sheet.memory)
    np.tanh(sheet.squashed, sheet.squashed)


def _ask_network(sheet: Sheet, items: Items, c: Array) -> None:
    memory = sheet.memory
    place = memory.argmax()
    best = memory.item(place)
    # The quickest way to the second.
    memory[place] = -2
    sheet.above[place] = best - memory.item(memory.argmax())
    memory[place] = best
    sheet.best_memory.fill(best)
    hidden = sheet.hidden
    sheet.inputs.dot(sheet.layer, hidden)
    np.add(hidden, items.half, hidden)
    np.maximum(hidden, sheet.zeros, out=hidden)
    hidden.dot(c, sheet.network)
    np.tanh(sheet.network, sheet.network)
    sheet.above[place] = 0


def _beside_relevance(sheet: Sheet, choice: Choice, adjustments: Array) -> Array:
    """Half the way from the relevance to what it is blended with."""
    given, known = sheet.relevance[:2]
    signed = 2 * given - known
    if choice.prior is Prior.RELEVANCE:
        blended = adjustments - 0.5 * choice.share * signed
        adjustments = np.where(known > 0, blended, sheet.cosine * _HALF)
    else:
        adjustments = adjustments - 0.5 * signed
    sheet.relevance.fill(0)
    return adjustments.clip(-1, 1)


def build_alone(
    vectors: Array, by_item: Array, item_half: Array, folded: Folded, choice: Choice
) -> Alone:
    """`by_item` has one column an item: its expectation, its centroid scales, its trust."""
    expected, scales, trust = by_item[:4], by_item[4:8], by_item[8]
    count, dimension = len(vectors), vectors.shape[2]
    # The facts have columns of their own, empty here: one vector of a query serves both products.
    table = np.zeros((4, count, dimension + len(QUERY)), dtype=np.float32)
    lengths = np.stack([np.full_like(trust, 0.25), np.ones_like(trust), scales[2], scales[3]])
    for place, row in enumerate((JUDGE, TEXT, LIKED, DISLIKED)):
        np.multiply(vectors[:, row], lengths[place, :, None], out=table[place, :, :dimension])
    start, by_cosine, by_margin, by_part = expected
    factors = {
        "one": start, "cosine": by_cosine, "cosine_margin": by_margin, "memory_part": 4 * by_part,
        "positive_centroid": scales[0] / scales[2], "negative_centroid": scales[1] / scales[3],
    }  # fmt: skip
    asked = 0.5 * choice.share * trust
    remembered = 0.5 * choice.share - asked
    left = np.full_like(trust, 0.5 - 0.5 * choice.share)
    shares = {"network": asked, "memory": remembered}
    if choice.prior is Prior.MEMORY:
        shares["memory"] = remembered + left
    elif choice.prior is Prior.COSINE:
        shares["cosine"] = left
    nothing = np.zeros_like(trust)
    find = partial(
        _find,
        table,
        np.stack([factors.get(name, nothing) for name in FACTORED]),
        np.concatenate([item_half, np.ones((count, 1), dtype=np.float32)], axis=1),
        np.stack([shares.get(name, nothing) for name in BLENDED]),
    )
    layer = _layer(folded)
    return Alone(
        choice,
        _by_query(folded),
        layer,
        # A unit that is always one carries the bias.
        np.append(folded.c, np.float32(folded.c_bias)),
        lru_cache(_LISTS_KEPT)(find),
        lru_cache(_LENGTHS_KEPT)(partial(_first_sheet, layer)),
    )


def _by_query(folded: Folded) -> Array:
    facts = folded.structured[len(PAIR) + len(ITEM) :]
    whole = np.concatenate([folded.query, facts]).T
    return np.concatenate([whole, np.zeros((1, whole.shape[1]), dtype=np.float32)])


def _layer(folded: Folded) -> Array:
    """A margin is the value less the best, but for the best itself: that of memory is put together
    from the rows of those, and of how far the best is above the second."""
    layer = np.zeros((len(ROWS), len(folded.c) + 1), dtype=np.float32)
    margin = folded.structured[COLUMN["memory_margin"]]
    for name, row in ROW.items():
        if name in COLUMN:
            layer[row, :-1] = folded.structured[COLUMN[name]]
    layer[ROW["memory"], :-1] += margin
    layer[ROW["best_memory"], :-1] -= margin
    layer[ROW["above"], :-1] = margin
    return layer


def _find(table: Array, factors: Array, half: Array, shares: Array, key: bytes) -> Items:
    rows = np.frombuffer(key, dtype=np.int64)
    vectors = table.take(rows, axis=1).reshape(-1, table.shape[2])
    return Items(
        vectors, factors.take(rows, axis=1), half.take(rows, axis=0), shares.take(rows, axis=1)
    )


def _first_sheet(layer: Array, length: int) -> list[Sheet]:
    return [Sheet(layer, length)]
