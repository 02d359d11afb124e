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
_PARTS = slice(COLUMN["memory_part"], COLUMN["memory_part_margin"] + 1)
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
    cosine, above, parts = found[COLUMN["cosine"]], found[COLUMN["cosine_margin"]], found[_PARTS]
    cosine[:] = similarities[TEXT]
    found[COLUMN["best_cosine"]] = margins(cosine, seen.mask, above)
    np.divide(similarities[JUDGE], 4, out=parts[0])
    margins(parts[0], seen.mask, parts[1])
    np.tanh(parts, out=parts)
    memory = found[COLUMN["memory"]]
    np.tanh(_expected(seen, cosine, above, similarities[JUDGE]), out=memory)
    found[COLUMN["best_memory"]] = margins(memory, seen.mask, found[COLUMN["memory_margin"]])
    # To the queries it was liked and disliked on: as a mean, then as a direction.
    felt = found[_FELT].reshape(seen.centroid_scale.shape)
    np.multiply(similarities[LIKED:], seen.centroid_scale, out=felt)
    if asked.relevance is not None:
        put_relevance(found[_RELEVANCE], asked.relevance, seen.mask)
    if seen.mask is not None:
        found *= seen.mask
    return found


def put_relevance(rows: Array, relevance: Array, mask: Bools | None) -> None:
    """What was given, whether it was, its margin, and where the item stands in the list."""
    known = ~np.isnan(relevance)
    given = np.where(known, relevance, 0)
    rows[0], rows[1] = given, known
    margins(given, mask, rows[2])
    rows[3] = known / (1 + np.arange(known.shape[-1], dtype=np.float32))


def margins(values: Array, mask: Bools | None, margin: Array) -> Array:
    """The best on the last axis; how far each stands above the best of the others is written to
    `margin`. Where masked both are zero; without a mask every place is filled."""
    if values.shape[-1] < 2:
        margin[...] = 0
        return values if mask is None else np.where(mask, values, 0)
    ordered = values.copy() if mask is None else np.where(mask, values, -np.inf)
    ordered.sort()
    second, best = ordered[..., -2:-1], ordered[..., -1:]
    if mask is not None:
        best = np.where(np.isneginf(best), 0, best)
        # One alone has no others: as good as its second.
        second = np.where(np.isneginf(second), best, second)
    np.subtract(values, best, out=margin)
    np.copyto(margin, best - second, where=values >= best)
    if mask is not None:
        margin *= mask
    return best


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


def _expected(seen: Seen, cosine: Array, margin: Array, part: Array) -> Array:
    """The logit of the expected reward, linear in three inputs."""
    start, by_cosine, by_margin, by_part = seen.expectation
    found = by_cosine * cosine
    found += start
    found += by_margin * margin
    found += by_part * part
    return found
