"""What was said of an answer becomes what the ranker learns from, and what `tier1 whatif` reads.

One answer that cannot be read is left out and told, and harms no other.
"""

import sys
from collections import defaultdict
from collections.abc import Iterator, Sequence

from understudy.config import Config
from understudy.curate.item_rewards import reward_items
from understudy.daemon.judge_trust import JudgeTrust
from understudy.daemon.user_cap import UserCap
from understudy.errors import InputError
from understudy.function import Listing
from understudy.learn.tier1.intake import Event
from understudy.learn.tier1.rankers import items_of
from understudy.learn.tier1.whatif import Answered
from understudy.records import Feedback, FeedbackKind, Inference, content_hash
from understudy.store import Store
from understudy.wire.answers import LISTING, read_answer

JUDGING = frozenset({"rating", "items", "engagement", "evaluation"})
# Judged answers that `tier1 whatif` reads, the newest.
MOST_ANSWERS = 10_000


def find_answered(
    store: Store, config: Config, function: str, listing: Listing, since: float
) -> tuple[list[Answered], list[str]]:
    """The answers that were ranked and judged, the last of them, with every entry's chance and
    reward, as they are learned from: judges by their agreement, users within their cap. And why
    others were left out."""
    ids = store.answers.find_ranked(function, JUDGING, since, MOST_ANSWERS)
    trust = JudgeTrust(store, config, function).measure()
    # Days are looked at whole, however many there are.
    cap = UserCap(config.tier1.user_events, days_kept=sys.maxsize).draft()
    found, left_out = [], []
    for inference, said in _with_feedback(store, ids[::-1]):
        kept = cap.keep(inference, said, {one.id for one in said})
        try:
            event = build_event(inference, kept, listing, config, trust)
            answered = None if event is None else _answered(inference, event, listing)
        except InputError as error:
            left_out.append(str(error))
            continue
        if answered is not None:
            found.append(answered)
    return found, left_out


def _with_feedback(store: Store, ids: Sequence[str]) -> Iterator[tuple[Inference, list[Feedback]]]:
    for page in store.answers.pages(ids):
        about = defaultdict(list)
        for feedback in store.find_feedback(inference=[one.id for one in page]):
            about[str(feedback.inference)].append(feedback)
        yield from ((one, about[one.id]) for one in page)


def build_event(
    inference: Inference,
    feedback: Sequence[Feedback],
    listing: Listing,
    config: Config,
    trust: float = 1.0,
) -> Event | None:
    """What was shown and what was said of it; None where the answer lists nothing or nothing was.
    Raises InputError for an answer, or a feedback, that the application's listing cannot read."""
    try:
        return _build(inference, feedback, listing, config, trust)
    except Exception as error:
        # The application's own code ran on what a model and users wrote.
        raise InputError(
            f"what was said of answer {inference.id} cannot be read: {error!r:.200}; see the "
            f"`listing` of {inference.function}"
        ) from error


def _build(
    inference: Inference,
    feedback: Sequence[Feedback],
    listing: Listing,
    config: Config,
    trust: float,
) -> Event | None:
    answer = read_answer(inference.completion.answer, LISTING)
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
    query = listing.query(inference.prompt)
    return Event(key, query, items, rewards, relevance, inference.created_at)


def _corrected(feedback: Feedback, listing: Listing) -> list[str] | None:
    if feedback.kind is not FeedbackKind.DEMONSTRATION:
        return None
    value = feedback.value
    answer = read_answer(value, LISTING) if isinstance(value, str) else value
    listed = listing.items(answer) if isinstance(answer, dict | list) else []
    return [one.key for one in listed] or None


def _answered(inference: Inference, event: Event, listing: Listing) -> Answered | None:
    """In the order of the model itself, not in that which was shown."""
    answer, ranking = read_answer(inference.completion.answer, LISTING), inference.ranking
    if answer is None or ranking is None:
        return None
    listed = listing.items(answer)
    items, relevance = items_of(listed)
    return Answered(
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
