"""OpenTelemetry's event `gen_ai.evaluation.result` as feedback of a judge.

Refuses (ValueError) an event that names no evaluation or brings neither score nor label.
"""

import math
from typing import Any

from understudy.capture.genai import text_at
from understudy.capture.importing import hash_id
from understudy.capture.otlp import SpanEvent
from understudy.capture.redact import redact
from understudy.records import Feedback, FeedbackKind, FeedbackSource

EVENT = "gen_ai.evaluation.result"
PASSED = frozenset({"pass", "passed", "yes", "true", "correct", "good"})
FAILED = frozenset({"fail", "failed", "no", "false", "incorrect", "bad"})


def read_evaluation(event: SpanEvent, inference: str, made_at: float) -> tuple[Feedback, ...]:
    """The verdict, and what was said with it as a comment; its ids follow from its content."""
    attributes = event.attributes
    name = text_at(attributes, "gen_ai.evaluation.name")
    if not name:
        raise ValueError("an evaluation has no gen_ai.evaluation.name")
    label = text_at(attributes, "gen_ai.evaluation.score.label").strip()
    kind, value = _verdict(attributes.get("gen_ai.evaluation.score.value"), label)
    said = redact(text_at(attributes, "gen_ai.evaluation.explanation").strip())
    if kind is FeedbackKind.FLOAT and label:
        said = f"{label}: {said}" if said else label
    given = [(name, kind, value)]
    if said:
        # A name of its own: of two feedbacks with one name, source and user only the later counts.
        given.append((f"{name}.explanation", FeedbackKind.COMMENT, said))
    feedback = []
    for one, its_kind, its_value in given:
        key = f"{inference}/{one}/{hash_id([event.at, its_value])}"
        made = Feedback(
            id=key,
            kind=its_kind,
            name=one,
            value=its_value,
            source=FeedbackSource.JUDGE,
            inference=inference,
            episode=None,
            user="",
            confidence=1.0,
            created_at=event.at or made_at,
            key=key,
        )
        feedback.append(made)
    return tuple(feedback)


def is_failed(event: SpanEvent) -> bool:
    """The evaluator itself broke: there is no verdict."""
    return bool(text_at(event.attributes, "error.type"))


def _verdict(score: Any, label: str) -> tuple[FeedbackKind, Any]:
    if isinstance(score, int | float) and not isinstance(score, bool) and math.isfinite(score):
        return FeedbackKind.FLOAT, float(score)
    if label.lower() in PASSED | FAILED:
        return FeedbackKind.BOOLEAN, label.lower() in PASSED
    if label:
        return FeedbackKind.COMMENT, redact(label)
    raise ValueError("an evaluation has neither gen_ai.evaluation.score.value nor .score.label")
