"""The rankers of an application: one for each function that lists, shared by requests and learning.

No request waits for a fit or for another request: each is ordered by the version that is served just
then. Where the packages are missing the order stays as the model wrote it.
"""

import logging
import threading
import zlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from math import isnan
from typing import Any

import numpy as np

from understudy.config import Config
from understudy.errors import TrainingError, UnderstudyError, UpstreamError
from understudy.function import Answer, Function, ListedItem, Listing
from understudy.learn.tier1.arrange import arrange
from understudy.learn.tier1.checkpoint import is_due, load_ranker, save_ranker
from understudy.learn.tier1.checkpoint_files import read_cursor, read_summary
from understudy.learn.tier1.embedder import CachedEmbedder, Embedder
from understudy.learn.tier1.features import Item
from understudy.learn.tier1.intake import Event, clean_relevance
from understudy.learn.tier1.ranker import Fitted, Ranker
from understudy.records import Prompt, Ranking

logger = logging.getLogger(__name__)

FOLDER = "tier1"
_UNKNOWN_RELEVANCE = 0.5
# Entries that the status tells of, those with the most feedback.
_ENTRIES_TOLD = 200


@dataclass(slots=True)
class _Desk:
    """One function's ranker; whoever opens it or lets it learn holds the lock."""

    listing: Listing
    ranker: Ranker | None
    lock: threading.Lock
    told: Mapping[str, Any] | None = None
    """What the status says of it, as of its last fit."""
    cursor: int | None = None
    """How far in the store's feedback was looked, once somebody did."""


class Rankers:
    """`build_embedder` is called when something is first ranked or learned. What the operator must
    mend turns tier 1 off until the server starts again, and is shown in the status; an endpoint that
    does not answer is asked again at the next fit."""

    def __init__(
        self,
        config: Config,
        functions: Mapping[str, Function],
        build_embedder: Callable[[], Embedder],
    ) -> None:
        self._config = config
        self._folder = config.data_dir / FOLDER
        self._build_embedder = build_embedder
        self._embedder: CachedEmbedder | None = None
        self._opening = threading.Lock()
        self.off = "" if config.tier1.enabled else "tier1.enabled = false"
        self._waits = ""
        self._desks = {
            name: _Desk(function.listing, None, threading.Lock())
            for name, function in functions.items()
            if function.listing is not None
        }

    @property
    def listings(self) -> Mapping[str, Listing]:
        return {name: desk.listing for name, desk in self._desks.items()}

    def warm(self) -> None:
        """Open what has something to say: a request never waits for a model to load. Raises
        UpstreamError when an endpoint does not answer."""
        for name, desk in self._desks.items():
            with desk.lock:
                if desk.ranker is None and (self._config.tier1.max_items or self._is_saved(name)):
                    self._open(name, desk)

    def arrange(
        self, function: str, prompt: Prompt, answer: Answer, inference: str
    ) -> tuple[Answer, Ranking] | None:
        """The answer in the order that the ranker gives it, and what was done; None where nothing
        was. The inference's id is the seed of what is given to chance."""
        desk = self._desks.get(function)
        ranker = None if desk is None else desk.ranker
        listed = [] if desk is None or self.off else desk.listing.items(answer)
        if desk is None or ranker is None or not listed:
            return None
        items, given = items_of(listed)
        # Read once: a fit may put the next one in its place meanwhile.
        version = ranker.version
        choice = version.snapshot.choice
        scored = version.score(ranker.embedder, desk.listing.query(prompt), items, given)
        settings = self._config.tier1
        relevance = [None if isnan(one) else one for one in clean_relevance(given, len(listed))]
        start = [_UNKNOWN_RELEVANCE if one is None else one for one in relevance]
        shown = arrange(
            np.array(start) + scored,
            [one.key in desk.listing.critical for one in listed],
            settings.critical_place,
            settings.max_items or len(listed),
            settings.exploration,
            np.random.default_rng(zlib.crc32(inference.encode())),
        )
        order = shown.order.tolist()
        done = Ranking(
            version.number,
            choice.prior.value,
            choice.share,
            tuple(one.key for one in listed),
            tuple(relevance),
            tuple(round(one, 6) for one in scored.tolist()),
            tuple(shown.chances.tolist()),
            tuple(order),
        )
        untouched = order == list(range(len(listed)))
        return (answer if untouched else desk.listing.arrange(answer, order)), done

    def fit(self, function: str, events: Sequence[Event], cursor: int) -> Fitted | None:
        """Learn from the feedback up to the cursor, and save when a checkpoint is due. None where
        tier 1 is off or learned nothing. Raises UpstreamError, with nothing learned, when an endpoint
        gives no vectors."""
        desk = self._desks[function]
        if self.off:
            return None
        with desk.lock:
            if not events:
                desk.cursor = cursor
                return None
            ranker, folder = self._open(function, desk), self._folder / function
            if ranker is None:
                return None
            # Into the cache: once an event was admitted, its vectors must be there.
            ranker.embedder.embed(ranker.unread(events))
            fitted = ranker.fit(events)
            ranker.cursor = desk.cursor = cursor
            desk.told = _describe(ranker, fitted)
            if is_due(ranker, folder, published=fitted.published):
                save_ranker(ranker, folder)
            return fitted

    def save(self) -> None:
        """All that were opened, as at the end of a server."""
        for name, desk in self._desks.items():
            with desk.lock:
                if desk.ranker is not None and desk.ranker.fits:
                    desk.ranker.cursor = desk.cursor or desk.ranker.cursor
                    save_ranker(desk.ranker, self._folder / name)

    def cursor(self, function: str) -> int:
        """How far in the store's feedback this ranker has learned. Loads no model. Raises
        TrainingError, and turns tier 1 off, when its checkpoint cannot be read."""
        desk = self._desks[function]
        with desk.lock:
            if desk.cursor is None:
                try:
                    desk.cursor = read_cursor(self._folder / function)
                except TrainingError as error:
                    self._turn_off(error)
                    raise
            return desk.cursor

    def status(self) -> dict[str, Any]:
        """Plain JSON: whether it is off or waits and why, and what each ranker learned and serves."""
        told = {name: desk.told for name, desk in self._desks.items() if desk.told is not None}
        return {
            "off": self.off,
            "waits": self._waits,
            "functions": {name: dict(one) for name, one in told.items()},
        }

    def _is_saved(self, function: str) -> bool:
        try:
            return read_summary(self._folder / function) is not None
        except TrainingError as error:
            self._turn_off(error)
            return False

    def _turn_off(self, error: Exception) -> None:
        self.off = str(error)
        logger.warning("tier 1 is off", extra={"reason": self.off})

    def _open(self, function: str, desk: _Desk) -> Ranker | None:
        """Loaded when first needed: a server that ranks nothing holds no model."""
        if desk.ranker is None and not self.off:
            try:
                desk.ranker = load_ranker(
                    self._folder / function, self._config.ranker, self._open_embedder()
                )
                desk.told = _describe(desk.ranker, None)
                self._waits = ""
            except UpstreamError as error:
                # An endpoint that starts later, or again: the next fit asks it anew.
                self._waits = str(error)
                raise
            except (UnderstudyError, OSError) as error:
                self._turn_off(error)
        return desk.ranker

    def _open_embedder(self) -> CachedEmbedder:
        with self._opening:
            if self._embedder is None:
                self._embedder = CachedEmbedder(
                    self._build_embedder(), self._config.embedding.cache_texts
                )
            return self._embedder


def items_of(listed: Sequence[ListedItem]) -> tuple[list[Item], list[float] | None]:
    """What the ranker reads: the items, and their relevance where the model gave any."""
    items = [Item(one.key, one.text) for one in listed]
    if all(one.relevance is None for one in listed):
        return items, None
    return items, [np.nan if one.relevance is None else one.relevance for one in listed]


def _describe(ranker: Ranker, fitted: Fitted | None) -> dict[str, Any]:
    served = ranker.served.choice
    entries = sorted(ranker.entries(), key=lambda one: -int(one["liked"]) - int(one["disliked"]))
    return {
        **ranker.counts(),
        "prior": served.prior.value,
        "network_share": served.share,
        "learning_rate": ranker.trainer.learning_rate,
        "gain": None if fitted is None else fitted.standing.gain,
        "gain_error": None if fitted is None else fitted.standing.error,
        "drifted": [] if fitted is None else list(fitted.forgotten),
        "entries": entries[:_ENTRIES_TOLD],
    }
