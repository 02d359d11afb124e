"""What a piece of feedback holds, as a number; whatever is none is None and weighs nothing."""

import math
from collections.abc import Iterable, Sequence
from typing import Any

from understudy.records import Feedback


def latest_per_user(feedback: Sequence[Feedback]) -> list[Feedback]:
    """One voice per user and name, the last one: nobody outvotes others by repeating himself."""
    ordered = sorted(feedback, key=lambda one: (one.created_at, one.id))
    latest = {(one.name, one.source.value, one.user): one for one in ordered}
    return sorted(latest.values(), key=lambda one: (one.created_at, one.id))


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
    """One entry's score, alone or as `{"appropriateness": score}` or `{"score": score}`."""
    if isinstance(entry, dict):
        entry = entry.get("appropriateness", entry.get("score"))
    return read_number(entry)


def missing_share(value: Any, shown: int) -> float | None:
    """Missing items among all that should have been there; a number is that share itself."""
    if isinstance(value, list):
        return len(value) / (len(value) + max(1, shown)) if value else 0.0
    return read_number(value)


def centred(score: float | None) -> float | None:
    """[0, 1] to [-1, 1]: a middling score is worth nothing."""
    number = read_number(score)
    return None if number is None else 2.0 * number - 1.0


def read_number(value: Any) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return float(value) if math.isfinite(value) else None


def mean(values: Iterable[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return math.fsum(known) / len(known) if known else None
