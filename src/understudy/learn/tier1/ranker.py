"""Tier 1's ranker: learns from feedback on items within a fit, scores with the version it serves.

A fit learns on its own state; what scores is a frozen version, replaced only when the gate lets the
next one pass. Nothing is learned from an event before it was predicted.
"""

from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass

import numpy as np

from understudy.config import Ranker as Settings
from understudy.learn.tier1.calibrate import Calibration
from understudy.learn.tier1.choice import Choice, Prior
from understudy.learn.tier1.embedder import Embedder
from understudy.learn.tier1.evict import renumber, rows_to_keep
from understudy.learn.tier1.features import (
    Item,
    Query,
    input_width,
    overlaps,
    read_query,
    split_words,
)
from understudy.learn.tier1.gate import Standing
from understudy.learn.tier1.intake import Event, Intake, clean_relevance, is_held_out, split_key
from understudy.learn.tier1.learning import Judged, learn
from understudy.learn.tier1.lists import Lists, single_list, stack_lists
from understudy.learn.tier1.memory import Memory
from understudy.learn.tier1.network import Trainer, build_network
from understudy.learn.tier1.scoring import (
    Snapshot,
    adjust_lists,
    take_snapshot,
)
from understudy.learn.tier1.tensors import Array
from understudy.learn.tier1.validation import Validation
from understudy.learn.tier1.version import Version, describe, extend, keep_rows, remember


@dataclass(frozen=True, slots=True)
class Fitted:
    """What one fit did."""

    learned: int
    held_out: int
    published: bool
    choice: Choice
    standing: Standing
    forgotten: tuple[str, ...]


class Ranker:
    """State of one function's ranker. One thread at a time, but for `version` and `score`: those
    are for anyone at any time, a fit or not."""

    def __init__(self, settings: Settings, embedder: Embedder) -> None:
        self.settings = settings
        self.embedder = embedder
        self.width = input_width(embedder.dimension)
        network = build_network(self.width, settings.rank, settings.hidden, settings.seed)
        self.trainer = Trainer(network, settings.learning_rate, settings.margin)
        self.memory = Memory(embedder.dimension, settings)
        slope = settings.text_slope / 4
        decay = settings.calibration_decay
        self.warm = Calibration([0, slope, 0, 1, 1], [1, 0.3, 0.3, 30, 10], decay)
        self.cold = Calibration([0, slope, 0], [1, 0.3, 0.3], decay)
        self.validation = Validation(settings)
        self.intake = Intake(settings.seen_keys)
        self.rows: dict[str, int] = {}
        self.texts: list[str] = []
        self.words: list[frozenset[str]] = []
        # Of each item when the answer was made whose text it has.
        self.described: list[float] = []
        # Of each item the last fit with an answer that showed it.
        self.last_shown: list[int] = []
        self.replay: list[Judged] = []
        self.fits = 0
        # How far in the store's feedback this state has learned; saved with it, so that nothing is
        # learned twice and nothing is left out after a restart.
        self.cursor = 0
        # The model's own order, until feedback has shown that another is better.
        self.choice = Choice(Prior.RELEVANCE, 0.0)
        self.served = self.snapshot(self.choice)

    @property
    def served(self) -> Snapshot:
        return self.version.snapshot

    @served.setter
    def served(self, snapshot: Snapshot) -> None:
        self.serve(snapshot, self.fits)

    def score(
        self, query: str, items: Sequence[Item], relevance: Sequence[float] | None = None
    ) -> Array:
        """Adjustments in [-1, 1], to be added to the relevance (0.5 where none was given)."""
        return self.version.score(self.embedder, query, items, relevance)

    def adjustments(self, lists: Lists) -> Array:
        return adjust_lists(self.served, lists)

    def fit(self, events: Sequence[Event]) -> Fitted:
        """Learn from new feedback; a whole batch, or a single event."""
        judged = self._admit(events)
        held_out = [one for key, one in judged if is_held_out(key, self.settings.validation_share)]
        fresh = [one for key, one in judged if not is_held_out(key, self.settings.validation_share)]
        self._withdraw({one.answer for _, one in judged})
        self.validation.add(held_out)
        changed = learn(self, fresh)
        self.validation.forget(changed)
        self.fits += bool(judged)
        standing, published = self.validation.publish(self) if judged else (Standing(0, 0), False)
        names = list(self.rows)
        forgotten = tuple(names[row] for row in changed)
        self._evict()
        # Prepared here, because else the next request would.
        self.served.alone()
        return Fitted(len(fresh), len(held_out), published, self.served.choice, standing, forgotten)

    def unread(self, events: Sequence[Event]) -> list[str]:
        """The texts that a fit on these events may ask vectors for."""
        items = [item for one in events for item in one.items]
        new = [item.text for item in items if item.key not in self.rows]
        changed = [item.text for item in self._changed(self._last_described(events)).values()]
        return list(dict.fromkeys([one.query for one in events] + new + changed))

    def read(self, text: str) -> Query:
        return self.read_all([text])[0]

    def read_all(self, texts: Sequence[str]) -> list[Query]:
        vectors = self.embedder.embed(texts)
        buckets = self.settings.word_buckets
        return [read_query(text, one, buckets) for text, one in zip(texts, vectors, strict=True)]

    def lists(
        self,
        queries: Sequence[Query],
        items: Sequence[Sequence[Item]],
        relevance: Sequence[Sequence[float] | None],
    ) -> Lists:
        """Unknown items are added to the catalog."""
        self._add(items)
        found = [self._list(*one) for one in zip(queries, items, relevance, strict=True)]
        return found[0] if len(found) == 1 else stack_lists(found)

    def snapshot(self, choice: Choice) -> Snapshot:
        return take_snapshot(
            self.memory,
            self.trainer.network,
            self.warm.weights,
            self.cold.weights,
            choice,
            self.settings,
        )

    def entries(self) -> list[dict[str, float | str]]:
        """What feedback says of each item: how often liked and disliked, and its recent reward."""
        liked, disliked = self.memory.column("liked"), self.memory.column("disliked")
        recent = self.memory.column("fast")
        return [
            {
                "key": key,
                "liked": int(liked[row]),
                "disliked": int(disliked[row]),
                "recent": round(float(recent[row]), 4),
            }
            for key, row in self.rows.items()
        ]

    def counts(self) -> Mapping[str, int]:
        return {
            "items": len(self.rows),
            "fits": self.fits,
            "parameters": self.trainer.network.size,
            "replay": len(self.replay),
            "validation": len(self.validation.events),
            **{f"refused: {reason}": count for reason, count in self.intake.refused.items()},
        }

    def _admit(self, events: Sequence[Event]) -> list[tuple[str, Judged]]:
        admitted = {}
        for event in events:
            rewards = self.intake.admit(event)
            if rewards:
                admitted[split_key(event.key)[0]] = event, rewards
        texts = [event.query for event, _ in admitted.values()]
        queries = self.read_all(texts) if admitted else []
        # Of the whole batch at once: each time the tables are copied.
        self._add([event.items for event, _ in admitted.values()])
        self._describe(events)
        found = []
        for (answer, (event, rewards)), query in zip(admitted.items(), queries, strict=True):
            for item in event.items:
                self.last_shown[self.rows[item.key]] = self.fits + 1
            lists = self.lists([query], [event.items], [event.relevance])
            found.append((event.key, Judged(lists, rewards, answer=answer)))
        return found

    def _withdraw(self, answers: Set[str]) -> None:
        """What contradicts the last word on an answer is not learned again, nor validated with."""
        self.replay = [one for one in self.replay if one.answer not in answers]
        self.validation.withdraw(answers)

    def _list(
        self, query: Query, items: Sequence[Item], relevance: Sequence[float] | None
    ) -> Lists:
        rows = [self.rows[item.key] for item in items]
        shared = overlaps(query, [self.words[row] for row in rows])
        given = None if relevance is None else clean_relevance(relevance, len(rows))
        return single_list(query, rows, shared, given)

    def _add(self, items: Sequence[Sequence[Item]]) -> None:
        new = {item.key: item for some in items for item in some if item.key not in self.rows}
        if not new:
            return
        vectors = self.embedder.embed([item.text for item in new.values()])
        fresh = remember(list(new.values()), vectors, self.settings)
        self.memory.add(fresh)
        for item in new.values():
            self.rows[item.key] = len(self.rows)
            self.texts.append(item.text)
            self.words.append(frozenset(split_words(item.text)))
            self.described.append(0.0)
            self.last_shown.append(self.fits)
        # A version of more items, otherwise the same: nothing about them was learned yet.
        self.serve(extend(self.served, fresh, self.settings), self.version.number)

    def _describe(self, events: Sequence[Event]) -> None:
        """A text that changed is read anew."""
        last = self._last_described(events)
        self._read_anew(self._changed(last))
        for row, (at, _) in last.items():
            self.described[row] = at

    def _last_described(self, events: Sequence[Event]) -> dict[int, tuple[float, Item]]:
        """By row: the text of the last answer, whenever it was judged. Of many only one is read:
        an application may write another for each answer."""
        last: dict[int, tuple[float, Item]] = {}
        for event in events:
            for item in event.items:
                row = self.rows.get(item.key)
                if row is None:
                    continue
                if event.at >= (last[row][0] if row in last else self.described[row]):
                    last[row] = event.at, item
        return last

    def _changed(self, last: Mapping[int, tuple[float, Item]]) -> dict[int, Item]:
        return {row: item for row, (_, item) in last.items() if item.text != self.texts[row]}

    def _read_anew(self, changed: Mapping[int, Item]) -> None:
        if not changed:
            return
        items, rows = list(changed.values()), np.array(list(changed))
        fresh = remember(items, self.embedder.embed([one.text for one in items]), self.settings)
        self.memory.describe(rows, fresh)
        for row, item in changed.items():
            self.texts[row], self.words[row] = item.text, frozenset(split_words(item.text))
        self.validation.ask_again()
        self.serve(describe(self.served, rows, fresh), self.version.number)

    def _evict(self) -> None:
        count, limit = len(self.rows), self.settings.catalog_items
        if count <= limit:
            return
        kept = rows_to_keep(self.last_shown, limit)
        keys = list(self.rows)
        self.rows = {keys[row]: place for place, row in enumerate(kept)}
        self.texts = [self.texts[row] for row in kept]
        self.words = [self.words[row] for row in kept]
        self.described = [self.described[row] for row in kept]
        self.last_shown = [self.last_shown[row] for row in kept]
        self.memory.keep(kept)
        replay = renumber(self.replay, kept, count)
        self.replay = [one for one in replay if one is not None]
        self.validation.replace(renumber(self.validation.events, kept, count))
        self.serve(keep_rows(self.served, kept), self.version.number)

    def serve(self, snapshot: Snapshot, number: int) -> None:
        """Rows and words are copied: a request may read them while a fit adds to them."""
        self.version = Version(number, snapshot, dict(self.rows), tuple(self.words), self.settings)
