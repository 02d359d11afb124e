"""The events kept for validation, the choice that they make, and the learning rate that follows.

They are never trained on. An item whose feedback changed takes its old events along.
"""

from collections.abc import Sequence, Set
from dataclasses import replace

import numpy as np

from understudy.config import Ranker as Settings
from understudy.learn.tier1.gate import (
    Standing,
    choose,
    fading_weights,
    may_replace,
    ordered_share,
)
from understudy.learn.tier1.learning import Judged, State, stack_lists
from understudy.learn.tier1.scoring import (
    Choice,
    Prior,
    Scored,
    Snapshot,
    item_half,
    score_places,
)
from understudy.learn.tier1.tensors import Array, Ints


class Validation:
    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.events: list[Judged] = []
        self.best = -np.inf
        self.stale = 0

    def add(self, judged: Sequence[Judged]) -> None:
        self.events = (self.events + list(judged))[-self.settings.validation_events :]

    def forget(self, rows: Sequence[int]) -> None:
        if rows:
            self.events = [one for one in self.events if not np.isin(one.rows, rows).any()]
            self.best = -np.inf

    def withdraw(self, answers: Set[str]) -> None:
        """The events of these answers: something else was said of them."""
        self.events = [one for one in self.events if one.answer not in answers]

    def weights(self) -> Array:
        """What each event's vote counts, the newest last."""
        return fading_weights(len(self.events), self.settings.validation_half_life)

    def publish(self, state: State) -> tuple[Standing, bool]:
        """Let the newest state be served, in the blend that the events choose, unless worse."""
        if len(self.events) < self.settings.gate_events:
            return Standing(0.0, 0.0), False
        lists = stack_lists(self.events)
        places, rewards = _judged(self.events)
        weights = self.weights()
        known = bool((~np.isnan(lists.relevance[lists.mask > 0])).all())
        candidate = state.snapshot(state.choice)
        scored = score_places(candidate, lists, places)
        margin = self.settings.gate_margin
        choice, standing = choose(scored, rewards, weights, known, margin)
        ours = ordered_share(scored.blend(choice), rewards)
        before = score_places(state.served, lists, places)
        served = state.served.choice
        if served.prior is Prior.RELEVANCE and not known:
            served = Choice(Prior.COSINE, 0.0)
        theirs = ordered_share(before.blend(served), rewards)
        self._follow(state, scored, rewards, weights)
        state.choice = choice
        if not may_replace(theirs, ours, weights, margin):
            return standing, False
        state.served = replace(candidate, choice=choice)
        return standing, True

    def _follow(self, state: State, scored: Scored, rewards: Array, weights: Array) -> None:
        """Halve the network's learning rate when its own order stops improving; never to nothing."""
        share = ordered_share(scored.network, rewards)
        told = ~np.isnan(share)
        if not told.any():
            return
        now = float(np.average(share[told], weights=weights[told]))
        if now > self.best:
            self.best, self.stale = now, 0
            return
        self.stale += 1
        if self.stale >= self.settings.patience:
            self.best, self.stale = now, 0
            halved = state.trainer.learning_rate / 2
            state.trainer.learning_rate = max(self.settings.min_learning_rate, halved)


def grow(served: Snapshot, current: Snapshot) -> Snapshot:
    """The served version with the rows that only the current one has."""
    old = len(served.items)
    half = item_half(served.folded, current.vectors[old:], current.items[old:])

    def longer(ours: Array, theirs: Array) -> Array:
        return np.concatenate([ours, theirs[old:]])

    return replace(
        served,
        vectors=longer(served.vectors, current.vectors),
        items=longer(served.items, current.items),
        item_half=np.concatenate([served.item_half, half]),
        centroid_scale=longer(served.centroid_scale, current.centroid_scale),
        bias=longer(served.bias, current.bias),
        trust=longer(served.trust, current.trust),
    )


def _judged(events: Sequence[Judged]) -> tuple[Ints, Array]:
    """One row an event: the places of its judged items and their rewards, NaN where it has fewer
    than others."""
    shape = len(events), max(len(one.rewards) for one in events)
    places, rewards = np.zeros(shape, dtype=np.int64), np.full(shape, np.nan, dtype=np.float32)
    for row, one in enumerate(events):
        places[row, : len(one.places)] = one.places
        rewards[row, : len(one.values)] = one.values
    return places, rewards
