"""How well a spoken answer speaks: five dimensions by rule, blended with a judge's where there are.

The rules read only the text and what it was made from; they never call a model.
"""

import re
from collections.abc import Mapping
from typing import Any

from understudy.config import Voice

DIMENSIONS = ("groundedness", "conciseness", "directness", "specificity", "tts")

# A spoken answer of 40 words takes about 15 s; after 120 nobody listens any more.
SHORT_WORDS, LONG_WORDS = 40, 120

_NUMBER = re.compile(r"\d+(?:[.,]\d+)*")
_SENTENCE = re.compile(r"[^.!?]*\w[^.!?]*[.!?]*")
_PREAMBLE = re.compile(
    r"\s*(?:sure|certainly|of course|great question|let me|i(?:'m| am) sorry|i apologi[sz]e|as an ai"
    r"|i (?:don't|do not|can't|cannot)|based on|according to|thank you|well,|okay|ok,)\b",
    re.IGNORECASE,
)
_UNSPEAKABLE = (
    re.compile(r"[*_`#|<>{}\[\]]"),
    re.compile(r"^\s*(?:[-•]|\d+\.)\s", re.MULTILINE),
    re.compile(r"https?://|www\."),
    re.compile(r"[\U0001F300-\U0001FAFF☀-➿→←⇒]"),
)


def score_voice(
    text: str,
    context: str,
    voice: Voice,
    judge: Mapping[str, Any] | None = None,
    trust: float = 1.0,
) -> float:
    """The weighted mean of the five dimensions, in [0, 1]. A judge who is trusted less gets a smaller
    share of the blend, and the rules the rest."""
    scores = blend_voice(rate_voice(text, context), judge or {}, voice.judge_share * trust)
    return weigh_voice(scores, voice)


def weigh_voice(scores: Mapping[str, float], voice: Voice) -> float:
    """The five dimensions as one number, by the configured weights."""
    weights = {dimension: float(getattr(voice, dimension)) for dimension in DIMENSIONS}
    total = sum(weights.values())
    if total <= 0:
        return 0.0
    return sum(weights[dimension] * scores[dimension] for dimension in DIMENSIONS) / total


def rate_voice(text: str, context: str) -> dict[str, float]:
    """The rules' score per dimension, each in [0, 1]."""
    if not text.strip():
        return dict.fromkeys(DIMENSIONS, 0.0)
    numbers = _NUMBER.findall(text)
    sentences = max(1, len(_SENTENCE.findall(_NUMBER.sub("0", text))))
    words = len(text.split())
    known = set(_NUMBER.findall(context))
    return {
        "groundedness": 1.0 if not numbers else sum(n in known for n in numbers) / len(numbers),
        "conciseness": _clamp((LONG_WORDS - words) / (LONG_WORDS - SHORT_WORDS)),
        "directness": 0.0 if _PREAMBLE.match(text) else 1.0,
        "specificity": _clamp(len(numbers) / sentences),
        "tts": 1.0 - sum(bool(rule.search(text)) for rule in _UNSPEAKABLE) / len(_UNSPEAKABLE),
    }


def blend_voice(
    rules: Mapping[str, float], judge: Mapping[str, Any], judge_share: float
) -> dict[str, float]:
    """Per dimension; one that the judge left out is the rules' alone."""
    blended = {}
    for dimension in DIMENSIONS:
        verdict = judge.get(dimension)
        if isinstance(verdict, int | float) and 0 <= verdict <= 1:
            blended[dimension] = judge_share * verdict + (1 - judge_share) * rules[dimension]
        else:
            blended[dimension] = rules[dimension]
    return blended


def _clamp(value: float) -> float:
    return max(0.0, min(1.0, value))
