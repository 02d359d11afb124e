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


def rating_of(value: Any) -> float | None:
    if isinstance(value, bool):
        return 1.0 if value else -1.0
    return number_of(value)


def entry_of(entry: Any) -> float | None:
    """One entry's score, alone or as `{"appropriateness": score}` or `{"score": score}`."""
    if isinstance(entry, dict):
        entry = entry.get("appropriateness", entry.get("score"))
    return number_of(entry)


def centre(score: float | None) -> float | None:
    """[0, 1] to [-1, 1]: a middling score is worth nothing."""
    found = number_of(score)
    return None if found is None else 2.0 * found - 1.0


def number_of(value: Any) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return float(value) if math.isfinite(value) else None


def mean(values: Iterable[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return math.fsum(known) / len(known) if known else None
