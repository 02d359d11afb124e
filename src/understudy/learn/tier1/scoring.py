"""One version of what was learned, frozen, and how it scores: numpy alone, nothing is changed.

Whatever is the same for every query (an item's half of the network, its averages) was computed when
the version was made; live scoring, training and validation all come through here.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import Enum

import numpy as np

from understudy.config import Ranker
from understudy.learn.tier1.calibrate import Weights
from understudy.learn.tier1.features import COLUMN, ITEM, PAIR, QUERY, Query, margins
from understudy.learn.tier1.memory import DISLIKED, JUDGE, LIKED, TEXT, Memory
from understudy.learn.tier1.network import Folded, Network, fold
from understudy.learn.tier1.tensors import Array, Ints

_OVERLAPS = slice(COLUMN["word_overlap"], COLUMN["query_overlap"] + 1)
_PARTS = slice(COLUMN["memory_part"], COLUMN["memory_part_margin"] + 1)
_FELT = slice(COLUMN["positive_similarity"], COLUMN["negative_centroid"] + 1)


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
    cold_bonus: float
    folded: Folded
    choice: Choice
    # By item: the logit of its expected reward is the first, and the others times cosine, its
    # margin and what the item's judge says.
    expectation: Array = field(init=False, repr=False)

    def __post_init__(self) -> None:
        start = _logit(self, 0, 0, 0)
        slopes = [_logit(self, *one) - start for one in ((1, 0, 0), (0, 1, 0), (0, 0, 1))]
        found = np.stack([start, *slopes], axis=1).astype(np.float32)
        object.__setattr__(self, "expectation", found)


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
        settings.cold_bonus,
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


def score_lists(snapshot: Snapshot, lists: Lists) -> Scored:
    pair = pair_inputs(snapshot, lists)
    folded = snapshot.folded
    last = len(PAIR) + len(ITEM)
    query_half = lists.vectors @ folded.query + lists.facts @ folded.structured[last:]
    hidden = snapshot.item_half[lists.rows] + query_half[:, None, :]
    hidden += pair @ folded.structured[: len(PAIR)]
    np.maximum(hidden, 0, out=hidden)
    network = np.tanh(hidden @ folded.c + folded.c_bias)
    # Of an item that nobody judged the network knows nothing, and memory at least its text.
    memory, trust = pair[..., COLUMN["memory"]], snapshot.trust[lists.rows]
    network = memory + trust * (network - memory)
    relevance = 2 * pair[..., COLUMN["relevance"]] - pair[..., COLUMN["relevance_known"]]
    return Scored(relevance, pair[..., COLUMN["cosine"]], memory, network, pair)


def pair_inputs(snapshot: Snapshot, lists: Lists) -> Array:
    """The inputs named in features.PAIR, before they are scaled."""
    # A list of twenty costs as many microseconds as numpy is called: few calls, each on all it can.
    mask = None if lists.mask.all() else lists.mask[..., None] > 0
    sims = _similarities(snapshot, lists)
    cosine, part = sims[..., TEXT], sims[..., JUDGE]
    found = np.zeros((*lists.mask.shape, len(PAIR)), dtype=np.float32)
    found[..., _OVERLAPS] = lists.overlaps
    above, best = margins(sims[..., TEXT : JUDGE + 1], mask)
    memory = _memory(snapshot.expectation[lists.rows], cosine, above[..., 0], part)
    memory_above, best_memory = margins(memory[..., None], mask)
    known = ~np.isnan(lists.relevance)
    if known.any():
        relevance = np.where(known, lists.relevance, 0)
        found[..., COLUMN["relevance"]] = relevance
        found[..., COLUMN["relevance_known"]] = known
        found[..., COLUMN["relevance_margin"]] = margins(relevance[..., None], mask)[0][..., 0]
        found[..., COLUMN["place"]] = known / (1 + np.arange(known.shape[1], dtype=np.float32))
    found[..., COLUMN["cosine"]] = cosine
    found[..., COLUMN["cosine_margin"]] = above[..., 0]
    parts = found[..., _PARTS]
    parts[..., 0], parts[..., 1] = part, above[..., 1]
    parts /= 4
    np.tanh(parts, out=parts)
    found[..., COLUMN["memory"]] = memory
    found[..., COLUMN["memory_margin"]] = memory_above[..., 0]
    # To the queries it was liked and disliked on: as a mean, then as a direction.
    scale = snapshot.centroid_scale[lists.rows].swapaxes(2, 3)
    felt = sims[..., None, LIKED : DISLIKED + 1] * scale
    found[..., _FELT] = felt.reshape(*known.shape, 4)
    found[..., COLUMN["best_cosine"]] = best[..., 0]
    found[..., COLUMN["best_memory"]] = best_memory[..., 0]
    found[..., COLUMN["list_length"]] = np.log1p(lists.mask.sum(axis=1, keepdims=True)) / 4
    if mask is not None:
        found *= mask
    return found


def calibration_inputs(
    cosine: Array | float, margin: Array | float, part: Array | float, bias: Array
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


def _memory(expectation: Array, cosine: Array, margin: Array, part: Array) -> Array:
    found = expectation[..., 0] + expectation[..., 1] * cosine
    found += expectation[..., 2] * margin
    found += expectation[..., 3] * part
    return np.tanh(found, out=found)


def _logit(snapshot: Snapshot, cosine: float, margin: float, part: float) -> Weights:
    """Half of each item's logit: the judge's, as far as the item was shown; else that of its text,
    with the benefit of the doubt."""
    inputs = calibration_inputs(cosine, margin, part, snapshot.bias)
    judged = _weigh(snapshot.warm, inputs)
    by_text = _weigh(snapshot.cold, inputs[: len(snapshot.cold)]) + snapshot.cold_bonus
    return 0.5 * (by_text + snapshot.trust * (judged - by_text))


def _weigh(weights: Weights, inputs: Sequence[Array | float]) -> Weights:
    terms = [weight * one for weight, one in zip(weights, inputs, strict=True)]
    return np.asarray(sum(terms), dtype=np.float64)
