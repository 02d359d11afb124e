"""The events kept for validation, the choice that they make, and the learning rate that follows.

They are never trained on. An item whose feedback changed takes its old events along.
"""

from collections.abc import Sequence, Set
from dataclasses import replace

import numpy as np

from understudy.config import Ranker as Settings
from understudy.learn.tier1.choice import Choice, Prior
from understudy.learn.tier1.gate import (
    Standing,
    Told,
    choose,
    fading_weights,
    may_replace,
)
from understudy.learn.tier1.learning import Judged, State
from understudy.learn.tier1.scoring import (
    Snapshot,
    score_places,
)
from understudy.learn.tier1.table import Table, follow, tabulate
from understudy.learn.tier1.tensors import Array


class Validation:
    """`shares` are what the served version orders right of the first events, by the choice `by`: it
    is asked about each event once."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.events: list[Judged] = []
        self.shares: Array = np.zeros(0)
        self.by: Choice | None = None
        self.best = -np.inf
        self.stale = 0
        self._table: Table | None = None

    def add(self, judged: Sequence[Judged]) -> None:
        events = [*self.events, *judged]
        dropped = max(0, len(events) - self.settings.validation_events)
        self.events, self.shares = events[dropped:], self.shares[dropped:]

    def forget(self, rows: Sequence[int]) -> None:
        if rows:
            self._keep([not np.isin(one.rows, rows).any() for one in self.events])
            self.best = -np.inf

    def withdraw(self, answers: Set[str]) -> None:
        """The events of these answers: something else was said of them."""
        if any(one.answer in answers for one in self.events):
            self._keep([one.answer not in answers for one in self.events])

    def replace(self, events: Sequence[Judged | None]) -> None:
        """The same events with their items in other rows; None for those that go."""
        self._keep([one is not None for one in events])
        self.events = [one for one in events if one is not None]
        self._table = None

    def ask_again(self) -> None:
        """The served version reads items otherwise than when it was asked."""
        self.by = None

    def _keep(self, chosen: Sequence[bool]) -> None:
        stays = np.array(chosen, dtype=bool)
        self.shares = self.shares[stays[: len(self.shares)]]
        self.events = [one for one, stay in zip(self.events, stays, strict=True) if stay]

    def weights(self) -> Array:
        """What each event's vote counts, the newest last."""
        return fading_weights(len(self.events), self.settings.validation_half_life)

    def publish(self, state: State) -> tuple[Standing, bool]:
        """Let the newest state be served, in the blend that the events choose, unless worse."""
        if len(self.events) < self.settings.gate_events:
            return Standing(0.0, 0.0), False
        table = self._table = follow(self._table, self.events)
        lists, told, weights = table.lists, Told(table.rewards), self.weights()
        known = bool((~np.isnan(lists.relevance[lists.mask > 0])).all())
        candidate = state.snapshot(state.choice)
        scored = score_places(candidate, lists, table.places)
        margin = self.settings.gate_margin
        choice, standing = choose(scored, told, weights, known, margin)
        ours = told.ordered_share(scored.blend(choice))
        theirs = self._ask_served(state.served, known)
        self._follow(state, told.ordered_share(scored.network), weights)
        state.choice = choice
        if not may_replace(theirs, ours, weights, margin):
            return standing, False
        state.served = replace(candidate, choice=choice)
        self.shares, self.by = ours, choice
        return standing, True

    def _ask_served(self, served: Snapshot, known: bool) -> Array:
        by = served.choice
        if by.prior is Prior.RELEVANCE and not known:
            by = Choice(Prior.COSINE, 0.0)
        if by != self.by:
            self.shares, self.by = np.zeros(0), by
        fresh = self.events[len(self.shares) :]
        if fresh:
            table = tabulate(fresh)
            scored = score_places(served, table.lists, table.places)
            shares = Told(table.rewards).ordered_share(scored.blend(by))
            self.shares = np.concatenate([self.shares, shares])
        return self.shares

    def _follow(self, state: State, share: Array, weights: Array) -> None:
        """Halve the network's learning rate when its own order stops improving; never to nothing."""
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
