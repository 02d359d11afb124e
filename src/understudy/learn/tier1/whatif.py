"""What if this ranker had served? Off-policy estimates on what was shown and what was said of it.

Against the order that the models themselves wrote. Says nothing about entries without a chance.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from understudy.learn.tier1.features import Item
from understudy.learn.tier1.off_policy import (
    Estimate,
    Logged,
    clipped_ips,
    difference,
    doubly_robust,
    snips,
)
from understudy.learn.tier1.position import Judged, PlaceEffect, place_effect
from understudy.learn.tier1.ranker import Ranker
from understudy.learn.tier1.tensors import Array, Ints

CLIP = 20.0


@dataclass(frozen=True, slots=True)
class Answered:
    """One logged answer, its entries in the model's own order; `rewards` by their key."""

    query: str
    items: Sequence[Item]
    relevance: Sequence[float] | None
    chances: Sequence[float]
    shown: Sequence[int]
    rewards: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class WhatIf:
    """Mean reward (-1 to 1) of the entries within the first `top` places: of this ranker's order, of
    the models' own, and the first above the second. `place` is None where too little tells it."""

    answers: int
    top: int
    ranker: Mapping[str, Estimate]
    models: Mapping[str, Estimate]
    gain: Estimate
    place: PlaceEffect | None


def what_if(ranker: Ranker, answers: Sequence[Answered], top: int, confidence: float) -> WhatIf:
    """Events that this ranker learned from flatter it: ask about the time after its checkpoint."""
    ours, theirs, judged = [], [], []
    for one in answers:
        adjusted = ranker.score(one.query, one.items, one.relevance)
        start = np.full(len(one.items), 0.5) if one.relevance is None else np.array(one.relevance)
        scores = np.nan_to_num(start, nan=0.5) + adjusted
        expected = np.clip(2 * scores - 1, -1, 1)
        ours.append(_logged(one, expected, np.argsort(-scores, kind="stable"), top))
        theirs.append(_logged(one, expected, np.arange(len(one.items)), top))
        judged.append(judged_entries(one))
    return WhatIf(
        len(answers),
        top,
        _estimates(ours, confidence),
        _estimates(theirs, confidence),
        difference(ours, theirs, CLIP, confidence),
        place_effect(judged, confidence),
    )


def _logged(one: Answered, expected: Array, order: Ints, top: int) -> Logged:
    count = len(one.items)
    shown, wanted = np.zeros(count, dtype=bool), np.zeros(count, dtype=bool)
    shown[list(one.shown)] = True
    wanted[order[:top]] = True
    rewards = np.array([one.rewards.get(item.key, np.nan) for item in one.items])
    return Logged(np.asarray(one.chances), shown, rewards, expected, wanted)


def judged_entries(one: Answered) -> Judged:
    """With the place at which each was shown; an entry that the model names twice counts once."""
    given = one.relevance or [0.0] * len(one.items)
    keys = [one.items[number].key for number in one.shown]
    first = {key: place for place, key in reversed(list(enumerate(keys)))}
    told = sorted(place for key, place in first.items() if key in one.rewards)
    return Judged(
        [keys[place] for place in told],
        np.array(told, dtype=float),
        np.nan_to_num(np.array([given[one.shown[place]] for place in told], dtype=float)),
        np.array([one.rewards[keys[place]] for place in told]),
    )


def _estimates(events: Sequence[Logged], confidence: float) -> Mapping[str, Estimate]:
    return {
        "ips": clipped_ips(events, CLIP, confidence),
        "snips": snips(events, CLIP, confidence),
        "doubly robust": doubly_robust(events, CLIP, confidence),
    }
