"""The reward of an inference: a weighted sum of what users, judge and clock say about it.

An automatic signal never flips or zeroes the sign of a user's own rating; a rating that a judge or the
application made is such a signal. Unknown names and malformed values weigh nothing. Same inputs, same reward, in whatever order the feedback came. What
a judge says counts as far as it is trusted (agreement.py).
"""

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from understudy.config import Reward as Weights
from understudy.config import Voice
from understudy.curate.values import (
    by_place,
    centred,
    item_scores,
    latest_per_user,
    mean,
    missing_share,
    read_number,
    read_rating,
)
from understudy.curate.voice import score_voice
from understudy.records import Feedback, FeedbackSource, Inference, Reward
from understudy.wire.answers import LISTING, read_answer

FOLLOW_UPS: Mapping[str, float] = {"satisfied": 1.0, "refinement": -0.3, "repeat": -1.0}

# What automatic signals must leave of an explicit rating.
KEPT_OF_RATING = 0.25
# The component of ratings that are no user's; it has the weight of a rating.
AUTOMATIC_RATING = "automatic_rating"


@dataclass(frozen=True, slots=True)
class Said:
    """One feedback and how much its source is trusted, 0 to 1."""

    feedback: Feedback
    trust: float

    @property
    def name(self) -> str:
        return self.feedback.name

    @property
    def value(self) -> Any:
        return self.feedback.value


Voices = Iterable[tuple[float | None, float]]
"""Scores, each with the trust in who gave it."""


def compute_reward(
    inference: Inference,
    feedback: Sequence[Feedback],
    reward: Weights,
    voice: Voice,
    trust: float = 1.0,
) -> Reward:
    """Weighted components, blended and clipped. `trust` is what a judge's word is worth, 0 to 1."""
    # One that is not trusted at all is as if it had never spoken.
    heard = [one for one in feedback if trust > 0 or one.source is not FeedbackSource.JUDGE]
    if (ranking := inference.ranking) is not None:
        shown = [ranking.items[place] for place in ranking.shown]
        heard = [by_place(one, shown) for one in heard]
    latest = [
        Said(one, trust if one.source is FeedbackSource.JUDGE else 1.0)
        for one in latest_per_user(heard)
    ]
    own = [one for one in latest if one.feedback.source is FeedbackSource.USER]
    others = [one for one in latest if one.feedback.source is not FeedbackSource.USER]
    scores = {
        "rating": _pool(_named(own, "rating", read_rating)),
        AUTOMATIC_RATING: _pool(_named(others, "rating", read_rating)),
        "follow_up": _pool(_named(latest, "follow_up", _follow_up)),
        "engagement": _pool(_named(latest, "engagement", read_number)),
        "latency": 1.0 - 2.0 * min(1.0, max(0.0, inference.latency_s) / reward.slow_s),
        **_judged(inference, latest, voice),
    }
    weights = {**reward.model_dump(), AUTOMATIC_RATING: reward.rating}
    components = {
        name: weights[name] * max(-1.0, min(1.0, score))
        for name, score in scores.items()
        if score is not None
    }
    rating = components.get("rating", 0.0)
    automatic = math.fsum(value for name, value in components.items() if name != "rating")
    return Reward(blend(rating, automatic, reward.clip), components)


def blend(rating: float, automatic: float, clip: float) -> float:
    """Their sum, at least a quarter of the rating on the rating's side, clipped."""
    total = rating + automatic
    if rating > 0:
        total = max(total, KEPT_OF_RATING * rating)
    elif rating < 0:
        total = min(total, KEPT_OF_RATING * rating)
    return max(-clip, min(clip, total))


def _named(said: Iterable[Said], name: str, read: Callable[[Any], float | None]) -> Voices:
    return ((read(one.value), one.trust) for one in said if one.name == name)


def _pool(voices: Voices) -> float | None:
    """The mean of the scores, each counted by its trust; a judge's alone shrinks by it."""
    known = [(score, trust) for score, trust in voices if score is not None]
    if not known:
        return None
    total = math.fsum(trust for _, trust in known)
    weighed = math.fsum(score * trust for score, trust in known) / total
    return weighed * max(trust for _, trust in known)


def _judged(inference: Inference, latest: Sequence[Said], voice: Voice) -> dict[str, float | None]:
    """What stands in evaluations, item scores and the parsed intent."""
    verdicts = [one for one in latest if one.name == "evaluation" and isinstance(one.value, dict)]
    given = [(item_scores(one.value), one.trust) for one in latest if one.name == "items"]
    items = given or [(item_scores(one.value.get("items")), one.trust) for one in verdicts]
    shown = max((len(scores) for scores, _ in items), default=0)
    missing = [(one.value, one.trust) for one in latest if one.name == "missing"]
    missing += [(one.value["missing"], one.trust) for one in verdicts if "missing" in one.value]
    return {
        "intent_confidence": _pool((centred(_intent(one.feedback)), one.trust) for one in latest),
        "evaluation_confidence": _pool(
            (centred(one.feedback.confidence), one.trust) for one in verdicts
        ),
        "items": _pool((centred(mean(scores)), trust) for scores, trust in items),
        "missing": _pool((missing_share(value, shown), trust) for value, trust in missing),
        "size_fit": _pool((centred(one.value.get("size_fit")), one.trust) for one in verdicts),
        "text_quality": centred(_text_quality(inference, verdicts, voice)),
    }


def _follow_up(value: Any) -> float | None:
    return FOLLOW_UPS.get(value) if isinstance(value, str) else read_number(value)


def _intent(feedback: Feedback) -> float | None:
    if feedback.name != "intent":
        return None
    value = feedback.value
    return read_number(value.get("confidence") if isinstance(value, dict) else value)


def _text_quality(inference: Inference, verdicts: Sequence[Said], voice: Voice) -> float | None:
    """Of a spoken answer only: one that is plain text, or whose voice a judge scored.

    A user's thumb has no part in it: a thumb about the items says little about the voice.
    """
    judged = [one for one in verdicts if isinstance(one.value.get("voice"), dict)]
    text = spoken_text(inference.completion.answer)
    if text is None or not (judged or read_answer(inference.completion.answer, LISTING) is None):
        return None
    prompt = inference.prompt
    context = "\n".join([prompt.system, *(message.content for message in prompt.messages)])
    if not judged:
        return score_voice(text, context, voice)
    last = judged[-1]
    return score_voice(text, context, voice, last.value["voice"], last.trust)


def spoken_text(answer: str) -> str | None:
    """The text of a spoken answer: the answer itself, or the only text of a JSON object; a list
    is not spoken."""
    parsed = read_answer(answer, LISTING)
    if parsed is None:
        return answer or None
    if isinstance(parsed, list):
        return None
    texts = [value for value in parsed.values() if isinstance(value, str)]
    return texts[0] if len(texts) == 1 else None
