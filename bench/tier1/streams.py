"""Labelled queries as a stream of ranked lists with feedback: the protocol of the benchmark.

Of each query the 20 items nearest by cosine are candidates (the true one may be missing), the best
4 are shown, each gets +1 or -1, a share of them the wrong one.
"""

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Protocol

import numpy as np
import orjson
from numpy.typing import NDArray

from understudy.learn.tier1.embedder import Embedder
from understudy.learn.tier1.features import Item
from understudy.learn.tier1.intake import Event
from understudy.learn.tier1.tensors import Array, Ints

CANDIDATES, SHOWN, BATCH, FLIPS = 20, 4, 80, 0.05


@dataclass(frozen=True, slots=True)
class Part:
    """Queries, their true items, and the candidates of each."""

    numbers: Ints
    texts: Sequence[str]
    vectors: Array
    labels: Ints
    candidates: Ints

    def take(self, places: NDArray[np.int_]) -> "Part":
        return Part(
            self.numbers[places],
            [self.texts[place] for place in places],
            self.vectors[places],
            self.labels[places],
            self.candidates[places],
        )

    def with_truth(self, labels: Ints) -> "Part":
        """Other true items; where one is no candidate it takes the place of the last."""
        candidates = self.candidates.copy()
        missing = ~(candidates == labels[:, None]).any(axis=1)
        candidates[missing, -1] = labels[missing]
        return replace(self, labels=labels, candidates=candidates)


@dataclass(frozen=True, slots=True)
class Data:
    name: str
    items: Sequence[Item]
    item_vectors: Array
    train: Part
    test: Part


class Policy(Protocol):
    """Anything that ranks and may learn. Scores are one row a query, one column a candidate."""

    def score(self, part: Part) -> Array: ...

    def learn(self, part: Part, shown: Ints, rewards: Array) -> None: ...


def play(
    policy: Policy, stream: Part, flips: float, draw: np.random.Generator
) -> Iterator[tuple[int, float]]:
    """After each batch: events so far, and the share of its queries whose first item was right."""
    for start in range(0, len(stream.texts), BATCH):
        batch = stream.take(np.arange(start, min(start + BATCH, len(stream.texts))))
        scores = policy.score(batch)
        order = np.argsort(-scores, axis=1, kind="stable")[:, :SHOWN]
        shown = np.take_along_axis(batch.candidates, order, axis=1)
        right = shown == batch.labels[:, None]
        rewards = np.where(right ^ (draw.random(right.shape) < flips), 1.0, -1.0)
        policy.learn(batch, shown, rewards.astype(np.float32))
        yield start + len(batch.texts), float(right[:, 0].mean())


def accuracy(policy: Policy, part: Part) -> float:
    best = policy.score(part).argmax(axis=1)
    return float((part.candidates[np.arange(len(best)), best] == part.labels).mean())


def events_of(items: Sequence[Item], part: Part, shown: Ints, rewards: Array) -> list[Event]:
    """What the ranker is told: the whole list, and rewards for the items that were shown."""
    return [
        Event(
            str(number),
            text,
            [items[item] for item in row],
            {items[item].key: float(reward) for item, reward in zip(seen, some, strict=True)},
        )
        for number, text, row, seen, some in zip(
            part.numbers, part.texts, part.candidates, shown, rewards, strict=True
        )
    ]


def load_data(file: Path, embedder: Embedder, cache: Path) -> Data:
    lines = file.read_bytes().splitlines()
    head, rows = orjson.loads(lines[0]), [orjson.loads(line) for line in lines[1:]]
    return build_data(file.stem, head["label_text"], rows, embedder, cache)


def build_data(
    name: str,
    label_texts: Sequence[str],
    rows: Sequence[dict[str, object]],
    embedder: Embedder,
    cache: Path,
) -> Data:
    texts = [str(row["text"]) for row in rows]
    vectors = _embed([*label_texts, *texts], embedder, cache, name)
    item_vectors, query_vectors = vectors[: len(label_texts)], vectors[len(label_texts) :]
    labels = np.array([row["label"] for row in rows], dtype=np.int64)
    candidates = nearest(query_vectors, item_vectors)
    everything = Part(np.arange(len(texts)), texts, query_vectors, labels, candidates)
    is_test = np.array([row["split"] == "test" for row in rows])
    items = [Item(str(number), text) for number, text in enumerate(label_texts)]
    train, test = np.flatnonzero(~is_test), np.flatnonzero(is_test)
    return Data(name, items, item_vectors, everything.take(train), everything.take(test))


def nearest(queries: Array, items: Array) -> Ints:
    """The candidates of each query, best first."""
    cosine = queries @ items.T
    return np.argsort(-cosine, axis=1, kind="stable")[:, :CANDIDATES].astype(np.int64)


def synthetic_rows(seed: int) -> tuple[list[str], list[dict[str, object]]]:
    """Where no data are given: intents of two words, queries that say them in other words."""
    draw = np.random.default_rng(seed)
    things = [
        "pump",
        "motor",
        "chiller",
        "boiler",
        "fan",
        "valve",
        "tank",
        "filter",
        "meter",
        "sensor",
        "belt",
        "drive",
    ]
    asks = {
        "vibration history": "how did it shake since yesterday",
        "energy use": "what power does it draw and what does it cost",
        "open alarms": "is anything wrong that nobody has acknowledged",
        "maintenance plan": "when will somebody service it next",
        "live temperature": "how hot is it right now",
    }
    labels = [f"{thing} {ask}" for thing in things for ask in asks]
    rows: list[dict[str, object]] = []
    for number in range(13_000):
        label = int(draw.integers(len(labels)))
        words = asks[labels[label].partition(" ")[2]].split()
        kept = [word for word in words if draw.random() < 0.7] or words[:1]
        text = f"{' '.join(kept)} {labels[label].partition(' ')[0]} {draw.integers(20)}"
        split = "test" if number >= 11_000 else "train"
        rows.append({"text": text, "label": label, "split": split})
    return labels, rows


def _embed(texts: Sequence[str], embedder: Embedder, cache: Path, name: str) -> Array:
    """Kept in a file: embedding 20,000 texts takes minutes, and every run needs the same."""
    digest = hashlib.sha256("\n".join([embedder.name, *texts]).encode()).hexdigest()[:16]
    file = cache / f"{name}-{digest}.npy"
    if not file.exists():
        cache.mkdir(parents=True, exist_ok=True)
        vectors = embedder.embed(texts)
        partial = file.with_suffix(".partial")
        with partial.open("wb") as handle:
            np.save(handle, vectors)
        partial.rename(file)
    return np.load(file, allow_pickle=False)
