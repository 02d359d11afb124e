"""A domain small enough to reason about: eight items, queries that say them in other words."""

import hashlib
from collections.abc import Sequence

import numpy as np

from understudy.config import Ranker as Settings
from understudy.learn.tier1.features import Item
from understudy.learn.tier1.intake import Event
from understudy.learn.tier1.ranker import Ranker
from understudy.learn.tier1.tensors import Array

DIMENSION = 24
ITEMS = [Item(f"item-{number}", f"subject {number}") for number in range(8)]


class WordVectors:
    """The sum of one fixed random vector a word: alike texts are near each other."""

    def __init__(self, dimension: int = DIMENSION) -> None:
        self.dimension = dimension
        self.name = f"words-{dimension}"
        self.embedded = 0

    def embed(self, texts: Sequence[str]) -> Array:
        self.embedded += len(texts)
        rows = np.stack([sum(self._word(word) for word in text.split()) for text in texts])
        return (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)

    def _word(self, word: str) -> Array:
        digest = hashlib.sha256(word.encode()).digest()
        draw = np.random.default_rng(int.from_bytes(digest[:8], "big"))
        return draw.normal(size=self.dimension)


def small(**changes: float) -> Settings:
    return Settings(**{"gate_events": 5, "validation_share": 0.2, "seed": 3, **changes})


def ranker(**changes: float) -> Ranker:
    return Ranker(small(**changes), WordVectors())


def events(count: int, start: int = 0, moved: int = 0, flips: float = 0.0) -> list[Event]:
    """Query `sign N` wants item N + moved; no word of it stands in an item's text."""
    draw = np.random.default_rng(start)
    made = []
    for number in range(start, start + count):
        wanted = int(draw.integers(len(ITEMS)))
        shown = [wanted, *(int(one) for one in draw.permutation(len(ITEMS))[:3])]
        rewards = {}
        for item in dict.fromkeys(shown):
            right = (item == (wanted + moved) % len(ITEMS)) != (draw.random() < flips)
            rewards[ITEMS[item].key] = 1.0 if right else -1.0
        if moved:
            rewards[ITEMS[(wanted + moved) % len(ITEMS)].key] = 1.0
        made.append(Event(f"event-{number}", f"sign{wanted} please", ITEMS, rewards))
    return made


def right_share(one: Ranker, moved: int = 0) -> float:
    """Of the eight queries: is the wanted item first?"""
    firsts = [int(one.score(f"sign{n} please", ITEMS).argmax()) for n in range(len(ITEMS))]
    return float(np.mean([first == (n + moved) % len(ITEMS) for n, first in enumerate(firsts)]))


def taught(batches: int = 15, **changes: float) -> Ranker:
    one = ranker(**changes)
    for number in range(batches):
        one.fit(events(20, start=20 * number))
    return one
