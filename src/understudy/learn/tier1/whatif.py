"""What if another ranker had served? Off-policy estimates on what was shown and what was said of it.

Compares two: rankers, or the order that the models themselves wrote. Each shows what it would serve,
within floors and cap, but for exploration. Says nothing about entries without a chance.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from understudy.config import Tier1
from understudy.learn.tier1.arrange import arrange
from understudy.learn.tier1.features import Item
from understudy.learn.tier1.intake import is_held_out
from understudy.learn.tier1.judged import judged_chances
from understudy.learn.tier1.off_policy import (
    Estimate,
    Logged,
    difference,
    doubly_robust,
    ips,
    snips,
)
from understudy.learn.tier1.position import Judged, PlaceEffect, place_effect
from understudy.learn.tier1.ranker import Ranker
from understudy.learn.tier1.tensors import Array, Bools, Ints


@dataclass(frozen=True, slots=True)
class Answered:
    """One logged answer, its entries in the model's own order; `rewards` by their key, `key` that of
    the event which a ranker would learn from."""

    key: str
    at: float
    query: str
    items: Sequence[Item]
    critical: Sequence[bool]
    relevance: Sequence[float] | None
    chances: Sequence[float]
    shown: Sequence[int]
    rewards: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class WhatIf:
    """Mean reward (-1 to 1) of the entries within the first `top` places: of the first one's order,
    of the second's, and the first above the second. `judged` is the share of what was shown;
    `place` is None where too little tells it."""

    answers: int
    judged: float
    top: int
    first: Mapping[str, Estimate]
    second: Mapping[str, Estimate]
    gain: Estimate
    place: PlaceEffect | None


@dataclass(frozen=True, slots=True)
class Fair:
    """Answers that say something new: those `since` a checkpoint, and of the earlier ones those held
    out from training, which chose the served blend and no more. `left_out` were trained on."""

    since: Sequence[Answered]
    held_out: Sequence[Answered]
    left_out: int


def find_fair(answers: Sequence[Answered], since: float, validation_share: float) -> Fair:
    """What a ranker was trained on flatters it."""
    later = [one for one in answers if one.at > since]
    earlier = [one for one in answers if one.at <= since]
    held_out = [one for one in earlier if is_held_out(one.key, validation_share)]
    return Fair(later, held_out, len(earlier) - len(held_out))


def what_if(
    first: Ranker | None,
    second: Ranker | None,
    answers: Sequence[Answered],
    settings: Tier1,
    top: int,
    confidence: float,
) -> WhatIf:
    """None is the models' own order. What an entry is expected to earn, which only narrows the
    intervals, is the first ranker's word on it, or the second's."""
    ours, theirs, judged = [], [], [_judged_places(one) for one in answers]
    for one, told in zip(answers, judged_chances(judged), strict=True):
        scores = [None if ranker is None else _score(ranker, one) for ranker in (first, second)]
        known = next((some for some in scores if some is not None), np.full(len(one.items), 0.5))
        expected = np.clip(2 * known - 1, -1, 1)
        mine, other = (_shown(one, some, settings) for some in scores)
        ours.append(_logged(one, told, expected, mine, top))
        theirs.append(_logged(one, told, expected, other, top))
    return WhatIf(
        len(answers),
        float(np.mean(np.concatenate(judged))),
        top,
        _estimates(ours, confidence),
        _estimates(theirs, confidence),
        difference(ours, theirs, confidence),
        place_effect([judged_entries(one) for one in answers], confidence),
    )


def _score(ranker: Ranker, one: Answered) -> Array:
    start = np.full(len(one.items), 0.5) if one.relevance is None else np.array(one.relevance)
    known = np.nan_to_num(start, nan=0.5)
    return np.asarray(known + ranker.score(one.query, one.items, one.relevance))


def _shown(one: Answered, scores: Array | None, settings: Tier1) -> Ints:
    """As it would be served, best first."""
    if scores is None:
        return np.arange(len(one.items))
    count = settings.max_items or len(one.items)
    # Without exploration nothing is drawn.
    draw = np.random.default_rng(0)
    return arrange(scores, one.critical, settings.critical_place, count, 0.0, draw).order


def _judged_places(one: Answered) -> Bools:
    return np.array([one.items[number].key in one.rewards for number in one.shown])


def _logged(one: Answered, judged: Array, expected: Array, order: Ints, top: int) -> Logged:
    count = len(one.items)
    shown, wanted = np.zeros(count, dtype=bool), np.zeros(count, dtype=bool)
    shown[list(one.shown)] = True
    # What was not shown could have stood in the last place alone.
    told = np.full(count, judged[-1])
    told[list(one.shown)] = judged
    wanted[order[:top]] = True
    rewards = np.array([one.rewards.get(item.key, np.nan) for item in one.items])
    return Logged(np.asarray(one.chances) * told, shown, rewards, expected, wanted)


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
        "ips": ips(events, confidence),
        "snips": snips(events, confidence),
        "doubly robust": doubly_robust(events, confidence),
    }
