"""What a piece of feedback holds, as a number; whatever is none is None and weighs nothing.

Every number is brought into its range here, before anything is averaged: an absurd score is one
voice at the end of the scale, not as many as it likes.
"""

import math
from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any

from understudy.records import Feedback

# No answer has so many entries that the place of one takes more digits.
_PLACE_DIGITS = 6


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


def by_place(feedback: Feedback, shown: Sequence[str]) -> Feedback:
    """Its item scores, or those within an evaluation, by the place of each among the keys shown; a
    list has them in that order, whatever the keys are. What names no entry keeps its name."""
    value = feedback.value
    if feedback.name == "items":
        return replace(feedback, value=_by_place(value, shown))
    if feedback.name == "evaluation" and isinstance(value, dict) and "items" in value:
        return replace(feedback, value={**value, "items": _by_place(value["items"], shown)})
    return feedback


def _by_place(value: Any, shown: Sequence[str]) -> Any:
    if isinstance(value, list):
        return dict(enumerate(value))
    if not isinstance(value, dict):
        return value
    places = {name: _place(name, shown) for name in value}
    return {name if (at := places[name]) is None else at: one for name, one in value.items()}


def _place(name: Any, shown: Sequence[str]) -> int | None:
    """An entry is named by its key (`kpi#2` is the second of its kind), or by its place as it was
    shown, from zero."""
    text = str(name)
    kind, _, number = text.partition("#")
    if kind in shown:
        same = [place for place, key in enumerate(shown) if key == kind]
        wanted = int(number) if _is_number(number) else 1
        return same[max(0, min(wanted, len(same)) - 1)]
    place = int(text) if _is_number(text) else len(shown)
    return place if place < len(shown) else None


def _is_number(text: str) -> bool:
    # The length first: Python refuses to make a number of thousands of digits.
    return len(text) <= _PLACE_DIGITS and text.isdecimal()


def _merged(before: Feedback, after: Feedback) -> Feedback:
    """The scores of both, of an entry in both the later; what is no scores takes none away."""
    scored, newer = _by_entry(before.value), _by_entry(after.value)
    return replace(after, value={**scored, **newer} if scored else after.value)


def _by_entry(value: Any) -> dict[Any, Any]:
    """A list names its entries by their place, as a mapping may as well; where the keys shown are
    known, `by_place` told them apart before."""
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
