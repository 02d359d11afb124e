"""The reward of an inference: a weighted sum of what users, judge and clock say about it.

An automatic signal never flips or zeroes the sign of a user's own rating. Unknown names and
malformed values weigh nothing. Same inputs, same reward, in whatever order the feedback came.
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from understudy.config import Reward as Weights
from understudy.config import Voice
from understudy.curate.values import (
    centre,
    entry_of,
    latest_per_user,
    mean,
    number_of,
    rating_of,
)
from understudy.curate.voice import score_voice
from understudy.records import Feedback, Inference, Reward
from understudy.wire.answers import parse_answer

FOLLOW_UPS: Mapping[str, float] = {"satisfied": 1.0, "refinement": -0.3, "repeat": -1.0}

# What automatic signals must leave of an explicit rating.
KEPT_OF_RATING = 0.25


def compute_reward(
    inference: Inference, feedback: Sequence[Feedback], reward: Weights, voice: Voice
) -> Reward:
    """Weighted components, blended and clipped."""
    latest = latest_per_user(feedback)
    scores = {
        "rating": mean(rating_of(one.value) for one in latest if one.name == "rating"),
        "follow_up": mean(_follow_up(one.value) for one in latest if one.name == "follow_up"),
        "engagement": mean(number_of(one.value) for one in latest if one.name == "engagement"),
        "latency": 1.0 - 2.0 * min(1.0, max(0.0, inference.latency_s) / reward.slow_s),
        **_judged(inference, latest, voice),
    }
    weights = reward.model_dump()
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


def _judged(
    inference: Inference, latest: Sequence[Feedback], voice: Voice
) -> dict[str, float | None]:
    """What stands in evaluations, item scores and the parsed intent."""
    verdicts = [one for one in latest if one.name == "evaluation" and isinstance(one.value, dict)]
    given = [one.value for one in latest if one.name == "items"]
    items = [_item_scores(value) for value in given or [one.value.get("items") for one in verdicts]]
    missing = [one.value for one in latest if one.name == "missing"]
    missing += [one.value["missing"] for one in verdicts if "missing" in one.value]
    shown = max((len(scores) for scores in items), default=0)
    return {
        "intent_confidence": mean(centre(_intent(one)) for one in latest),
        "evaluation_confidence": mean(centre(one.confidence) for one in verdicts),
        "items": mean(centre(mean(scores)) for scores in items),
        "missing": mean(_missing_share(value, shown) for value in missing),
        "size_fit": mean(centre(one.value.get("size_fit")) for one in verdicts),
        "text_quality": centre(_text_quality(inference, verdicts, voice)),
    }


def _follow_up(value: Any) -> float | None:
    return FOLLOW_UPS.get(value) if isinstance(value, str) else number_of(value)


def _intent(feedback: Feedback) -> float | None:
    if feedback.name != "intent":
        return None
    value = feedback.value
    return number_of(value.get("confidence") if isinstance(value, dict) else value)


def _item_scores(value: Any) -> list[float]:
    """Scores of `{item: score}`, `[score]`, or either with `{"appropriateness": score}`."""
    entries = value.values() if isinstance(value, dict) else value
    if not isinstance(entries, Iterable) or isinstance(entries, str):
        return []
    scores = map(entry_of, entries)
    return [score for score in scores if score is not None]


def _missing_share(value: Any, shown: int) -> float | None:
    """Missing items among all that should have been there; a number is that share itself."""
    if isinstance(value, list):
        return len(value) / (len(value) + max(1, shown)) if value else 0.0
    return number_of(value)


def _text_quality(inference: Inference, verdicts: Sequence[Feedback], voice: Voice) -> float | None:
    """Of a spoken answer only: one that is plain text, or whose voice a judge scored.

    A user's thumb has no part in it: a thumb about the items says little about the voice.
    """
    judged = [one.value["voice"] for one in verdicts if isinstance(one.value.get("voice"), dict)]
    text = spoken_text(inference.completion.answer)
    if text is None or not (judged or parse_answer(inference.completion.answer) is None):
        return None
    prompt = inference.prompt
    context = "\n".join([prompt.system, *(message.content for message in prompt.messages)])
    return score_voice(text, context, voice, judged[-1] if judged else None)


def spoken_text(answer: str) -> str | None:
    """The text of a spoken answer: the answer itself, or the only text of a JSON object."""
    parsed = parse_answer(answer)
    if parsed is None:
        return answer or None
    texts = [value for value in parsed.values() if isinstance(value, str)]
    return texts[0] if len(texts) == 1 else None
