"""One version of what was learned, frozen, and how it scores: numpy alone, nothing is changed.

Whatever is the same for every query (an item's half of the network, its averages) was computed when
the version was made; live scoring, training and validation all come through here.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum

import numpy as np

from understudy.config import Ranker
from understudy.learn.tier1.calibrate import Weights
from understudy.learn.tier1.features import COLUMN, ITEM, PAIR, QUERY, Query, margins
from understudy.learn.tier1.memory import DISLIKED, JUDGE, LIKED, TEXT, Memory
from understudy.learn.tier1.network import Folded, Network, fold
from understudy.learn.tier1.tensors import Array, Ints


class Prior(Enum):
    RELEVANCE = "relevance"
    COSINE = "cosine"
    MEMORY = "memory"


@dataclass(frozen=True, slots=True)
class Choice:
    """score = share * network + (1 - share) * prior."""

    prior: Prior
    share: float


@dataclass(frozen=True, slots=True)
class Lists:
    """Queries with the items that each may show, padded; relevance is NaN where none was given."""

    vectors: Array
    facts: Array
    rows: Ints
    mask: Array
    overlaps: Array
    relevance: Array


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
        return choice.share * self.network + (1 - choice.share) * prior


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
    folded: Folded
    choice: Choice


def take_snapshot(
    memory: Memory, network: Network, warm: Weights, cold: Weights, choice: Choice, settings: Ranker
) -> Snapshot:
    dimension = memory.vectors.shape[2]
    folded = fold(network, dimension, settings.embedding_scale, settings.feature_scale)
    items = item_inputs(memory, settings)
    sums = memory.vectors[:, [LIKED, DISLIKED]]
    weights = np.stack([memory.column("liked_weight"), memory.column("disliked_weight")], axis=1)
    lengths = np.linalg.norm(sums, axis=2)
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
        folded,
        choice,
    )


def item_half(folded: Folded, vectors: Array, items: Array) -> Array:
    """What the items add to the hidden layer, whatever the query."""
    own = folded.structured[len(PAIR) : len(PAIR) + len(ITEM)]
    texts = np.ascontiguousarray(vectors[:, TEXT])
    return texts @ folded.item + items @ own + folded.bias


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


def score_lists(snapshot: Snapshot, lists: Lists, settings: Ranker) -> Scored:
    pair = pair_inputs(snapshot, lists, settings)
    folded = snapshot.folded
    last = len(PAIR) + len(ITEM)
    query_half = lists.vectors @ folded.query + lists.facts @ folded.structured[last:]
    hidden = snapshot.item_half[lists.rows] + query_half[:, None, :]
    hidden += pair @ folded.structured[: len(PAIR)]
    np.maximum(hidden, 0, out=hidden)
    network = np.tanh(hidden @ folded.c + folded.c_bias)
    # Of an item that nobody judged the network knows nothing, and memory at least its text.
    memory, trust = pair[..., COLUMN["memory"]], snapshot.trust[lists.rows]
    network = trust * network + (1 - trust) * memory
    relevance = 2 * pair[..., COLUMN["relevance"]] - pair[..., COLUMN["relevance_known"]]
    return Scored(relevance, pair[..., COLUMN["cosine"]], memory, network, pair)


def pair_inputs(snapshot: Snapshot, lists: Lists, settings: Ranker) -> Array:
    """The inputs named in features.PAIR, before they are scaled."""
    mask = lists.mask > 0
    sims = _similarities(snapshot, lists)
    cosine, part = sims[..., TEXT], sims[..., JUDGE]
    scale = snapshot.centroid_scale[lists.rows]
    known = ~np.isnan(lists.relevance)
    relevance = np.where(known, lists.relevance, 0).astype(np.float32)
    found = np.zeros((*mask.shape, len(PAIR)), dtype=np.float32)
    cosine_margin, best_cosine = margins(cosine, mask)
    memory = _memory(snapshot, lists.rows, cosine, cosine_margin, part, settings)
    memory_margin, best_memory = margins(memory, mask)
    place = 1 / (1 + np.arange(mask.shape[1], dtype=np.float32))
    columns = {
        "cosine": cosine,
        "cosine_margin": cosine_margin,
        "word_overlap": lists.overlaps[..., 0],
        "query_overlap": lists.overlaps[..., 1],
        "relevance": relevance,
        "relevance_known": known,
        "relevance_margin": margins(relevance, mask)[0] if known.any() else 0.0,
        "place": np.where(known, place, 0),
        "memory_part": np.tanh(part / 4),
        "memory_part_margin": np.tanh(margins(part, mask)[0] / 4),
        "memory": memory,
        "memory_margin": memory_margin,
        "positive_similarity": sims[..., LIKED] * scale[..., 0, 0],
        "negative_similarity": sims[..., DISLIKED] * scale[..., 1, 0],
        "positive_centroid": sims[..., LIKED] * scale[..., 0, 1],
        "negative_centroid": sims[..., DISLIKED] * scale[..., 1, 1],
        "best_cosine": best_cosine,
        "best_memory": best_memory,
        "list_length": np.log1p(lists.mask.sum(axis=1, keepdims=True)) / 4,
    }
    for name, value in columns.items():
        found[..., COLUMN[name]] = value
    found[~mask] = 0
    return found


def calibration_inputs(
    cosine: Array, margin: Array, part: Array, bias: Array
) -> Sequence[Array | float]:
    """Of the judged score of an item; the first three are what is known of one never shown."""
    return (1.0, 4 * (cosine - 0.5), 8 * margin, part, bias)


def structured_inputs(snapshot: Snapshot, pair_NP: Array, rows_N: Ints, facts_NQ: Array) -> Array:
    return np.concatenate([pair_NP, snapshot.items[rows_N], facts_NQ], axis=1)


def build_lists(
    queries: Sequence[Query], rows: Ints, mask: Array, overlaps: Array, relevance: Array
) -> Lists:
    vectors = np.stack([query.vector for query in queries])
    facts = np.stack([query.facts for query in queries])
    return Lists(vectors, facts.reshape(len(queries), len(QUERY)), rows, mask, overlaps, relevance)


def _similarities(snapshot: Snapshot, lists: Lists) -> Array:
    """Of each query to the four vectors of each of its items."""
    count, size, dimension = snapshot.vectors.shape
    if len(lists.vectors) == 1:
        block = snapshot.vectors[lists.rows[0]].reshape(-1, dimension)
        return (block @ lists.vectors[0]).reshape(1, -1, size)
    everything = lists.vectors @ snapshot.vectors.reshape(-1, dimension).T
    places = np.arange(len(lists.vectors))[:, None]
    return everything.reshape(-1, count, size)[places, lists.rows]


def _memory(
    snapshot: Snapshot, rows: Ints, cosine: Array, margin: Array, part: Array, settings: Ranker
) -> Array:
    """Expected reward: the judge's, as far as the item was shown; else that of its text, with the
    benefit of the doubt."""
    inputs = calibration_inputs(cosine, margin, part, snapshot.bias[rows])
    warm, cold = snapshot.warm.astype(np.float32), snapshot.cold.astype(np.float32)
    judged = sum((w * x for w, x in zip(warm, inputs, strict=True)), np.float32(0))
    by_text = sum(
        (w * x for w, x in zip(cold, inputs[: len(cold)], strict=True)),
        np.float32(settings.cold_bonus),
    )
    trust = snapshot.trust[rows]
    return np.tanh(0.5 * (trust * judged + (1 - trust) * by_text)).astype(np.float32)
