"""One fit: predict, count, calibrate, learn item by item, train the network. In this order."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np

from understudy.config import Ranker as Settings
from understudy.learn.tier1.calibrate import Calibration
from understudy.learn.tier1.choice import Choice
from understudy.learn.tier1.expectation import calibration_inputs
from understudy.learn.tier1.features import COLUMN, QUERY
from understudy.learn.tier1.lists import Lists, stack_lists
from understudy.learn.tier1.memory import JUDGE, TEXT, Memory, Pairs
from understudy.learn.tier1.network import Trainer
from understudy.learn.tier1.scoring import (
    Snapshot,
    pair_lists,
    structured_inputs,
)
from understudy.learn.tier1.tensors import Array, Ints


@dataclass(slots=True)
class Judged:
    """One admitted event: its list, the rewards by place; and, once it was predicted, the inputs
    of its judged items as they were then. A later event of the same answer takes its place."""

    lists: Lists
    rewards: Mapping[int, float]
    structured: Array | None = None
    answer: str = ""
    # Of each reward its place, its item's row and its value: an event is learned again and again.
    places: Ints = field(init=False)
    rows: Ints = field(init=False)
    values: Array = field(init=False)

    def __post_init__(self) -> None:
        self.places = np.fromiter(self.rewards, dtype=np.int64, count=len(self.rewards))
        self.rows = self.lists.rows[0, self.places]
        rewards = self.rewards.values()
        self.values = np.fromiter(rewards, dtype=np.float32, count=len(self.rewards))


class State(Protocol):
    """The part of a ranker that a fit changes. `choice` is the newest, `served` has its own."""

    settings: Settings
    memory: Memory
    trainer: Trainer
    warm: Calibration
    cold: Calibration
    replay: list[Judged]
    fits: int

    choice: Choice
    served: Snapshot

    def snapshot(self, choice: Choice) -> Snapshot: ...


def learn(state: State, fresh: Sequence[Judged]) -> list[int]:
    """The rows whose past was forgotten because their feedback changed."""
    if not fresh:
        return []
    settings = state.settings
    pairs, predicted = _predict(state, fresh)
    changed = [int(row) for row in state.memory.count(pairs, predicted)]
    if changed:
        state.memory.forget(np.array(changed))
        state.replay = _without(state.replay, changed)
    draw = np.random.default_rng([settings.seed, state.fits])
    state.memory.learn(pairs)
    state.replay = (state.replay + list(fresh))[-settings.replay_events :]
    for _ in range(settings.replay_passes):
        again = draw.integers(len(state.replay), size=2 * len(fresh))
        state.memory.learn(_pairs(settings, [state.replay[place] for place in again]))
    for _ in range(settings.steps_per_batch):
        chosen = draw.integers(len(state.replay), size=settings.batch_events)
        _train(state, [state.replay[place] for place in chosen])
    return changed


def _predict(state: State, fresh: Sequence[Judged]) -> tuple[Pairs, Array]:
    """Before anything of these events was learned: their inputs are kept, the calibration fits."""
    lists = stack_lists([one.lists for one in fresh])
    snapshot = state.snapshot(state.choice)
    pair_PBK = pair_lists(snapshot, lists)
    events = np.concatenate([np.full(len(one.rewards), n) for n, one in enumerate(fresh)])
    places = np.concatenate([one.places for one in fresh])
    rows, vectors = lists.rows[events, places], lists.vectors[events]
    pair = np.ascontiguousarray(pair_PBK[:, events, places].T)
    structured = structured_inputs(snapshot, pair, rows, lists.facts[events])
    ends = np.cumsum([len(one.rewards) for one in fresh])
    for one, block in zip(fresh, np.split(structured, ends[:-1]), strict=True):
        one.structured = block
    liked = (1 + np.concatenate([one.values for one in fresh])) / 2
    part = np.einsum("nd,nd->n", vectors, snapshot.vectors[rows, JUDGE])
    cosine, gap = pair[:, COLUMN["cosine"]], pair[:, COLUMN["cosine_gap"]]
    inputs = calibration_inputs(cosine, gap, part, snapshot.bias[rows])
    columns = np.stack(np.broadcast_arrays(*inputs), axis=1).astype(np.float64)
    state.warm.fit(columns, liked.astype(np.float64))
    state.cold.fit(columns[:, : len(state.cold.weights)], liked.astype(np.float64))
    predicted = (1 + pair[:, COLUMN["memory"]]) / 2
    return Pairs(lists.vectors, events, rows, liked, _offset(state.settings, cosine)), predicted


def _pairs(settings: Settings, judged: Sequence[Judged]) -> Pairs:
    rows = np.concatenate([one.rows for one in judged])
    queries = np.repeat(np.arange(len(judged)), [len(one.rows) for one in judged])
    vectors = np.concatenate([one.lists.queries for one in judged])[:, : -len(QUERY)]
    liked = (1 + np.concatenate([one.values for one in judged])) / 2
    cosine = _inputs(judged)[:, COLUMN["cosine"]]
    return Pairs(vectors, queries, rows, liked, _offset(settings, cosine))


def _inputs(judged: Sequence[Judged]) -> Array:
    return np.concatenate([one.structured for one in judged if one.structured is not None])


def _offset(settings: Settings, cosine: Array) -> Array:
    return (settings.text_slope * (cosine - 0.5)).astype(np.float32)


def _train(state: State, judged: Sequence[Judged]) -> None:
    settings = state.settings
    counts = [len(one.rewards) for one in judged]
    events = np.repeat(np.arange(len(judged)), counts)
    words = settings.word_buckets
    vectors = np.concatenate([one.lists.vectors[:, words:] for one in judged])[events]
    texts = state.memory.vectors[np.concatenate([one.rows for one in judged]), TEXT, words:]
    structured = _inputs(judged)
    inputs = np.concatenate(
        [
            vectors * np.float32(settings.embedding_scale),
            texts * np.float32(settings.embedding_scale),
            structured * np.float32(settings.feature_scale),
        ],
        axis=1,
    )
    state.trainer.step(inputs, np.concatenate([one.values for one in judged]), events)


def _without(replay: Sequence[Judged], rows: Sequence[int]) -> list[Judged]:
    """Old feedback on these items is not learned again; the rest of its events stays."""
    kept = []
    for one in replay:
        stays = ~np.isin(one.rows, rows)
        if stays.all():
            kept.append(one)
        elif stays.any() and one.structured is not None:
            rewards = {
                place: reward
                for (place, reward), keep in zip(one.rewards.items(), stays, strict=True)
                if keep
            }
            kept.append(Judged(one.lists, rewards, one.structured[stays], one.answer))
    return kept
