"""One version of what was learned, frozen, and how it scores: numpy alone, nothing is changed.

Whatever is the same for every query (an item's half of the network, its averages) was computed when
the version was made; live scoring, training and validation all come through here.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import lru_cache, partial

import numpy as np

from understudy.config import Ranker
from understudy.learn.tier1.alone import Alone, adjust_alone, build_alone
from understudy.learn.tier1.calibrate import Weights
from understudy.learn.tier1.choice import Choice, Prior
from understudy.learn.tier1.expectation import expectation
from understudy.learn.tier1.features import COLUMN, ITEM, PAIR
from understudy.learn.tier1.inputs import Asked, Seen, network_scores, pair_inputs
from understudy.learn.tier1.lists import Lists
from understudy.learn.tier1.memory import DISLIKED, LIKED, TEXT, Memory
from understudy.learn.tier1.network import Folded, Network, fold
from understudy.learn.tier1.tensors import Array, Bools, Ints

_KNOWN, _TRUST = slice(0, 8), 8


@dataclass(frozen=True, slots=True)
class Scored:
    """Everything in [-1, 1], one row a query and one column an item."""

    relevance: Array
    cosine: Array
    memory: Array
    network: Array
    pair: Array

    def blend(self, choice: Choice) -> Array:
        prior = {
            Prior.RELEVANCE: self.relevance,
            Prior.COSINE: self.cosine,
            Prior.MEMORY: self.memory,
        }[choice.prior]
        return choice.blend(self.network, prior)


@dataclass(frozen=True, slots=True)
class Snapshot:
    vectors: Array
    items: Array
    item_half: Array
    centroid_scale: Array
    bias: Array
    trust: Array
    warm: Weights
    cold: Weights
    cold_bonus: float
    folded: Folded
    choice: Choice
    # One column an item: its expectation and its centroid scales, then its trust.
    by_item: Array = field(init=False, repr=False)
    # What single lists need, made when the first comes.
    alone: Callable[[], Alone] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        known = expectation(self.bias, self.trust, self.warm, self.cold, self.cold_bonus)
        scales = self.centroid_scale.T.reshape(4, -1)
        found = np.concatenate([known, scales, self.trust[None]]).astype(np.float32)
        object.__setattr__(self, "by_item", found)
        # Of the arrays alone: a cache that held the snapshot would keep it from being freed.
        alone = partial(build_alone, self.vectors, found, self.item_half, self.folded, self.choice)
        object.__setattr__(self, "alone", lru_cache(1)(alone))


def take_snapshot(
    memory: Memory, network: Network, warm: Weights, cold: Weights, choice: Choice, settings: Ranker
) -> Snapshot:
    dimension = memory.vectors.shape[2] - settings.word_buckets
    folded = fold(network, dimension, settings.embedding_scale, settings.feature_scale)
    items = item_inputs(memory, settings)
    weights = np.stack([memory.column("liked_weight"), memory.column("disliked_weight")], axis=1)
    lengths = np.linalg.norm(memory.vectors[:, [LIKED, DISLIKED]], axis=2)
    scale = np.stack([1 / np.maximum(weights, 1), 1 / np.maximum(lengths, 1)], axis=2)
    return Snapshot(
        memory.vectors.copy(),
        items,
        item_half(folded, memory.vectors, items),
        scale.astype(np.float32),
        memory.column("bias").copy(),
        items[:, ITEM.index("trust")].copy(),
        warm.copy(),
        cold.copy(),
        settings.cold_bonus,
        folded,
        choice,
    )


def item_half(folded: Folded, vectors: Array, items: Array) -> Array:
    """What the items add to the hidden layer, whatever the query."""
    own = folded.structured[len(PAIR) : len(PAIR) + len(ITEM)]
    texts = np.ascontiguousarray(embeddings(folded, vectors[:, TEXT]))
    return texts @ folded.item + items @ own + folded.bias


def query_half(folded: Folded, vectors: Array, facts: Array) -> Array:
    """What the queries add, whatever the item."""
    half = embeddings(folded, vectors).dot(folded.query)
    half += facts.dot(folded.structured[len(PAIR) + len(ITEM) :])
    return half


def embeddings(folded: Folded, vectors: Array) -> Array:
    """Vectors without the hashed words before them, which the network does not read."""
    return vectors[..., -len(folded.query) :]


def item_inputs(memory: Memory, settings: Ranker) -> Array:
    shown = memory.shown()
    columns = {
        "bias": memory.column("bias"),
        "average_fast": memory.column("fast"),
        "average_slow": memory.column("slow"),
        "shown": np.log1p(shown) / 5,
        "positive": np.log1p(memory.column("liked")) / 5,
        "negative": np.log1p(memory.column("disliked")) / 5,
        "never_shown": (shown == 0).astype(np.float32),
        "trust": shown / (shown + settings.cold_pairs),
        "positive_share": memory.column("liked") / np.maximum(shown, 1),
        "surprise": memory.column("error_fast"),
        "item_words": memory.column("words"),
        "item_chars": memory.column("chars"),
    }
    return np.stack([columns[name] for name in ITEM], axis=1).astype(np.float32)


def score_lists(snapshot: Snapshot, lists: Lists) -> Scored:
    asked = _ask(snapshot, lists, lists.rows)
    return _score(snapshot, asked, pair_inputs(asked), lists.rows.shape)


def score_places(snapshot: Snapshot, lists: Lists, places_BJ: Ints) -> Scored:
    """Of some places of each list; those not asked for count only as what these stand beside."""
    rows_BJ = np.take_along_axis(lists.rows, places_BJ, axis=1)
    asked = _ask(snapshot, lists, rows_BJ)
    found = np.take_along_axis(pair_inputs(asked), places_BJ[None], axis=2)
    return _score(snapshot, asked, found, rows_BJ.shape)


def pair_lists(snapshot: Snapshot, lists: Lists) -> Array:
    """Without what the network makes of them; inputs on the first axis."""
    return pair_inputs(_ask(snapshot, lists, lists.rows))


def _score(snapshot: Snapshot, asked: Asked, found: Array, shape: tuple[int, ...]) -> Scored:
    return Scored(
        _signed_relevance(found).reshape(shape),
        found[COLUMN["cosine"]].reshape(shape),
        found[COLUMN["memory"]].reshape(shape),
        network_scores(snapshot.folded, asked, found).reshape(shape),
        found.reshape(-1, *shape).transpose(1, 2, 0),
    )


def adjust_lists(snapshot: Snapshot, lists: Lists) -> Array:
    """Adjustments in [-1, 1] by the served choice; without the network where it has no share."""
    if len(lists.queries) == 1 and lists.rows.size:
        rows = lists.rows.tobytes()
        return adjust_alone(
            snapshot.alone(), lists.queries[0], rows, lists.overlaps, lists.relevance
        )
    asked = _ask(snapshot, lists, lists.rows)
    found = pair_inputs(asked)
    relevance = _signed_relevance(found)
    adjustments = (_blend(snapshot, asked, found, relevance) - relevance) / 2
    return adjustments.clip(-1, 1)


def _blend(snapshot: Snapshot, asked: Asked, found: Array, relevance: Array) -> Array:
    choice, cosine = snapshot.choice, found[COLUMN["cosine"]]
    blended = relevance if choice.prior is Prior.RELEVANCE else found[COLUMN[choice.prior.value]]
    if choice.share:
        blended = choice.blend(network_scores(snapshot.folded, asked, found), blended)
    if choice.prior is Prior.RELEVANCE:
        # Nothing is known of an item without one: it is left where its cosine puts it.
        blended = np.where(found[COLUMN["relevance_known"]] > 0, blended, cosine)
    return blended


def _signed_relevance(found: Array) -> Array:
    return 2 * found[COLUMN["relevance"]] - found[COLUMN["relevance_known"]]


def structured_inputs(snapshot: Snapshot, pair_NP: Array, rows_N: Ints, facts_NQ: Array) -> Array:
    return np.concatenate([pair_NP, snapshot.items[rows_N], facts_NQ], axis=1)


def _ask(snapshot: Snapshot, lists: Lists, scored: Ints) -> Asked:
    """`scored` are the rows that the network is asked about."""
    count, size, dimension = snapshot.vectors.shape
    vectors, rows = snapshot.vectors, lists.rows
    if rows.size < count:
        # Few lists of a large catalog: the rest of it is not looked at.
        used, rows = np.unique(rows, return_inverse=True)
        vectors, rows = vectors[used], rows.reshape(lists.rows.shape)
    everything = lists.vectors @ vectors.reshape(-1, dimension).T
    places = np.arange(len(lists.vectors))[:, None]
    similarities = everything.reshape(-1, len(vectors), size)[places, rows]
    filled = lists.mask > 0
    mask = None if filled.all() else filled
    length = np.log1p(lists.mask.sum(axis=1, keepdims=True)) / 4
    return Asked(
        _see(snapshot.by_item, snapshot.item_half, lists.rows, scored, length, mask),
        query_half(snapshot.folded, lists.vectors, lists.facts)[:, None],
        np.ascontiguousarray(similarities.transpose(2, 0, 1)),
        lists.overlaps.transpose(2, 0, 1),
        None if np.isnan(lists.relevance).all() else lists.relevance,
    )


def _see(
    by_item: Array,
    halves: Array,
    rows: Ints,
    scored: Ints,
    length: Array,
    mask: Bools | None,
) -> Seen:
    known = by_item[_KNOWN].take(rows, axis=1)
    blank = np.zeros((len(PAIR), *rows.shape), dtype=np.float32)
    blank[COLUMN["list_length"]] = length
    trust, half = by_item[_TRUST].take(scored), halves.take(scored, axis=0)
    return Seen(tuple(known[:4]), known[4:].reshape(2, 2, *rows.shape), trust, half, blank, mask)
