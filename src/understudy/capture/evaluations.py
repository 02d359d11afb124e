"""OpenTelemetry's event `gen_ai.evaluation.result`, on a span or logged, as feedback of a judge.

Refuses (ValueError) an event that names no evaluation or brings neither score nor label.
"""

import math
import re
from collections.abc import Iterable
from typing import Any

from understudy.capture.genai import text_at
from understudy.capture.importing import Found, hash_id
from understudy.capture.otlp import SpanEvent, span_inference
from understudy.capture.otlp_logs import LoggedEvent
from understudy.records import Feedback, FeedbackKind, FeedbackSource
from understudy.redaction.texts import redact

EVENT = "gen_ai.evaluation.result"
RESPONSE_ID = "gen_ai.response.id"
# The id of an answer that the gateway wrote holds its inference's id, a UUIDv7 (wire/).
_GATEWAY_ID = re.compile(
    r"(?:msg_|chatcmpl-)([0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12})"
)
PASSED = frozenset({"pass", "passed", "yes", "true", "correct", "good"})
FAILED = frozenset({"fail", "failed", "no", "false", "incorrect", "bad"})


def read_logged(events: Iterable[LoggedEvent | str], made_at: float) -> Found:
    """Those of a log export; `unrelated` counts every other record of it."""
    feedback: list[Feedback] = []
    broken: list[str] = []
    unrelated = 0
    for one in events:
        if isinstance(one, str):
            broken.append(redact(one))
        elif one.event.name != EVENT:
            unrelated += 1
        elif not is_failed(one.event):
            try:
                feedback += read_evaluation(one.event, _about(one), made_at)
            except ValueError as error:
                broken.append(redact(str(error)))
    return Found(feedback=tuple(feedback), broken=tuple(broken), unrelated=unrelated)


def own_inference(response_id: str) -> str:
    """The inference of an answer that this gateway wrote; empty for any other answer."""
    own = _GATEWAY_ID.fullmatch(response_id)
    return own[1] if own else ""


def _about(one: LoggedEvent) -> str:
    """Its span's call need not be here yet: logs and spans come in exports of their own."""
    own = own_inference(text_at(one.event.attributes, RESPONSE_ID))
    if not own and not one.trace_id:
        raise ValueError(
            "an evaluation was logged within no span and names no answer of this gateway; log it "
            f"in the context of the call's span, or with {RESPONSE_ID}"
        )
    return own or span_inference(one.trace_id, one.span_id)


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
