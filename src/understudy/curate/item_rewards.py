"""What feedback about an answer says of each entry that it listed, from -1 to 1.

What a user said of the entry itself outranks what was said of the answer as a whole; an automatic
signal never flips a user's sign. What names no entry of the answer says nothing here.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from understudy.config import Reward as Weights
from understudy.curate.rewards import blend
from understudy.curate.values import (
    by_place,
    centred,
    entry_score,
    latest_per_user,
    mean,
    read_number,
    read_rating,
)
from understudy.records import Feedback, FeedbackSource

_SOURCES = FeedbackSource.USER, FeedbackSource.JUDGE, FeedbackSource.IMPLICIT


def reward_items(
    shown: Sequence[str],
    feedback: Sequence[Feedback],
    corrected: Sequence[str] | None,
    weights: Weights,
    thumb_share: float,
    trust: float = 1.0,
) -> dict[str, float]:
    """By key, of the entries as they were shown; only those that something was said about.

    `corrected` are the keys of the answer that a user gave instead, None where nobody did;
    `thumb_share` is what a thumb about the whole counts for each entry, `trust` what a judge's word
    is worth.
    """
    # One that is not trusted at all is as if it had never spoken.
    heard = [one for one in feedback if trust > 0 or one.source is not FeedbackSource.JUDGE]
    latest = latest_per_user([by_place(one, shown) for one in heard])
    by_source = {source: [x for x in latest if x.source is source] for source in FeedbackSource}
    users, judges, signals = (by_source[source] for source in _SOURCES)
    said, judged = _said(shown, users, corrected), _said(shown, judges, None)
    seen = _said(shown, signals, None)
    thumb = _thumb(users)
    engagement = mean(read_number(one.value) for one in latest if one.name == "engagement")
    of_whole = (
        _times(thumb_share * trust, _thumb(judges)),
        _times(thumb_share, _thumb(signals)),
        _times(weights.engagement, engagement),
    )
    found = {}
    for key in dict.fromkeys(shown):
        own = mean(said.get(key, ()))
        explicit = own if own is not None else _times(thumb_share, thumb)
        automatic = (
            _times(weights.items * trust, mean(judged.get(key, ()))),
            _times(weights.items, mean(seen.get(key, ()))),
            *of_whole,
        )
        known = [value for value in automatic if value is not None]
        if explicit is not None or known:
            found[key] = blend(explicit or 0.0, sum(known), 1.0)
    return found


def _said(
    shown: Sequence[str], feedback: Iterable[Feedback], corrected: Sequence[str] | None
) -> Mapping[str, list[float]]:
    """Scores in [-1, 1] by the entry's key."""
    found: dict[str, list[float]] = defaultdict(list)
    for one in feedback:
        for place, value in _entries(one):
            score = centred(entry_score(value))
            if isinstance(place, int) and place < len(shown) and score is not None:
                found[shown[place]].append(score)
    if corrected is not None:
        for key in shown:
            found[key].append(1.0 if key in corrected else -1.0)
    return found


def _entries(feedback: Feedback) -> Iterable[tuple[Any, Any]]:
    """(place, score) pairs of item scores, or of those within an evaluation; a name stands where
    there is no place."""
    value = feedback.value
    if feedback.name == "evaluation" and isinstance(value, dict):
        value = value.get("items")
    elif feedback.name != "items":
        return ()
    return value.items() if isinstance(value, dict) else ()


def _thumb(feedback: Iterable[Feedback]) -> float | None:
    return mean(read_rating(one.value) for one in feedback if one.name == "rating")


def _times(weight: float, value: float | None) -> float | None:
    return None if value is None else weight * value
