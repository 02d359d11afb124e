"""Spans of LLM calls as inferences, their reasoning as traces, their evaluations as feedback.

Refuses a call without messages, and one that this gateway answered: capture has that already, and
a student's answer must not come back as a teacher's.
"""

import logging
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from understudy.capture.evaluations import (
    EVENT,
    RESPONSE_ID,
    is_failed,
    own_inference,
    read_evaluation,
)
from understudy.capture.genai import LlmCall, read_call, text_at
from understudy.capture.importing import (
    UNUSABLE,
    Context,
    Found,
    Row,
    Told,
    function_of,
    trace_from,
)
from understudy.capture.otlp import Span, decode_json, span_inference
from understudy.config.loading import config_hash
from understudy.function import Function
from understudy.records import (
    TEACHER,
    Completion,
    Feedback,
    Inference,
    InferenceStatus,
    Message,
    Prompt,
    Trace,
)
from understudy.records.codec import map_texts
from understudy.redaction.records import pseudonym
from understudy.redaction.texts import redact
from understudy.wire.makers import reasoning_kind
from understudy.wire.messages import standing_in_answer

logger = logging.getLogger(__name__)

FUNCTION = "understudy.function"
EPISODES = ("understudy.episode", "gen_ai.conversation.id", "session.id")
USERS = ("understudy.user", "user.id", "enduser.id")


@dataclass(frozen=True, slots=True)
class _Read:
    """A span and what it came to: `about` is the inference that it tells of, if it is one."""

    span: Span
    about: str = ""
    response_id: str = ""
    inference: Inference | None = None
    trace: Trace | None = None


def read_export_line(row: Row, context: Context) -> Found:
    """One ExportTraceServiceRequest as JSON, as the collector's file exporter writes it."""
    return read_spans(decode_json(row), context)


def read_spans(spans: Iterable[Span | str], context: Context) -> Found:
    """One batch; every span that is no LLM call is counted, every broken one told."""
    config_id = config_hash(context.config)
    read: list[_Read] = []
    broken: list[str] = []
    for span in spans:
        found = span if isinstance(span, str) else _read(span, context, config_id)
        if isinstance(found, str):
            broken.append(redact(found))
        else:
            read.append(found)
    feedback, doubts = _evaluations(read, context)
    return Found(
        inferences=tuple(one.inference for one in read if one.inference is not None),
        feedback=feedback,
        traces=tuple(one.trace for one in read if one.trace is not None),
        broken=tuple(broken),
        doubts=doubts,
        unrelated=sum(one.inference is None for one in read),
    )


def _read(span: Span, context: Context, config_id: str) -> _Read | str:
    try:
        call = read_call(span)
        if call is None:
            return _Read(span)
        own = own_inference(call.response_id)
        if own:
            return _Read(span, own, call.response_id)
        function = _function(span, call, context)
        whole = _inference(span, call, function, context, config_id)
        clean = map_texts(whole, redact)
        # A user is not what a person wrote: two addresses must stay two users.
        inference = replace(clean, user=pseudonym(whole.user))
    except UNUSABLE as error:
        return f"span {span.name!r} of trace {span.trace_id}: {error}"
    trace = _trace(inference, function, context) if call.text_only else None
    return _Read(span, inference.id, call.response_id, inference, trace)


def _function(span: Span, call: LlmCall, context: Context) -> Function:
    functions = context.application.functions
    named = text_at(span.attributes, FUNCTION)
    if named and named not in functions:
        known = ", ".join(functions)
        raise ValueError(f"{FUNCTION} is {named!r}; it may be {known}")
    answer = call.answer.text if call.answer else ""
    return function_of(answer, context, named)


def _inference(
    span: Span, call: LlmCall, function: Function, context: Context, config_id: str
) -> Inference:
    asked = tuple(Message(one.role, one.text) for one in call.asked if one.role != "system")
    error = _failure(span, call)
    if not asked or (call.answer is None and not error):
        raise ValueError(
            "it carries no messages; switch on the recording of content in the instrumentation "
            "(OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT=true)"
        )
    thinking = call.answer.thinking.strip() if call.answer else ""
    prompt = Prompt(call.system, asked)
    return Inference(
        id=span_inference(span.trace_id, span.span_id),
        function=function.name,
        episode=text_at(span.attributes, *EPISODES) or span.trace_id,
        user=text_at(span.attributes, *USERS),
        variant=TEACHER,
        propensity=1.0,
        prompt=prompt,
        completion=Completion(
            answer=call.answer.text if call.answer else "",
            thinking=thinking or None,
            reasoning_kind=reasoning_kind(thinking, call.model),
            stop_reason=call.stop_reason,
            usage=call.usage,
            model=call.model,
            aside=""
            if call.answer is None or call.answer.text_only
            else standing_in_answer("part"),
        ),
        status=InferenceStatus.FAILED if error else InferenceStatus.COMPLETE,
        latency_s=max(0.0, span.ended_at - span.started_at) if span.ended_at else 0.0,
        cost_usd=0.0,
        prompt_hash=prompt.hash,
        config_hash=config_id,
        created_at=span.started_at or context.made_at,
        error=error,
    )


def _failure(span: Span, call: LlmCall) -> str:
    """The exception that a span recorded says more than its status."""
    if not span.error:
        return "the model's answer ended with an error" if call.stop_reason == "error" else ""
    told = (text_at(one.attributes, "exception.message", "exception.type") for one in span.events)
    return next(filter(None, told), span.error)


def _trace(inference: Inference, function: Function, context: Context) -> Trace | None:
    """Of a whole answer with reasoning; made from the redacted record."""
    completion = inference.completion
    if inference.error or not completion.thinking or not completion.answer.strip():
        return None
    told = Told(
        function=function,
        prompt=inference.prompt,
        thinking=completion.thinking,
        answer=completion.answer,
        teacher=completion.model or "unknown",
        created_at=inference.created_at,
        usage=completion.usage,
        stop_reason=completion.stop_reason,
        inference=inference.id,
    )
    try:
        return trace_from(told, context, inference.id)
    except Exception:
        # The domain's `family` may fail on a prompt that it did not build: no trace, no harm.
        logger.exception("no trace of a span", extra={"inference": inference.id})
        return None


def _evaluations(
    read: list[_Read], context: Context
) -> tuple[tuple[Feedback, ...], tuple[str, ...]]:
    """An evaluation is about its span's call, unless it names the answer of another one here."""
    by_response = {one.response_id: one.about for one in read if one.response_id and one.about}
    feedback: list[Feedback] = []
    doubts: list[str] = []
    for one in read:
        for event in one.span.events:
            if event.name != EVENT or is_failed(event):
                continue
            try:
                about = _about(one, text_at(event.attributes, RESPONSE_ID), by_response)
                feedback += read_evaluation(event, about, context.made_at)
            except ValueError as error:
                doubts.append(redact(f"span {one.span.name!r}: {error}"))
    return tuple(feedback), tuple(doubts)


def _about(one: _Read, response_id: str, by_response: Mapping[str, str]) -> str:
    about = by_response.get(response_id) or own_inference(response_id) or one.about
    if not about:
        raise ValueError(
            "an evaluation is about no LLM call of this export; put the event on the call's span, "
            f"or send both together with {RESPONSE_ID}"
        )
    return about
