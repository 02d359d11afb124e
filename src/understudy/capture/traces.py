"""Which inferences become traces for distillation, and what such a trace says.

Never makes a trace of an empty or omitted thinking, a failure, or a student's answer.
"""

import hashlib
import re
from typing import Any

from understudy.config import Teacher
from understudy.function import Function
from understudy.records import (
    TEACHER,
    Completion,
    Inference,
    InferenceStatus,
    ReasoningKind,
    Trace,
    TraceSource,
    TrainingPermission,
)

READABLE = frozenset({ReasoningKind.RAW, ReasoningKind.SUMMARY})
_REFUSAL = re.compile(
    r"\s*(?:i(?:'m| am) sorry,? (?:but )?i (?:can(?:'t|not)|am unable)|i (?:can(?:'t|not)|am unable to)"
    r" (?:help|assist|comply|do that|provide that))",
    re.IGNORECASE,
)


def is_sampled(inference_id: str, share: float) -> bool:
    """The same answer for the same id on every machine, whatever ran before."""
    digest = hashlib.sha256(inference_id.encode()).digest()
    return int.from_bytes(digest[:8], "big") < share * 2**64


def has_reasoning(inference: Inference) -> bool:
    completion = inference.completion
    return (
        inference.status is InferenceStatus.COMPLETE
        and inference.variant == TEACHER
        and completion.reasoning_kind in READABLE
        and bool((completion.thinking or "").strip())
    )


def reads_as_refusal(answer: str) -> bool:
    """Whatever the stop reason says."""
    return _REFUSAL.match(answer) is not None


def trace_of(
    inference: Inference, function: Function, teacher: Teacher, source: TraceSource
) -> Trace:
    """Its id follows from the inference's, so that one inference gives one trace however often."""
    completion = inference.completion
    return Trace(
        id=f"trace-{inference.id}",
        function=inference.function,
        prompt=inference.prompt,
        thinking=completion.thinking or "",
        answer=completion.answer,
        reasoning_kind=completion.reasoning_kind,
        teacher=completion.model or teacher.model,
        training_permission=permission_of(teacher),
        source=source,
        family=function.family(inference.prompt),
        created_at=inference.created_at,
        inference=inference.id,
        usage=completion.usage,
        behaviour=shown_by(completion),
    )


def shown_by(completion: Completion) -> dict[str, Any]:
    """A trace's `behaviour`: what is known of a reply besides its words."""
    shown: dict[str, Any] = {"stop_reason": completion.stop_reason}
    if completion.confidence is not None:
        shown["token_confidence"] = completion.confidence.plain()
    return shown


def permission_of(teacher: Teacher) -> TrainingPermission:
    """The scripted teacher is the application's own code: its output is open."""
    if teacher.kind == "scripted":
        return TrainingPermission.OPEN
    return TrainingPermission(teacher.training_permission)
