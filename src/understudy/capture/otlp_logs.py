"""OTLP log exports (protobuf, or OTLP's own JSON) as events, each decoded by itself.

Reads a record's name, time, attributes and span, never its body. A record that cannot be read is told
with its reason instead.
"""

from dataclasses import dataclass
from typing import Any

from google.protobuf.json_format import ParseDict
from google.protobuf.message import DecodeError
from opentelemetry.proto.logs.v1.logs_pb2 import LogRecord as WireRecord

from understudy.capture.otlp import MAX_SPAN_BYTES, SpanEvent
from understudy.capture.otlp_exports import (
    LOGS,
    MALFORMED,
    NANO,
    SPAN_ID,
    TRACE_ID,
    attributes_of,
    first_line,
    walk_json,
    walk_protobuf,
)

_READ_FIELDS = ("eventName", "timeUnixNano", "observedTimeUnixNano", "attributes")


@dataclass(frozen=True, slots=True)
class LoggedEvent:
    """An event that came as a log record; its ids are empty where it was logged within no span."""

    event: SpanEvent
    trace_id: str
    span_id: str


def decode_protobuf(body: bytes) -> list[LoggedEvent | str]:
    """Each record of an ExportLogsServiceRequest, or what is wrong with it."""
    return [_from_protobuf(raw) for raw, _ in walk_protobuf(body, LOGS)]


def decode_json(document: Any) -> list[LoggedEvent | str]:
    return [_from_json(record) for record, _ in walk_json(document, LOGS)]


def _from_protobuf(raw: memoryview) -> LoggedEvent | str:
    if len(raw) > MAX_SPAN_BYTES:
        return f"a log record is larger than {MAX_SPAN_BYTES} bytes; leave images and files out"
    try:
        record = WireRecord.FromString(bytes(raw))
    except DecodeError as error:
        return f"a log record is no valid protobuf ({error})"
    return _event(record, record.trace_id.hex(), record.span_id.hex())


def _from_json(document: Any) -> LoggedEvent | str:
    if not isinstance(document, dict):
        return "a log record is no JSON object"
    read = {name: document[name] for name in _READ_FIELDS if name in document}
    try:
        record = ParseDict(read, WireRecord(), ignore_unknown_fields=True)
    except MALFORMED as error:
        return f"a log record is no OTLP JSON ({first_line(error)})"
    ids = (str(document.get(name) or "").lower() for name in ("traceId", "spanId"))
    return _event(record, *ids)


def _event(record: WireRecord, trace_id: str, span_id: str) -> LoggedEvent:
    attributes = attributes_of(record.attributes)
    # Before a record had a name of its own it stood among the attributes.
    name = record.event_name or str(attributes.get("event.name") or "")
    at = (record.time_unix_nano or record.observed_time_unix_nano) * NANO
    within = TRACE_ID.fullmatch(trace_id) and SPAN_ID.fullmatch(span_id)
    ids = (trace_id, span_id) if within else ("", "")
    return LoggedEvent(SpanEvent(name, at, attributes), *ids)
