"""Spans become records: every dialect, its reasoning, its evaluations, and what is no call."""

from typing import Any

import pytest
from gateway_rig import TICKETS
from hypothesis import given
from hypothesis import strategies as st
from opentelemetry.proto.trace.v1.trace_pb2 import Span as WireSpan
from otlp_rig import (
    ANSWER,
    BEGAN_NS,
    DIALECTS,
    MODEL,
    OPENINFERENCE,
    QUESTION,
    SEMCONV,
    SYSTEM,
    THOUGHT,
    TRACE_ID,
    inference_of,
    make_export,
    make_span,
    text,
)

from understudy.capture.importing import Context, Found
from understudy.capture.otlp import Span, SpanEvent, decode_protobuf
from understudy.capture.spans import read_spans
from understudy.config import Capture, Config, Teacher
from understudy.records import (
    FeedbackKind,
    FeedbackSource,
    InferenceStatus,
    Message,
    Prompt,
    ReasoningKind,
    TraceSource,
    TrainingPermission,
    Usage,
)
from understudy.redaction.records import Redactor, pseudonym

EVALUATION = "gen_ai.evaluation.result"


def read(*spans: WireSpan, **resource: Any) -> Found:
    decoded = decode_protobuf(make_export(*spans, **resource).SerializeToString())
    return read_spans(decoded, Context(TICKETS, Config(), 5.0))


@pytest.mark.parametrize("name", DIALECTS)
def test_every_dialect_gives_the_same_inference_and_trace(name: str) -> None:
    found = read(DIALECTS[name])

    (inference,), (trace,) = found.inferences, found.traces
    assert (found.broken, found.doubts, found.unrelated) == ((), (), 0)
    assert inference.id == inference_of()
    assert inference.prompt == Prompt(SYSTEM, (Message("user", QUESTION),))
    assert (inference.completion.answer, inference.completion.thinking) == (ANSWER, THOUGHT)
    assert (inference.completion.model, inference.completion.usage) == ("teacher-1", Usage(120, 30))
    assert inference.completion.stop_reason == ("" if name == "openinference" else "end_turn")
    assert (inference.created_at, inference.latency_s) == pytest.approx((BEGAN_NS / 1e9, 1.5))
    assert (inference.function, inference.episode) == ("classify", TRACE_ID.hex())
    assert (trace.inference, trace.prompt, trace.answer) == (inference.id, inference.prompt, ANSWER)
    assert (trace.thinking, trace.reasoning_kind) == (THOUGHT, ReasoningKind.RAW)
    assert (trace.source, trace.teacher) == (TraceSource.IMPORTED, "teacher-1")
    assert trace.training_permission is TrainingPermission.NONE


def test_users_of_spans_stay_apart_as_they_do_in_the_gateway() -> None:
    spans = [
        make_span({**SEMCONV, "user.id": name, "session.id": f"of {name}"}, number=number)
        for number, name in enumerate(("alice@plant.example", "bob@plant.example"), start=1)
    ]
    redactor = Redactor(Capture())
    for found in (read(*spans), read(*spans).redacted(redactor)):
        users = [inference.user for inference in found.inferences]
        assert users == [pseudonym("alice@plant.example"), pseudonym("bob@plant.example")]
    episodes = {inference.episode for inference in read(*spans).redacted(redactor).inferences}
    assert len(episodes) == 2
    assert not any("plant" in episode for episode in episodes)


@pytest.mark.parametrize(
    ("model", "permission", "kind"),
    [
        ("claude-sonnet-4-5", TrainingPermission.NONE, ReasoningKind.SUMMARY),
        ("qwen3", TrainingPermission.OPEN, ReasoningKind.RAW),
    ],
)
def test_a_spans_permission_and_reasoning_are_those_of_the_model_that_answered(
    model: str, permission: TrainingPermission, kind: ReasoningKind
) -> None:
    teacher = Teacher(kind="openai", base_url="http://there", training_permission="open")
    export = make_export(make_span({**SEMCONV, "gen_ai.response.model": model}))
    spans = decode_protobuf(export.SerializeToString())
    found = read_spans(spans, Context(TICKETS, Config(teacher=teacher), 5.0))

    (inference,), (trace,) = found.inferences, found.traces
    assert trace.training_permission is permission
    assert trace.reasoning_kind is inference.completion.reasoning_kind is kind


def test_a_span_or_its_service_names_the_function() -> None:
    named = {"understudy.function": "escalate", "session.id": "s-1", "user.id": "ann"}
    (inference,) = read(make_span({**SEMCONV, **named})).inferences
    assert (inference.function, inference.episode, inference.user) == ("escalate", "s-1", "ann")
    (inference,) = read(make_span(SEMCONV), **named).inferences
    assert inference.function == "escalate"

    found = read(make_span({**SEMCONV, "understudy.function": "escalte"}))
    assert (found.inferences, len(found.broken)) == ((), 1)
    assert "it may be classify, escalate" in found.broken[0]


def test_what_is_no_llm_call_is_counted_and_passed_over() -> None:
    others: list[dict[str, Any]] = [
        {"http.request.method": "GET"},
        {"gen_ai.operation.name": "execute_tool", "gen_ai.request.model": "x"},
        {"gen_ai.operation.name": "invoke_agent"},
        {**OPENINFERENCE, "openinference.span.kind": "CHAIN"},
        {"traceloop.span.kind": "workflow"},
    ]
    found = read(*(make_span(one, number=n) for n, one in enumerate(others, 1)))
    assert (found.inferences, found.broken, found.unrelated) == ((), (), len(others))


@pytest.mark.parametrize(
    ("attributes", "reason"),
    [
        (MODEL, "OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT"),
        ({**SEMCONV, "gen_ai.output.messages": "[7]"}, "neither an object nor a text"),
        ({**SEMCONV, "gen_ai.input.messages": "{}"}, "no list of messages"),
        ({**SEMCONV, "gen_ai.output.messages": "[]"}, "carries no messages"),
    ],
)
def test_a_call_that_cannot_be_read_is_told_with_its_reason(
    attributes: dict[str, Any], reason: str
) -> None:
    found = read(make_span(attributes), make_span(SEMCONV, number=2))
    assert len(found.inferences) == 1
    assert reason in found.broken[0]
    assert TRACE_ID.hex() in found.broken[0]


def test_a_failed_call_is_a_failed_inference_and_no_trace() -> None:
    asked = {**SEMCONV}
    del asked["gen_ai.output.messages"]
    event = ("exception", {"exception.type": "Timeout", "exception.message": "took too long"})
    found = read(make_span(asked, [event], error="ERROR"), make_span(SEMCONV, number=2, error="no"))
    assert [one.status for one in found.inferences] == [InferenceStatus.FAILED] * 2
    assert [one.error for one in found.inferences] == ["took too long", "no"]
    assert found.traces == ()


def test_a_call_with_tools_is_recorded_and_teaches_nothing() -> None:
    call = {"type": "tool_call", "id": "c1", "name": "find", "arguments": {"n": 7}}
    parts = [{"type": "reasoning", "content": THOUGHT}, call]
    output = text([{"role": "assistant", "parts": parts, "finish_reason": "tool_call"}])
    found = read(make_span({**SEMCONV, "gen_ai.output.messages": output}))
    (inference,) = found.inferences
    assert '"name":"find"' in inference.completion.answer
    assert inference.completion.stop_reason == "tool_use"
    assert not inference.completion.text_only
    assert found.traces == ()
    assert read(make_span(SEMCONV)).inferences[0].completion.text_only


def test_secrets_are_taken_out_of_everything() -> None:
    secret = "sk-ant-abcdefghijklmnopqrst"
    words = {name: value.replace("the ", f"{secret} ") for name, value in _texts(SEMCONV).items()}
    asked = text([{"role": "user", "parts": [{"type": "text", "content": f"key {secret}"}]}])
    judged = {
        "gen_ai.evaluation.name": "tone",
        "gen_ai.evaluation.score.value": 0.5,
        "gen_ai.evaluation.explanation": f"leaks {secret}",
    }
    span = make_span({**SEMCONV, **words, "gen_ai.input.messages": asked}, [(EVALUATION, judged)])
    broken = make_span({**SEMCONV, "understudy.function": secret}, number=2)
    found = read(span, broken)
    assert len(found.inferences) == len(found.traces) == 1
    assert len(found.feedback) == 2
    assert secret not in repr(found)
    assert "[redacted: key]" in found.traces[0].thinking


def _texts(attributes: dict[str, Any]) -> dict[str, str]:
    return {name: value for name, value in attributes.items() if isinstance(value, str)}


JUDGED: list[tuple[dict[str, Any], list[tuple[str, FeedbackKind, Any]]]] = [
    ({"score.value": 0.85}, [("tone", FeedbackKind.FLOAT, 0.85)]),
    ({"score.value": 1}, [("tone", FeedbackKind.FLOAT, 1.0)]),
    ({"score.label": "Pass"}, [("tone", FeedbackKind.BOOLEAN, True)]),
    ({"score.label": "fail"}, [("tone", FeedbackKind.BOOLEAN, False)]),
    ({"score.label": "brisk"}, [("tone", FeedbackKind.COMMENT, "brisk")]),
    (
        {"score.value": 0.2, "score.label": "poor", "explanation": "Too long."},
        [
            ("tone", FeedbackKind.FLOAT, 0.2),
            ("tone.explanation", FeedbackKind.COMMENT, "poor: Too long."),
        ],
    ),
]


@pytest.mark.parametrize(("given_", "expected"), JUDGED)
def test_an_evaluation_is_a_judges_feedback(
    given_: dict[str, Any], expected: list[tuple[str, FeedbackKind, Any]]
) -> None:
    attributes = {"gen_ai.evaluation.name": "tone"}
    attributes |= {f"gen_ai.evaluation.{name}": value for name, value in given_.items()}
    span = make_span(SEMCONV, [(EVALUATION, attributes)])
    first, again = read(span), read(span)
    assert [(one.name, one.kind, one.value) for one in first.feedback] == expected
    assert {one.inference for one in first.feedback} == {inference_of()}
    assert {one.source for one in first.feedback} == {FeedbackSource.JUDGE}
    assert [one.key for one in first.feedback] == [one.key for one in again.feedback]


def test_an_evaluation_may_name_the_answer_of_another_span() -> None:
    verdict = {"gen_ai.evaluation.name": "tone", "gen_ai.evaluation.score.value": 0.5}
    about = {**verdict, "gen_ai.response.id": "msg_7"}
    call = make_span({**SEMCONV, "gen_ai.response.id": "msg_7"}, number=4)
    judge = make_span({"gen_ai.operation.name": "evaluate"}, [(EVALUATION, about)], number=5)

    (feedback,) = read(judge, call).feedback
    assert feedback.inference == inference_of(4)
    lost = read(judge)
    assert lost.feedback == ()
    assert "put the event on the call's span" in lost.doubts[0]


def test_an_evaluation_without_a_name_or_a_verdict_is_told() -> None:
    nameless = (EVALUATION, {"gen_ai.evaluation.score.value": 1.0})
    empty = (EVALUATION, {"gen_ai.evaluation.name": "tone"})
    failed = (EVALUATION, {"gen_ai.evaluation.name": "tone", "error.type": "timeout"})
    found = read(make_span(SEMCONV, [nameless, empty, failed]))
    assert (len(found.inferences), found.feedback, len(found.doubts)) == (1, (), 2)


def test_what_this_gateway_answered_comes_in_no_second_time() -> None:
    own = "0199f0a0-1234-7abc-8def-0123456789ab"
    verdict = {"gen_ai.evaluation.name": "tone", "gen_ai.evaluation.score.value": 0.5}
    span = make_span({**SEMCONV, "gen_ai.response.id": f"msg_{own}"}, [(EVALUATION, verdict)])
    found = read(span)
    assert (found.inferences, found.traces, found.unrelated) == ((), (), 1)
    assert [one.inference for one in found.feedback] == [own]


_NAMES = [
    *SEMCONV,
    *OPENINFERENCE,
    "gen_ai.prompt.0.content",
    "gen_ai.prompt.٣.role",
    "gen_ai.completion.0.tool_calls.0.name",
    "gen_ai.completion.99999999999.content",
    "message",
    "content",
    "gen_ai.event.content",
    "gen_ai.evaluation.name",
    "gen_ai.evaluation.score.value",
]
_JSON = st.recursive(
    st.none() | st.integers() | st.text(max_size=5) | st.sampled_from(["text", "reasoning"]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["role", "parts", "content", "type"]), inner, max_size=3)
    ),
    max_leaves=8,
)
_VALUES = _JSON | _JSON.map(lambda value: text(value) if _fits(value) else "") | st.floats()
_ATTRIBUTES = st.dictionaries(st.sampled_from(_NAMES), _VALUES, max_size=6)
_EVENTS = st.lists(
    st.builds(
        SpanEvent,
        st.sampled_from(["gen_ai.choice", "gen_ai.user.message", EVALUATION]),
        st.just(1.0),
        _ATTRIBUTES,
    ),
    max_size=3,
).map(tuple)


@given(_ATTRIBUTES, _EVENTS)
def test_no_attributes_break_the_reader(
    attributes: dict[str, Any], events: tuple[SpanEvent, ...]
) -> None:
    span = Span("1" * 32, "2" * 16, "n", 1.0, 2.0, {**MODEL, **attributes}, events)
    found = read_spans([span], Context(TICKETS, Config(), 5.0))
    assert len(found.inferences) + len(found.broken) + found.unrelated == 1


def _fits(value: Any) -> bool:
    try:
        text(value)
    except TypeError:
        return False
    return True
