"""Which inputs moved an item's score: each is set to nothing in turn, and what is served looked at.

What an input gives memory's expectation and the prior counts with what it gives the network, each by
its share: an input of a network that is not asked moves nothing.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from understudy.learn.tier1.choice import Choice, Prior
from understudy.learn.tier1.expectation import expectation
from understudy.learn.tier1.features import STRUCTURED, Item
from understudy.learn.tier1.memory import TEXT
from understudy.learn.tier1.ranker import Ranker
from understudy.learn.tier1.scoring import Snapshot, embeddings, score_lists, structured_inputs
from understudy.learn.tier1.tensors import Array, Bools

_INPUT = {name: place for place, name in enumerate(STRUCTURED)}
_EMBEDDINGS = ("query_embedding", "item_embedding")


@dataclass(frozen=True, slots=True)
class Explanation:
    """All in [-1, 1]; `relevance` is the model's own, None where it gave none; `moved` has the
    largest effects on the item's score first."""

    adjustment: float
    choice: Choice
    relevance: float | None
    cosine: float
    memory: float
    network: float
    judgements: int
    moved: tuple[tuple[str, float, float], ...]


def explain(
    ranker: Ranker,
    query: str,
    items: Sequence[Item],
    key: str,
    relevance: Sequence[float] | None = None,
) -> Explanation:
    """Of the item with this key, in the list that it stands in: (input, value, effect) for each.

    Raises KeyError when the list has no such item.
    """
    places = {item.key: place for place, item in enumerate(items)}
    place = places[key]
    lists = ranker.lists([ranker.read(query)], [items], [relevance])
    scored = score_lists(ranker.served, lists)
    row = lists.rows[0, [place]]
    values = structured_inputs(ranker.served, scored.pair[0, [place]], row, lists.facts)[0]
    known = values[_INPUT["relevance_known"]] > 0
    return Explanation(
        float(ranker.adjustments(lists)[0, place]),
        ranker.served.choice,
        float(scored.relevance[0, place]) if known else None,
        float(scored.cosine[0, place]),
        float(scored.memory[0, place]),
        float(scored.network[0, place]),
        int(ranker.memory.shown()[row[0]]),
        _effects(ranker.served, lists.vectors[0], int(row[0]), values),
    )


def _effects(
    served: Snapshot, vector: Array, row: int, values: Array
) -> tuple[tuple[str, float, float], ...]:
    """What the score loses without an input; the two embeddings count as one input each."""
    scores = _scores(served, vector, row, values)
    effects = scores[0] - scores[1:]
    shown = [float("nan")] * len(_EMBEDDINGS) + [float(value) for value in values]
    names = (*_EMBEDDINGS, *STRUCTURED)
    rows = zip(names, shown, (float(effect) for effect in effects), strict=True)
    return tuple(sorted(rows, key=lambda one: -abs(one[2])))


def _scores(served: Snapshot, vector: Array, row: int, values: Array) -> Array:
    """What is served with every input, then without each."""
    folded = served.folded
    text = embeddings(folded, served.vectors[row, TEXT])
    embedded = np.stack([embeddings(folded, vector) @ folded.query, text @ folded.item])
    # The first row has everything, each other one lacks an input.
    count = len(_EMBEDDINGS) + len(STRUCTURED)
    given = np.ones((1 + count, count), dtype=np.float32)
    given[1:] -= np.eye(count, dtype=np.float32)
    inputs = given[:, len(_EMBEDDINGS) :] * values
    hidden = inputs @ folded.structured + given[:, : len(_EMBEDDINGS)] @ embedded + folded.bias
    network = np.tanh(np.maximum(hidden, 0) @ folded.c + folded.c_bias)
    return _blend(served, inputs, network)


def _blend(served: Snapshot, inputs: Array, network: Array) -> Array:
    """As `scoring` blends it, of a row of inputs each."""
    value = {name: inputs[:, place] for name, place in _INPUT.items()}
    memory = np.where(_lacks(inputs, "memory"), 0, _remembered(served, value))
    network = memory + value["trust"] * (network - memory)
    # Without a word of the model the middle: nothing is said for or against.
    relevance = np.where(
        _lacks(inputs, "relevance") | _lacks(inputs, "relevance_known"),
        0,
        2 * value["relevance"] - value["relevance_known"],
    )
    prior = {Prior.RELEVANCE: relevance, Prior.COSINE: value["cosine"], Prior.MEMORY: memory}
    choice = served.choice
    if choice.prior is Prior.RELEVANCE and not value["relevance_known"][0]:
        return value["cosine"]
    return choice.blend(network, prior[choice.prior])


def _lacks(inputs: Array, name: str) -> Bools:
    """The one row without this input, whatever its value."""
    found = np.zeros(len(inputs), dtype=bool)
    found[1 + len(_EMBEDDINGS) + _INPUT[name]] = True
    return found


def _remembered(served: Snapshot, value: dict[str, Array]) -> Array:
    start, by_cosine, by_gap, by_part = expectation(
        value["bias"], value["trust"], served.warm, served.cold, served.cold_bonus
    )
    part = 4 * np.arctanh(value["memory_part"].clip(-0.999999, 0.999999))
    logit = start + by_cosine * value["cosine"] + by_gap * value["cosine_gap"]
    return np.asarray(np.tanh(logit + by_part * part))
