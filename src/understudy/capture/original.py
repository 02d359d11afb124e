"""The original system's two files: its trace file and its request log.

Refuses a line without a question or an answer; the log's failures are kept as failed inferences.
"""

from typing import Any

import orjson

from understudy.capture.importing import (
    Context,
    Found,
    Row,
    Told,
    count_in,
    function_for,
    function_of,
    hash_id,
    prompt_for,
    text_in,
    time_in,
    trace_from,
)
from understudy.config.loading import config_hash
from understudy.records import (
    TEACHER,
    Completion,
    Feedback,
    FeedbackKind,
    FeedbackSource,
    Inference,
    InferenceStatus,
    ReasoningKind,
    Usage,
)
from understudy.redaction.texts import redact

USER = "imported"
MODEL = "original system"
# Its columns are called claude_answer and claude_thinking: whichever model it was, that was its maker.
UNNAMED = "claude"
PLAN_KEYS = ("heading", "widgets")


def read_trace_line(row: Row, context: Context) -> Found:
    """`prompt`, `claude_thinking` (may be empty), `claude_answer`."""
    answer = redact(text_in(row, "claude_answer"))
    if not answer.strip():
        raise ValueError("claude_answer is empty")
    function = function_of(answer, context)
    told = Told(
        function=function,
        prompt=prompt_for(function, text_in(row, "prompt"), row),
        thinking=redact(str(row.get("claude_thinking") or "")),
        answer=answer,
        teacher=str(row.get("claude_model") or UNNAMED),
        created_at=time_in(row.get("timestamp"), context),
        usage=Usage(count_in(row, "claude_input_tokens"), count_in(row, "claude_output_tokens")),
        stop_reason=str(row.get("claude_stop_reason") or ""),
    )
    identity = [row.get("trace_id"), row["prompt"], told.thinking, answer]
    return Found(traces=(trace_from(told, context, identity),))


def read_log_line(row: Row, context: Context) -> Found:
    """A request with the plan that answered it, or with its error. The log holds no thinking."""
    plan = row["plan"]
    if plan is not None and not isinstance(plan, dict):
        raise TypeError("plan is neither an object nor null")
    inference = _logged(row, plan, context)
    if plan is None:
        return Found((inference,), _parsed_intent(row, inference))
    told = Told(
        function=context.application.functions[inference.function],
        prompt=inference.prompt,
        thinking="",
        answer=inference.completion.answer,
        teacher=MODEL,
        created_at=inference.created_at,
        inference=inference.id,
    )
    trace = trace_from(told, context, inference.id)
    return Found((inference,), _parsed_intent(row, inference), (trace,))


def _logged(row: Row, plan: dict[str, Any] | None, context: Context) -> Inference:
    question = text_in(row, "question")
    function = function_for(PLAN_KEYS, context)
    prompt = prompt_for(function, question, row)
    answer = "" if plan is None else orjson.dumps(plan).decode()
    error = "" if plan is not None else redact(str(row.get("error") or "no plan"))
    identity = hash_id([row.get("episode_id"), row.get("sent_at"), question, answer, error])
    return Inference(
        id=f"imported-{identity}",
        function=function.name,
        episode=str(row.get("episode_id") or f"imported-{identity}"),
        user=USER,
        variant=TEACHER,
        propensity=1.0,
        prompt=prompt,
        completion=Completion(
            answer=answer,
            thinking=None,
            reasoning_kind=ReasoningKind.OMITTED,
            stop_reason="error" if error else "end_turn",
            model=MODEL,
        ),
        status=InferenceStatus.FAILED if error else InferenceStatus.COMPLETE,
        latency_s=count_in(row, "total_ms") / 1000,
        cost_usd=0.0,
        prompt_hash=prompt.hash,
        config_hash=config_hash(context.config),
        created_at=time_in(row.get("sent_at"), context),
        error=error,
    )


def _parsed_intent(row: Row, inference: Inference) -> tuple[Feedback, ...]:
    """What the original's parser made of the question is a part of the experience."""
    intent = row.get("intent")
    if not isinstance(intent, dict) or not isinstance(intent.get("confidence"), int | float):
        return ()
    key = f"{inference.id}/intent"
    return (
        Feedback(
            id=key,
            kind=FeedbackKind.FLOAT,
            name="intent",
            value=intent,
            source=FeedbackSource.IMPLICIT,
            inference=inference.id,
            episode=None,
            user=USER,
            confidence=1.0,
            created_at=inference.created_at,
            key=key,
        ),
    )
