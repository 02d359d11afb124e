"""Which inputs moved an item's score: each is set to nothing in turn, and the score looked at."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from understudy.learn.tier1.choice import Choice
from understudy.learn.tier1.features import STRUCTURED, Item
from understudy.learn.tier1.ranker import Ranker
from understudy.learn.tier1.scoring import score_lists, structured_inputs
from understudy.learn.tier1.tensors import Array


@dataclass(frozen=True, slots=True)
class Explanation:
    """All in [-1, 1]; `moved` has the largest effects on the network's score first."""

    adjustment: float
    choice: Choice
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
    return Explanation(
        float(ranker.adjustments(lists)[0, place]),
        ranker.served.choice,
        float(scored.cosine[0, place]),
        float(scored.memory[0, place]),
        float(scored.network[0, place]),
        int(ranker.memory.shown()[row[0]]),
        _effects(ranker, lists.vectors[0], int(row[0]), values),
    )


def _effects(
    ranker: Ranker, vector: Array, row: int, values: Array
) -> tuple[tuple[str, float, float], ...]:
    """What the score loses without an input; the two embeddings count as one input each."""
    folded = ranker.served.folded
    query, item = vector @ folded.query, ranker.served.vectors[row, 0] @ folded.item
    parts = np.concatenate([[query, item], values[:, None] * folded.structured])
    whole = parts.sum(axis=0) + folded.bias
    without = np.concatenate([whole[None], whole - parts])
    scores = np.tanh(np.maximum(without, 0) @ folded.c + folded.c_bias)
    effects = scores[0] - scores[1:]
    names = ("query_embedding", "item_embedding", *STRUCTURED)
    shown = [float("nan"), float("nan"), *(float(value) for value in values)]
    rows = zip(names, shown, (float(effect) for effect in effects), strict=True)
    return tuple(sorted(rows, key=lambda one: -abs(one[2])))
