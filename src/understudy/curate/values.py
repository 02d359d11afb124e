"""What a piece of feedback holds, as a number; whatever is none is None and weighs nothing.

Every number is brought into its range here, before anything is averaged: an absurd score is one
voice at the end of the scale, not as many as it likes.
"""

import math
from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any

from understudy.records import Feedback


def latest_per_user(feedback: Sequence[Feedback]) -> list[Feedback]:
    """One voice per user and name, the last one: nobody outvotes others by repeating himself. Of
    `items` it is the last for each entry, since they may be scored one after the other."""
    ordered = sorted(feedback, key=lambda one: (one.created_at, one.id))
    latest: dict[tuple[str, str, str], Feedback] = {}
    for one in ordered:
        voice = (one.name, one.source.value, one.user)
        before = latest.get(voice)
        latest[voice] = one if before is None or one.name != "items" else _merged(before, one)
    return sorted(latest.values(), key=lambda one: (one.created_at, one.id))


def _merged(before: Feedback, after: Feedback) -> Feedback:
    """The scores of both, of an entry in both the later; what is no scores takes none away."""
    scored, newer = _by_entry(before.value), _by_entry(after.value)
    return replace(after, value={**scored, **newer} if scored else after.value)


def _by_entry(value: Any) -> dict[str, Any]:
    """A list names its entries by their place, as a mapping may as well."""
    if isinstance(value, dict):
        return value
    return {str(place): one for place, one in enumerate(value)} if isinstance(value, list) else {}


def read_rating(value: Any) -> float | None:
    if isinstance(value, bool):
        return 1.0 if value else -1.0
    return read_number(value)


def item_scores(value: Any) -> list[float]:
    """Scores of `{item: score}`, `[score]`, or either with `{"appropriateness": score}`."""
    entries = value.values() if isinstance(value, dict) else value
    if not isinstance(entries, Iterable) or isinstance(entries, str):
        return []
    scores = map(entry_score, entries)
    return [score for score in scores if score is not None]


def entry_score(entry: Any) -> float | None:
    """One entry's score in [0, 1], alone or as `{"appropriateness": score}` or `{"score": score}`."""
    if isinstance(entry, dict):
        entry = entry.get("appropriateness", entry.get("score"))
    return read_number(entry, low=0.0)


def missing_share(value: Any, shown: int) -> float | None:
    """Missing items among all that should have been there; a number is that share itself."""
    if isinstance(value, list):
        return len(value) / (len(value) + max(1, shown)) if value else 0.0
    return read_number(value, low=0.0)


def centred(score: float | None) -> float | None:
    """[0, 1] to [-1, 1]: a middling score is worth nothing."""
    number = read_number(score, low=0.0)
    return None if number is None else 2.0 * number - 1.0


def read_number(value: Any, low: float = -1.0) -> float | None:
    """Within `low` and 1."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    if isinstance(value, float) and not math.isfinite(value):
        return None
    # Before it is made a float: an integer may be larger than any.
    return float(max(low, min(1.0, value)))


def mean(values: Iterable[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return math.fsum(known) / len(known) if known else None
