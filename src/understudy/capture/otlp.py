"""OTLP trace exports (protobuf, or OTLP's own JSON) as plain spans, each decoded by itself.

Refuses a body that is no export. A span that cannot be read is told with its reason instead.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from google.protobuf.json_format import ParseDict
from google.protobuf.message import DecodeError
from opentelemetry.proto.trace.v1.trace_pb2 import Span as WireSpan
from opentelemetry.proto.trace.v1.trace_pb2 import Status

from understudy.capture.otlp_exports import (
    MALFORMED,
    NANO,
    SPAN_ID,
    TRACE_ID,
    TRACES,
    attributes_of,
    first_line,
    walk_json,
    walk_protobuf,
)

MAX_SPAN_BYTES = 8_000_000
# Of a JSON span no more than this is read: ids are hex there, which protobuf's JSON does not know.
_READ_FIELDS = ("name", "startTimeUnixNano", "endTimeUnixNano", "attributes", "events", "status")


@dataclass(frozen=True, slots=True)
class SpanEvent:
    name: str
    at: float
    attributes: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Span:
    """The resource's attributes stand among the span's own; `error` says how the span failed."""

    trace_id: str
    span_id: str
    name: str
    started_at: float
    ended_at: float
    attributes: Mapping[str, Any]
    events: tuple[SpanEvent, ...]
    error: str = ""


def decode_protobuf(body: bytes) -> list[Span | str]:
    """Each span of an ExportTraceServiceRequest, or what is wrong with it."""
    return [_from_protobuf(raw, resource) for raw, resource in walk_protobuf(body, TRACES)]


def decode_json(document: Any) -> list[Span | str]:
    return [_from_json(span, resource) for span, resource in walk_json(document, TRACES)]


def span_inference(trace_id: str, span_id: str) -> str:
    """Whoever knows its span knows its inference, and may send feedback on it."""
    return f"otlp-{trace_id}-{span_id}"


def _from_protobuf(raw: memoryview, resource: Mapping[str, Any]) -> Span | str:
    if len(raw) > MAX_SPAN_BYTES:
        return f"a span is larger than {MAX_SPAN_BYTES} bytes; leave images and files out of it"
    try:
        span = WireSpan.FromString(bytes(raw))
    except DecodeError as error:
        return f"a span is no valid protobuf ({error})"
    return _span(span, span.trace_id.hex(), span.span_id.hex(), resource)


def _from_json(document: Any, resource: Mapping[str, Any]) -> Span | str:
    if not isinstance(document, dict):
        return "a span is no JSON object"
    read = {name: document[name] for name in _READ_FIELDS if name in document}
    try:
        span = ParseDict(read, WireSpan(), ignore_unknown_fields=True)
    except MALFORMED as error:
        return f"a span is no OTLP JSON ({first_line(error)})"
    trace_id, span_id = document.get("traceId"), document.get("spanId")
    return _span(span, str(trace_id).lower(), str(span_id).lower(), resource)


def _span(span: WireSpan, trace_id: str, span_id: str, resource: Mapping[str, Any]) -> Span | str:
    if not TRACE_ID.fullmatch(trace_id) or not SPAN_ID.fullmatch(span_id):
        return f"span {span.name!r} has no valid trace id and span id (16 and 8 bytes, not zero)"
    failed = span.status.code == Status.STATUS_CODE_ERROR
    return Span(
        trace_id=trace_id,
        span_id=span_id,
        name=span.name,
        started_at=span.start_time_unix_nano * NANO,
        ended_at=span.end_time_unix_nano * NANO,
        attributes={**resource, **attributes_of(span.attributes)},
        events=tuple(
            SpanEvent(event.name, event.time_unix_nano * NANO, attributes_of(event.attributes))
            for event in span.events
        ),
        error=(span.status.message or "the span's status is an error") if failed else "",
    )
