"""Tier 1's part of the background trainer: feedback that came since the last fit becomes events.

Feedback on an answer that is still in the spool waits in memory for it; a kill loses those alone.
"""

import logging
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import orjson

from understudy.config import Config
from understudy.daemon.item_events import JUDGING, build_event
from understudy.daemon.judge_trust import JudgeTrust
from understudy.daemon.user_cap import DAY_S, DAYS_KEPT, UserCap
from understudy.errors import InputError
from understudy.learn.tier1.intake import Event
from understudy.learn.tier1.ranker import Fitted
from understudy.learn.tier1.rankers import FOLDER, Rankers
from understudy.records import Feedback, FeedbackKind, Inference
from understudy.store import Store

logger = logging.getLogger(__name__)

CURVE = "fits.jsonl"
# Its name among the trainer's errors.
PART = "tier 1"
BATCH = 5_000
TRIES = 3


class Tier1Learner:
    """Fits each function's ranker every `tier1.interval_s` when there is something new."""

    def __init__(
        self, store: Store, config: Config, rankers: Rankers, clock: Callable[[], float]
    ) -> None:
        self._store = store
        self._config = config
        self._rankers = rankers
        self._clock = clock
        self._last_fit: float | None = None
        self._seen = 0
        # Inferences that feedback came for before they were stored, and how often they were missed.
        self._waiting: dict[str, dict[str, int]] = defaultdict(dict)
        self._unreadable: Counter[str] = Counter()
        self._cap = UserCap(config.tier1.user_events)
        self._has_recalled = False
        self._trust = {name: JudgeTrust(store, config, name) for name in rankers.listings}

    def tick(self) -> None:
        """Learn when it is time. Raises StoreError or UpstreamError; it is tried again then."""
        now = self._clock()
        due = self._last_fit is None or now - self._last_fit >= self._config.tier1.interval_s
        if due and not self._rankers.off:
            self._last_fit = now
            # Each time: what could not be opened, as where an endpoint was down, may be now.
            self._rankers.warm()
            self.learn()

    def learn(self) -> None:
        """Fit on all feedback that came since the last fit."""
        count = self._store.count_feedback()
        if count == self._seen and not any(self._waiting.values()):
            return
        if not self._has_recalled and not self._rankers.off:
            self._recall()
            self._has_recalled = True
        for function in self._rankers.listings:
            while not self._rankers.off and self._learn(function) == BATCH:
                pass
        self._seen = count

    def close(self) -> None:
        """Learn what is left, and save; what cannot be learned now is learned after a restart."""
        try:
            if not self._rankers.off:
                self.learn()
        finally:
            self._rankers.save()

    def status(self) -> dict[str, Any]:
        interval_s, now = self._config.tier1.interval_s, self._clock()
        due = 0.0 if self._last_fit is None else self._last_fit + interval_s - now
        told = self._rankers.status()
        for function, count in self._unreadable.items():
            told["functions"].setdefault(function, {})["refused: unreadable answer"] = count
        return {
            **told,
            "interval_s": interval_s,
            "last_fit_time": self._last_fit,
            "next_fit_in_s": None if self._rankers.off else max(0.0, due),
            "beyond_user_cap": self._cap.refused,
        }

    def _learn(self, function: str) -> int:
        """One batch of feedback; how many pieces it had. What raises leaves everything as it was, so
        that the same feedback is learned, and counts, next time."""
        cursor, fresh = self._store.find_feedback_after(self._rankers.cursor(function), BATCH)
        waited = self._waiting[function]
        asked = dict.fromkeys([one.inference for one in fresh if one.inference] + list(waited))
        about = self._find_judgements(list(asked))
        stored, missing = self._find_answers(function, about)
        # Whatever was said of an answer that was not stored yet has not counted yet.
        new = {one.id for one in fresh} | {one.id for name in waited for one in about.get(name, ())}
        draft = self._cap.draft()
        trust = self._trust[function].measure(about[one.id] for one in stored)
        kept = [(one, draft.keep(one, about[one.id], new)) for one in stored]
        events, unreadable = self._read(function, kept, trust)
        fitted = self._rankers.fit(function, events, cursor)
        draft.commit()
        tries = {name: waited.get(name, 0) + 1 for name in missing}
        self._waiting[function] = {name: count for name, count in tries.items() if count <= TRIES}
        if unreadable:
            self._unreadable[function] += unreadable
        if fitted is not None and events:
            self._note(function, fitted)
        return len(fresh)

    def _recall(self) -> None:
        """Count what users have taught today and the day before: a restart gives nobody a new day."""
        since = (self._clock() // DAY_S - DAYS_KEPT + 1) * DAY_S
        said: dict[str, list[Feedback]] = defaultdict(list)
        for one in self._store.find_feedback(since=since):
            if _is_judging(one) and one.inference is not None:
                said[one.inference].append(one)
        unlearned = {function: self._unlearned(function) for function in self._rankers.listings}
        draft = self._cap.draft()
        for page in self._store.answers.pages(list(said)):
            for inference in page:
                ahead = unlearned.get(inference.function)
                if ahead is None or inference.shadow:
                    continue
                for one in said[inference.id]:
                    if one.id not in ahead:
                        draft.keep(inference, [one], {one.id})
        draft.commit()

    def _unlearned(self, function: str) -> frozenset[str] | None:
        """The ids of what came since the last fit; None where nothing was ever learned."""
        cursor, end = self._rankers.cursor(function), self._store.end_of_feedback()
        if not cursor:
            return None
        _, ahead = self._store.find_feedback_after(cursor, max(0, end - cursor))
        return frozenset(one.id for one in ahead)

    def _note(self, function: str, fitted: Fitted) -> None:
        """One line a fit: the learning curve, and which entries' feedback changed its mind."""
        line = {
            "at": self._clock(),
            "learned": fitted.learned,
            "held_out": fitted.held_out,
            "gain": round(fitted.standing.gain, 4),
            "gain_error": round(fitted.standing.error, 4),
            "published": fitted.published,
            "prior": fitted.choice.prior.value,
            "network_share": fitted.choice.share,
            "drifted": list(fitted.forgotten),
        }
        folder = self._config.data_dir / FOLDER / function
        folder.mkdir(parents=True, exist_ok=True)
        with (folder / CURVE).open("ab") as file:
            file.write(orjson.dumps(line, option=orjson.OPT_APPEND_NEWLINE))
        logger.info("ranker fitted", extra={"function": function, **line})

    def _read(
        self, function: str, kept: Iterable[tuple[Inference, Sequence[Feedback]]], trust: float
    ) -> tuple[list[Event], int]:
        """And of how many answers nothing can be made."""
        listing, events, unreadable = self._rankers.listings[function], [], 0
        for inference, feedback in kept:
            try:
                event = build_event(inference, feedback, listing, self._config, trust)
            except InputError as error:
                unreadable += 1
                logger.warning("answer not learned from", extra={"reason": str(error)})
                continue
            if event is not None:
                events.append(event)
        return events, unreadable

    def _find_judgements(self, asked: Sequence[str]) -> Mapping[str, list[Feedback]]:
        """All that was ever said about these answers, since it is weighed as a whole."""
        found: dict[str, list[Feedback]] = defaultdict(list)
        for feedback in self._store.find_feedback(inference=asked) if asked else ():
            if _is_judging(feedback) and feedback.inference is not None:
                found[feedback.inference].append(feedback)
        return found

    def _find_answers(self, function: str, ids: Iterable[str]) -> tuple[list[Inference], list[str]]:
        """The function's answers that were shown; and the ids of those that are not stored yet."""
        stored, missing = [], []
        for identity in ids:
            inference = self._store.find_inference(identity)
            if inference is None:
                missing.append(identity)
            elif inference.function == function and not inference.shadow:
                stored.append(inference)
        return stored, missing


def _is_judging(feedback: Feedback) -> bool:
    return feedback.name in JUDGING or feedback.kind is FeedbackKind.DEMONSTRATION
