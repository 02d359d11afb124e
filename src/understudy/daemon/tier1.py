"""Tier 1's part of the background trainer: feedback that came since the last fit becomes events.

Feedback on an answer that is still in the spool waits in memory for it; a kill loses those alone.
"""

import logging
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from copy import deepcopy
from typing import Any

import orjson

from understudy.config import Config
from understudy.curate.agreement import measure_agreement, trust_of
from understudy.curate.item_rewards import reward_items
from understudy.errors import UnderstudyError
from understudy.function import Listing
from understudy.learn.tier1.intake import Event
from understudy.learn.tier1.ranker import Fitted
from understudy.learn.tier1.rankers import FOLDER, Rankers, items_of
from understudy.learn.tier1.whatif import Answered
from understudy.records import Feedback, FeedbackKind, FeedbackSource, Inference, content_hash
from understudy.store import Store
from understudy.wire.answers import parse_answer

logger = logging.getLogger(__name__)

CURVE = "fits.jsonl"
BATCH = 5_000
TRIES = 3
DAY_S = 86_400.0
# What a server that runs for months holds in memory.
COMMON_KEPT = 2_000
DAYS_KEPT = 2
# A user may have second thoughts about an answer; whoever has more of them is not learned from.
WORDS_ON_ONE = 5
JUDGING = frozenset({"rating", "items", "engagement", "evaluation"})


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
        self._waiting: dict[str, Counter[str]] = defaultdict(Counter)
        self._capped: Counter[str] = Counter()
        # By day and by user: the answers whose feedback counted, and how often it did.
        self._answers_of: dict[int, dict[str, Counter[str]]] = {}
        # What users and a judge both said, by function: the judge's word is worth what it agrees.
        self._common: dict[str, dict[str, Sequence[Feedback]]] = defaultdict(dict)

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
        return {
            **self._rankers.status(),
            "interval_s": interval_s,
            "last_fit_time": self._last_fit,
            "next_fit_in_s": None if self._rankers.off else max(0.0, due),
            "beyond_user_cap": dict(self._capped),
        }

    def _learn(self, function: str) -> int:
        """One batch of feedback; how many pieces it had."""
        cursor, fresh = self._store.find_feedback_after(self._rankers.cursor(function), BATCH)
        waiting = self._waiting.pop(function, Counter())
        asked = dict.fromkeys([one.inference for one in fresh if one.inference] + list(waiting))
        before = deepcopy((self._answers_of, self._capped))
        try:
            events = list(self._events(function, list(asked), waiting))
            fitted = self._rankers.fit(function, events, cursor)
        except UnderstudyError:
            self._waiting[function] = waiting
            # What was not learned has not used up anybody's day.
            self._answers_of, self._capped = before
            raise
        if fitted is not None and events:
            self._note(function, fitted)
        return len(fresh)

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

    def _events(
        self, function: str, asked: Sequence[str], waiting: Mapping[str, int]
    ) -> Iterable[Event]:
        listing = self._rankers.listings[function]
        found = list(self._answers(function, asked, waiting))
        trust = self._trust(function, found)
        for inference, feedback in found:
            kept = self._within_cap(inference, feedback)
            event = build_event(inference, kept, listing, self._config, trust)
            if event is not None:
                yield event

    def _answers(
        self, function: str, asked: Sequence[str], waiting: Mapping[str, int]
    ) -> Iterable[tuple[Inference, list[Feedback]]]:
        """The function's answers that were shown; those not stored yet are asked for again."""
        for identity, feedback in self._find_judgements(asked).items():
            inference = self._store.find_inference(identity)
            if inference is None:
                if waiting.get(identity, 0) < TRIES:
                    self._waiting[function][identity] = waiting.get(identity, 0) + 1
            elif inference.function == function and not inference.shadow:
                yield inference, feedback

    def _trust(self, function: str, found: Sequence[tuple[Inference, Sequence[Feedback]]]) -> float:
        """What a judge's word is worth, by the last answers that this server saw judged."""
        common = self._common[function]
        for inference, feedback in found:
            if any(one.source is FeedbackSource.JUDGE for one in feedback):
                common.pop(inference.id, None)
                common[inference.id] = feedback
        while len(common) > COMMON_KEPT:
            del common[next(iter(common))]
        said = [one for some in common.values() for one in some]
        agreement = measure_agreement(said, self._config.reward, self._config.voice)
        return trust_of(agreement, self._config.judge)

    def _find_judgements(self, asked: Sequence[str]) -> Mapping[str, list[Feedback]]:
        """All that was ever said about these answers, since it is weighed as a whole."""
        found: dict[str, list[Feedback]] = defaultdict(list)
        for feedback in self._store.find_feedback(inference=asked) if asked else ():
            judging = feedback.name in JUDGING or feedback.kind is FeedbackKind.DEMONSTRATION
            if judging and feedback.inference is not None:
                found[feedback.inference].append(feedback)
        return found

    def _within_cap(self, inference: Inference, feedback: Sequence[Feedback]) -> list[Feedback]:
        """Without the users who have already said all that counts in a day."""
        kept = []
        for user in dict.fromkeys(one.user for one in feedback):
            # Nobody's name is nobody's cap: an application that names no user has episodes.
            who = user or inference.user or inference.episode
            said = [one for one in feedback if one.user == user]
            answers = self._users_on(max(one.created_at for one in said)).setdefault(who, Counter())
            many = inference.id not in answers and len(answers) >= self._config.tier1.user_events
            if many or answers[inference.id] >= WORDS_ON_ONE:
                self._capped[who] += 1
                continue
            answers[inference.id] += 1
            kept += said
        return kept

    def _users_on(self, moment: float) -> dict[str, Counter[str]]:
        """Who spoke on the feedback's day; earlier days than yesterday are forgotten."""
        day = int(moment // DAY_S)
        users = self._answers_of.setdefault(day, {})
        while len(self._answers_of) > DAYS_KEPT:
            del self._answers_of[min(self._answers_of.keys() - {day})]
        return users


def find_answered(
    store: Store, config: Config, function: str, listing: Listing, since: float
) -> list[Answered]:
    """The answers that were ranked and judged, with every entry's chance and reward."""
    ranked = {
        one.id: one for one in store.find_inferences(function=function, since=since) if one.ranking
    }
    about = defaultdict(list)
    for feedback in store.find_feedback(inference=list(ranked)) if ranked else ():
        about[str(feedback.inference)].append(feedback)
    found = []
    for identity, inference in ranked.items():
        event = build_event(inference, about[identity], listing, config)
        answer = parse_answer(inference.completion.answer)
        if event is None or answer is None or inference.ranking is None:
            continue
        listed, ranking = listing.items(answer), inference.ranking
        items, relevance = items_of(listed)
        found.append(
            Answered(
                event.key,
                inference.created_at,
                event.query,
                items,
                [one.key in listing.critical for one in listed],
                relevance,
                ranking.chances,
                ranking.shown,
                event.rewards,
            )
        )
    return found


def build_event(
    inference: Inference,
    feedback: Sequence[Feedback],
    listing: Listing,
    config: Config,
    trust: float = 1.0,
) -> Event | None:
    """What was shown and what was said of it; None where the answer lists nothing or nothing was."""
    answer = parse_answer(inference.completion.answer)
    listed = [] if answer is None else list(listing.items(answer))
    if inference.ranking is not None:
        listed = [listed[place] for place in inference.ranking.shown if place < len(listed)]
    if not listed or not feedback:
        return None
    corrected = next(
        (keys for one in reversed(feedback) if (keys := _corrected(one, listing)) is not None), None
    )
    rewards = reward_items(
        [one.key for one in listed],
        feedback,
        corrected,
        config.reward,
        config.tier1.thumb_share,
        trust,
    )
    if not rewards:
        return None
    items, relevance = items_of(listed)
    key = f"{inference.id}:{content_hash(rewards)[:16]}"
    return Event(key, listing.query(inference.prompt), items, rewards, relevance)


def _corrected(feedback: Feedback, listing: Listing) -> list[str] | None:
    if feedback.kind is not FeedbackKind.DEMONSTRATION:
        return None
    value = feedback.value
    answer = parse_answer(value) if isinstance(value, str) else value
    listed = listing.items(answer) if isinstance(answer, dict) else []
    return [one.key for one in listed] or None
