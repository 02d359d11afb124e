"""One list alone, scored by one version: to rounding what `inputs` makes of many, in half the calls.

A list of twenty costs as much time as numpy is called. So what does not depend on the query is
prepared, and every call works on all that it can and writes where the next one reads.
"""

from collections import OrderedDict
from dataclasses import dataclass

import numpy as np

from understudy.learn.tier1.choice import Choice, Prior
from understudy.learn.tier1.features import COLUMN, ITEM, PAIR, QUERY
from understudy.learn.tier1.inputs import put_relevance
from understudy.learn.tier1.memory import DISLIKED, JUDGE, LIKED, TEXT
from understudy.learn.tier1.network import Folded
from understudy.learn.tier1.sheet import BLENDED, FACTORED, ROW, ROWS, Catalog, Sheet
from understudy.learn.tier1.tensors import Array

# How many lists' sheets are kept; an application's list is often the same one.
_LISTS_KEPT = 4
_UNKNOWN = np.array(np.nan, dtype=np.float32).tobytes()
_HALF = np.array(0.5, dtype=np.float32)
_NO_TERMS = ("positive_centroid", "negative_centroid")
_TERMS = np.array([name not in _NO_TERMS for name in FACTORED], dtype=np.float32)
_ONES = np.ones((1, len(BLENDED)), dtype=np.float32)
# Of the hidden layer, beside its own.
_UNITS = 2


@dataclass(frozen=True, slots=True)
class Alone:
    """A version, ready for single lists. `sheets` are the free ones, by the rows of their list; `words`
    are a query's first numbers, which only memory reads."""

    sheets: OrderedDict[bytes, Sheet]
    catalog: Catalog
    choice: Choice
    by_relevance: bool
    remembers: bool
    asks: bool
    words: int
    by_query: Array
    layer: Array
    c: Array


def adjust_alone(
    alone: Alone, query: Array, rows: bytes, overlaps: Array, relevance: Array
) -> Array:
    """Adjustments in [-1, 1] of a list that is not empty. All but the query have an axis of lists."""
    # Who calculates on a sheet has taken it away: threads never share one.
    sheet = alone.sheets.pop(rows, None) or _lay_out(alone, rows)
    # To compare bytes is the quickest test.
    known = relevance.tobytes() != _UNKNOWN * relevance.size
    sheet.vectors.dot(query, sheet.similarities)
    if alone.by_relevance and not known:
        # Nothing is known of items without one: they are left where their cosine puts them.
        adjustments = (sheet.cosine * _HALF)[None]
    else:
        if known:
            put_relevance(sheet.relevance, relevance[0])
        if alone.remembers:
            _remember(sheet)
        if alone.asks:
            alone.by_query.dot(query[alone.words :], sheet.by_query)
            sheet.overlaps[...] = overlaps
            _ask_network(sheet, alone.c)
        np.multiply(sheet.shares, sheet.blended, sheet.parts)
        adjustments = _ONES.dot(sheet.parts)
        if known:
            adjustments = _beside_relevance(sheet, alone.choice, adjustments)
    alone.sheets[rows] = sheet
    return adjustments


def _lay_out(alone: Alone, key: bytes) -> Sheet:
    """The longest unused sheet, if it fits, or a new one, with the items of a list."""
    rows, sheet = np.frombuffer(key, dtype=np.int64), None
    if len(alone.sheets) >= _LISTS_KEPT:
        try:
            _, sheet = alone.sheets.popitem(last=False)
        except KeyError:
            # Other threads have taken all of them meanwhile.
            sheet = None
    if sheet is None or sheet.length != len(rows):
        sheet = Sheet(alone.catalog, alone.layer, len(rows))
    sheet.take(alone.catalog, rows)
    return sheet


def _remember(sheet: Sheet) -> None:
    """The reward that memory expects. The gap to the best is put together by factors, from both."""
    # Of twenty quicker than numpy's own.
    sheet.best_cosine.fill(max(sheet.cosine.tolist()))
    np.multiply(sheet.factors, sheet.factored, sheet.products)
    _TERMS.dot(sheet.products, sheet.memory)
    np.tanh(sheet.squashed, sheet.squashed)


def _ask_network(sheet: Sheet, c: Array) -> None:
    hidden, network = sheet.hidden, sheet.network
    sheet.inputs.dot(sheet.layer, hidden)
    np.maximum(hidden, sheet.floor, out=hidden)
    hidden.dot(c, network)
    np.tanh(network, network)


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
    return np.minimum(np.maximum(adjustments, -1), 1)


def build_alone(
    vectors: Array, by_item: Array, item_half: Array, folded: Folded, choice: Choice
) -> Alone:
    """`by_item` has one column an item: its expectation, its centroid scales, its trust."""
    catalog = Catalog(
        _table(vectors, by_item[6:8]),
        np.concatenate([_factors(by_item), _shares(by_item[8], choice)]),
        _floor(item_half, folded),
    )
    return Alone(
        OrderedDict(),
        catalog,
        choice,
        choice.prior is Prior.RELEVANCE,
        choice.share > 0 or choice.prior is Prior.MEMORY,
        choice.share > 0,
        vectors.shape[2] - len(folded.query),
        _by_query(folded),
        _layer(folded),
        np.append(folded.c, np.array([1, -1], dtype=np.float32)),
    )


def _table(vectors: Array, directions: Array) -> Array:
    """In the order of the sheet's rows. The facts have columns of their own, empty here: so one
    vector of a query serves both products."""
    count, _, dimension = vectors.shape
    table = np.zeros((4, count, dimension + len(QUERY)), dtype=np.float32)
    for place, (row, scale) in enumerate(
        ((LIKED, directions[0]), (DISLIKED, directions[1]), (TEXT, 1), (JUDGE, 0.25))
    ):
        np.multiply(vectors[:, row].T, scale, out=table[place, :, :dimension].T)
    return table


def _factors(by_item: Array) -> Array:
    start, by_cosine, by_gap, by_part, *means = by_item[:6]
    factors = {
        "best_cosine": -by_gap,
        "one": start,
        "cosine": by_cosine + by_gap,
        "memory_part": 4 * by_part,
        "positive_centroid": means[0] / by_item[6],
        "negative_centroid": means[1] / by_item[7],
    }
    return np.stack([factors[name] for name in FACTORED])


def _shares(trust: Array, choice: Choice) -> Array:
    """Half of what is within [-1, 1]: of the network as far as it knows the item, of memory for
    the rest, and of the prior."""
    asked = 0.5 * choice.share * trust
    shares = {name: np.zeros_like(trust) for name in (*BLENDED, Prior.RELEVANCE.value)}
    shares["network"] += asked
    shares["memory"] += 0.5 * choice.share - asked
    shares[choice.prior.value] += 0.5 * (1 - choice.share)
    # That of the relevance is not for everyone the same.
    return np.stack([shares[name] for name in BLENDED])


def _floor(item_half: Array, folded: Folded) -> Array:
    """ReLU and the item's half in one call: max(h + half, 0) is max(h, -half) + half, and what the halves
    add to the output does not depend on the query. Two more units, a positive and a negative one, carry it
    and the bias."""
    added = item_half.dot(folded.c) + np.float32(folded.c_bias)
    units = np.maximum(np.stack([added, -added], axis=1), 0)
    return np.concatenate([-item_half, units], axis=1)


def _by_query(folded: Folded) -> Array:
    facts = folded.structured[len(PAIR) + len(ITEM) :]
    whole = np.concatenate([folded.query, facts]).T
    return np.ascontiguousarray(np.concatenate([whole, np.zeros_like(whole[:_UNITS])]))


def _layer(folded: Folded) -> Array:
    """The gap is put together here too, as in `_remember`."""
    layer = np.zeros((len(ROWS) - 1, len(folded.c) + _UNITS), dtype=np.float32)
    hidden = layer[:, :-_UNITS]
    for name, row in ROW.items():
        if name in COLUMN:
            hidden[row] = folded.structured[COLUMN[name]]
    gap = folded.structured[COLUMN["cosine_gap"]]
    hidden[ROW["cosine"]] += gap
    hidden[ROW["best_cosine"]] -= gap
    return layer
