"""OTLP exports for tests, of the real protobuf messages, and one LLM call in every dialect."""

import base64
from collections.abc import Mapping, Sequence
from typing import Any

import orjson
from google.protobuf.json_format import MessageToDict
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, ArrayValue, KeyValue
from opentelemetry.proto.trace.v1.trace_pb2 import Span, Status

TRACE_ID = bytes(range(1, 17))
BEGAN_NS = 1_770_580_880_500_000_000
LASTED_NS = 1_500_000_000
Events = Sequence[tuple[str, Mapping[str, Any]]]


def any_value(value: Any) -> AnyValue:
    if isinstance(value, bool):
        return AnyValue(bool_value=value)
    if isinstance(value, int):
        return AnyValue(int_value=value)
    if isinstance(value, float):
        return AnyValue(double_value=value)
    if isinstance(value, list):
        return AnyValue(array_value=ArrayValue(values=[any_value(one) for one in value]))
    return AnyValue(string_value=value)


def pairs(attributes: Mapping[str, Any]) -> list[KeyValue]:
    return [KeyValue(key=key, value=any_value(value)) for key, value in attributes.items()]


def make_span(
    attributes: Mapping[str, Any], events: Events = (), number: int = 1, error: str = ""
) -> Span:
    return Span(
        trace_id=TRACE_ID,
        span_id=number.to_bytes(8, "big"),
        name="chat",
        start_time_unix_nano=BEGAN_NS,
        end_time_unix_nano=BEGAN_NS + LASTED_NS,
        attributes=pairs(attributes),
        events=[
            Span.Event(name=name, time_unix_nano=BEGAN_NS + LASTED_NS, attributes=pairs(given))
            for name, given in events
        ],
        status=Status(code=Status.STATUS_CODE_ERROR, message=error) if error else None,
    )


def make_export(*spans: Span, **resource: Any) -> ExportTraceServiceRequest:
    export = ExportTraceServiceRequest()
    of_resource = export.resource_spans.add()
    of_resource.resource.attributes.extend(pairs({"service.name": "tickets", **resource}))
    of_resource.scope_spans.add().spans.extend(spans)
    return export


def as_json(export: ExportTraceServiceRequest) -> dict[str, Any]:
    """OTLP's JSON: protobuf's, but for the ids, which are hex."""
    document: dict[str, Any] = MessageToDict(export, use_integers_for_enums=True)
    for resource_spans in document["resourceSpans"]:
        for scope_spans in resource_spans["scopeSpans"]:
            for span in scope_spans.get("spans", []):
                for name in ("traceId", "spanId"):
                    span[name] = base64.b64decode(span[name]).hex()
    return document


def inference_of(number: int = 1) -> str:
    return f"otlp-{TRACE_ID.hex()}-{number:016x}"


def text(value: Any) -> str:
    return orjson.dumps(value).decode()


QUESTION, THOUGHT = "my invoice is wrong", "the words point to billing"
SYSTEM, ANSWER = "Route the ticket.", '{"team":"billing"}'
MODEL = {"gen_ai.operation.name": "chat", "gen_ai.request.model": "teacher-1"}
USAGE = {"gen_ai.usage.input_tokens": 120, "gen_ai.usage.output_tokens": 30}
SEMCONV: dict[str, Any] = {
    **MODEL,
    **USAGE,
    "gen_ai.response.finish_reasons": ["stop"],
    "gen_ai.system_instructions": text([{"type": "text", "content": SYSTEM}]),
    "gen_ai.input.messages": text(
        [{"role": "user", "parts": [{"type": "text", "content": QUESTION}]}]
    ),
    "gen_ai.output.messages": text(
        [
            {
                "role": "assistant",
                "parts": [
                    {"type": "reasoning", "content": THOUGHT},
                    {"type": "text", "content": ANSWER},
                ],
                "finish_reason": "stop",
            }
        ]
    ),
}
TRACELOOP: dict[str, Any] = {
    "llm.request.type": "chat",
    "gen_ai.request.model": "teacher-1",
    "gen_ai.usage.prompt_tokens": 120,
    "gen_ai.usage.completion_tokens": 30,
    "gen_ai.prompt.0.role": "system",
    "gen_ai.prompt.0.content": SYSTEM,
    "gen_ai.prompt.1.role": "user",
    "gen_ai.prompt.1.content": text([{"type": "text", "text": QUESTION}]),
    "gen_ai.completion.0.role": "thinking",
    "gen_ai.completion.0.content": THOUGHT,
    "gen_ai.completion.1.role": "assistant",
    "gen_ai.completion.1.content": ANSWER,
    "gen_ai.completion.1.finish_reason": "stop",
}
OPENINFERENCE: dict[str, Any] = {
    "openinference.span.kind": "LLM",
    "llm.model_name": "teacher-1",
    "llm.token_count.prompt": 120,
    "llm.token_count.completion": 30,
    "llm.input_messages.0.message.role": "system",
    "llm.input_messages.0.message.content": SYSTEM,
    "llm.input_messages.1.message.role": "user",
    "llm.input_messages.1.message.content": QUESTION,
    "llm.output_messages.0.message.role": "assistant",
    "llm.output_messages.0.message.contents.0.message_content.type": "reasoning",
    "llm.output_messages.0.message.contents.0.message_content.text": THOUGHT,
    "llm.output_messages.0.message.contents.1.message_content.type": "text",
    "llm.output_messages.0.message.contents.1.message_content.text": ANSWER,
}
OLD_EVENTS: Events = (
    ("gen_ai.system.message", {"gen_ai.system": "openai", "content": SYSTEM}),
    ("gen_ai.user.message", {"gen_ai.event.content": text({"role": "user", "content": QUESTION})}),
    (
        "gen_ai.choice",
        {
            "index": 0,
            "finish_reason": "stop",
            "message": text({"content": ANSWER, "reasoning_content": THOUGHT}),
        },
    ),
)
DETAILS: Events = (
    (
        "gen_ai.client.inference.operation.details",
        {name: value for name, value in SEMCONV.items() if "messages" in name or "system_" in name},
    ),
)
DIALECTS: dict[str, Span] = {
    "semconv attributes": make_span(SEMCONV),
    "semconv details event": make_span({**MODEL, **USAGE}, DETAILS),
    "semconv message events": make_span({**MODEL, **USAGE}, OLD_EVENTS),
    "traceloop": make_span(TRACELOOP),
    "openinference": make_span(OPENINFERENCE),
}
