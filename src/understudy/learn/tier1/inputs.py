"""What query and item together give the network, and what it makes of it, for many lists at once.

Inputs stand on the first axis, lists on the second, items on the last. A single list is scored in
`alone`, to the same numbers.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from understudy.learn.tier1.features import COLUMN, PAIR
from understudy.learn.tier1.memory import JUDGE, LIKED, TEXT
from understudy.learn.tier1.network import Folded
from understudy.learn.tier1.tensors import Array, Bools

_RELEVANCE = slice(COLUMN["relevance"], COLUMN["place"] + 1)
_OVERLAPS = slice(COLUMN["word_overlap"], COLUMN["query_overlap"] + 1)
_FELT = slice(COLUMN["positive_similarity"], COLUMN["negative_centroid"] + 1)


@dataclass(frozen=True, slots=True)
class Seen:
    """What a version knows of the items of lists, whatever the query. `blank` are pair inputs with
    the lists' lengths alone; `mask` is None where every place is filled."""

    expectation: Sequence[Array]
    centroid_scale: Array
    trust: Array
    half: Array
    blank: Array
    mask: Bools | None


class Asked(NamedTuple):
    """Queries with their items. `relevance` is None where none was given."""

    seen: Seen
    query_half: Array
    similarities: Array
    overlaps: Array
    relevance: Array | None


def pair_inputs(asked: Asked) -> Array:
    """The inputs named in features.PAIR, before they are scaled."""
    seen, similarities = asked.seen, asked.similarities
    found = seen.blank.copy()
    found[_OVERLAPS] = asked.overlaps
    cosine, part, gap = similarities[TEXT], similarities[JUDGE], found[COLUMN["cosine_gap"]]
    found[COLUMN["cosine"]] = cosine
    np.subtract(cosine, _best(cosine, seen.mask), out=gap)
    np.tanh(part / 4, out=found[COLUMN["memory_part"]])
    np.tanh(_expected(seen, cosine, gap, part), out=found[COLUMN["memory"]])
    # To the queries it was liked and disliked on: as a mean, then as a direction.
    felt = found[_FELT].reshape(seen.centroid_scale.shape)
    np.multiply(similarities[LIKED:], seen.centroid_scale, out=felt)
    if asked.relevance is not None:
        put_relevance(found[_RELEVANCE], asked.relevance)
    if seen.mask is not None:
        found *= seen.mask
    return found


def _best(values: Array, mask: Bools | None) -> Array:
    """Of each list."""
    if mask is None:
        return values.max(axis=-1, keepdims=True)
    return np.max(values, axis=-1, keepdims=True, where=mask, initial=-1)


def put_relevance(rows: Array, relevance: Array) -> None:
    """What was given, whether it was, and where the item stands in the list."""
    known = ~np.isnan(relevance)
    rows[0], rows[1] = np.where(known, relevance, 0), known
    rows[2] = known / (1 + np.arange(known.shape[-1], dtype=np.float32))


def network_scores(folded: Folded, asked: Asked, found: Array) -> Array:
    """The network's; of an item that nobody judged it knows nothing, and memory at least its text."""
    width, seen = len(PAIR), asked.seen
    hidden = found.reshape(width, -1).T.dot(folded.structured[:width])
    hidden = hidden.reshape(seen.half.shape)
    hidden += seen.half
    hidden += asked.query_half
    np.maximum(hidden, 0, out=hidden)
    network = hidden.dot(folded.c)
    network += folded.c_bias
    np.tanh(network, out=network)
    memory = found[COLUMN["memory"]]
    network -= memory
    network *= seen.trust
    network += memory
    return network


def _expected(seen: Seen, cosine: Array, gap: Array, part: Array) -> Array:
    """The logit of the expected reward, linear in three inputs."""
    start, by_cosine, by_gap, by_part = seen.expectation
    found = by_cosine * cosine
    found += start
    found += by_gap * gap
    found += by_part * part
    return found
