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
from understudy.wire.makers import Maker, closed_maker
from understudy.wire.tool_calls import read_calls

_ANTHROPIC_KINDS = frozenset({"anthropic", "claude_cli"})
READABLE = frozenset({ReasoningKind.RAW, ReasoningKind.SUMMARY})
# The setting's default names Claude, which gave no scripted answer.
SCRIPTED = "scripted"
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
    own = SCRIPTED if teacher.kind == "scripted" else teacher.model
    return Trace(
        id=f"trace-{inference.id}",
        function=inference.function,
        prompt=inference.prompt,
        thinking=completion.thinking or "",
        answer=completion.answer,
        reasoning_kind=completion.reasoning_kind,
        teacher=completion.model or own,
        training_permission=permission_of(teacher, completion.model),
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
    if not completion.text_only:
        shown |= {"text_only": False, "tool_calls": read_calls(completion.answer)}
    if completion.confidence is not None:
        shown["token_confidence"] = completion.confidence.plain()
    return shown


def permission_of(teacher: Teacher, model: str = "") -> TrainingPermission:
    """What the config permits of an answer of this model; without a model, of its own teacher's.
    The scripted teacher is the application's own code: its output is open."""
    if teacher.kind == "scripted" and closed_maker(model) is None:
        return TrainingPermission.OPEN
    return recorded_permission(teacher, model)


def recorded_permission(teacher: Teacher, model: str) -> TrainingPermission:
    """What the operator wrote down, where it speaks of the model that answered."""
    if not covers(teacher, model):
        return TrainingPermission.NONE
    return TrainingPermission(teacher.training_permission)


def covers(teacher: Teacher, model: str) -> bool:
    """Whether what the config says of its teacher says anything about this model: an open model's
    licence, or one maker's consent, is nothing to another maker's closed model."""
    maker, known = closed_maker(model), _maker(teacher)
    if maker is None or maker is known:
        return True
    # A deployment may have a name of its own, and then nobody but the operator knows what it is.
    unnamed = teacher.kind == "openai" and known is None and maker is not Maker.ANTHROPIC
    return unnamed and teacher.training_permission != "open"


def _maker(teacher: Teacher) -> Maker | None:
    """Whatever the way to it: API, command, or a relay that offers Claude under another format."""
    if teacher.kind in _ANTHROPIC_KINDS:
        return Maker.ANTHROPIC
    # The setting's default names Claude; of another kind of teacher it says nothing.
    named = teacher.kind == "openai" and "model" in teacher.model_fields_set
    return closed_maker(teacher.model) if named else None
