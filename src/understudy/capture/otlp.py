"""OTLP trace exports (protobuf, or OTLP's own JSON) as plain spans, each decoded by itself.

Refuses a body that is no export. A span that cannot be read is told with its reason instead.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from google.protobuf.json_format import ParseDict, ParseError
from google.protobuf.message import DecodeError
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, KeyValue
from opentelemetry.proto.resource.v1.resource_pb2 import Resource
from opentelemetry.proto.trace.v1.trace_pb2 import Span as WireSpan
from opentelemetry.proto.trace.v1.trace_pb2 import Status

from understudy.errors import InputError

NANO = 1e-9
MAX_PARTS = 100_000
MAX_SPAN_BYTES = 8_000_000
_TRACE_ID = re.compile(r"(?!0{32})[0-9a-f]{32}")
_SPAN_ID = re.compile(r"(?!0{16})[0-9a-f]{16}")
# Of a JSON span no more than this is read: ids are hex there, which protobuf's JSON does not know.
_READ_FIELDS = ("name", "startTimeUnixNano", "endTimeUnixNano", "attributes", "events", "status")
_MALFORMED = (ParseError, TypeError, ValueError, AttributeError, KeyError, RecursionError)


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
    """Each span of an ExportTraceServiceRequest, or what is wrong with it.

    The three outer levels are walked here and each span is parsed alone: parsed as a whole, a
    body of empty spans would take 80 times its size in memory, and one bad span would cost all.
    """
    budget = iter(range(MAX_PARTS))
    found: list[Span | str] = []
    for resource_spans in _submessages(memoryview(body), 1, budget):
        parts = list(_parts(resource_spans, budget))
        resource = _resource_of(bytes(part) for number, part in parts if number == 1)
        for scope_spans in (part for number, part in parts if number == 2):
            spans = _submessages(scope_spans, 2, budget)
            found.extend(_from_protobuf(span, resource) for span in spans)
    return found


def decode_json(document: Any) -> list[Span | str]:
    """The same of OTLP's JSON encoding: hex ids, camelCase, 64-bit integers as text."""
    found: list[Span | str] = []
    for resource_spans in _listed(document, "resourceSpans"):
        resource = _json_resource(resource_spans)
        for scope_spans in _listed(resource_spans, "scopeSpans"):
            spans = _listed(scope_spans, "spans")
            if len(found) + len(spans) > MAX_PARTS:
                raise _too_many()
            found += [_from_json(span, resource) for span in spans]
    return found


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
    except _MALFORMED as error:
        return f"a span is no OTLP JSON ({_first_line(error)})"
    trace_id, span_id = document.get("traceId"), document.get("spanId")
    return _span(span, str(trace_id).lower(), str(span_id).lower(), resource)


def _span(span: WireSpan, trace_id: str, span_id: str, resource: Mapping[str, Any]) -> Span | str:
    if not _TRACE_ID.fullmatch(trace_id) or not _SPAN_ID.fullmatch(span_id):
        return f"span {span.name!r} has no valid trace id and span id (16 and 8 bytes, not zero)"
    failed = span.status.code == Status.STATUS_CODE_ERROR
    return Span(
        trace_id=trace_id,
        span_id=span_id,
        name=span.name,
        started_at=span.start_time_unix_nano * NANO,
        ended_at=span.end_time_unix_nano * NANO,
        attributes={**resource, **_attributes(span.attributes)},
        events=tuple(
            SpanEvent(event.name, event.time_unix_nano * NANO, _attributes(event.attributes))
            for event in span.events
        ),
        error=(span.status.message or "the span's status is an error") if failed else "",
    )


def _attributes(pairs: Iterable[KeyValue]) -> dict[str, Any]:
    return {pair.key: _value(pair.value) for pair in pairs}


def _value(value: AnyValue) -> Any:
    """Recursion is safe: protobuf parses nothing that is nested deeper than 100 levels."""
    kind = value.WhichOneof("value")
    if kind == "array_value":
        return [_value(one) for one in value.array_value.values]
    if kind == "kvlist_value":
        return _attributes(value.kvlist_value.values)
    return None if kind in (None, "bytes_value") else getattr(value, kind)


def _resource_of(raws: Iterable[bytes]) -> dict[str, Any]:
    resource = Resource()
    try:
        for raw in raws:
            resource.MergeFromString(raw)
    except DecodeError as error:
        raise InputError(f"a resource is no valid protobuf ({error}); mend the exporter") from error
    return _attributes(resource.attributes)


def _json_resource(resource_spans: Any) -> dict[str, Any]:
    document = resource_spans.get("resource") or {}
    try:
        resource = ParseDict(document, Resource(), ignore_unknown_fields=True)
    except _MALFORMED as error:
        reason = _first_line(error)
        raise InputError(f"a resource is no OTLP JSON ({reason}); mend the exporter") from error
    return _attributes(resource.attributes)


def _listed(document: Any, name: str) -> list[Any]:
    value = document.get(name) if isinstance(document, dict) else None
    if value is None and isinstance(document, dict):
        return []
    if not isinstance(value, list) or (name != "spans" and not all(map(_is_object, value))):
        raise InputError(f"the export has no list of objects as {name}; send OTLP JSON")
    return value


def _is_object(value: Any) -> bool:
    return isinstance(value, dict)


def _submessages(raw: memoryview, wanted: int, budget: Iterator[int]) -> Iterator[memoryview]:
    return (part for number, part in _parts(raw, budget) if number == wanted)


def _parts(raw: memoryview, budget: Iterator[int]) -> Iterator[tuple[int, memoryview]]:
    """The length-delimited fields of a protobuf message (protobuf.dev, "Encoding")."""
    at = 0
    while at < len(raw):
        if next(budget, None) is None:
            raise _too_many()
        tag, at = _varint(raw, at)
        kind = tag & 7
        if kind == 2:
            size, at = _varint(raw, at)
            if at + size > len(raw):
                raise _no_export()
            yield tag >> 3, raw[at : at + size]
            at += size
        elif kind == 0:
            _, at = _varint(raw, at)
        elif kind in (1, 5):
            at += 8 if kind == 1 else 4
        else:
            raise _no_export()
    if at > len(raw):
        raise _no_export()


def _varint(raw: memoryview, at: int) -> tuple[int, int]:
    """The number that begins at `at`, and where it ends; ten bytes hold 64 bits."""
    value = 0
    for shift, byte in enumerate(raw[at : at + 10]):
        value |= (byte & 0x7F) << (7 * shift)
        if byte < 0x80:
            return value, at + shift + 1
    raise _no_export()


def _no_export() -> InputError:
    return InputError("the body is no ExportTraceServiceRequest; send OTLP traces as protobuf")


def _too_many() -> InputError:
    return InputError(f"the export has more than {MAX_PARTS} parts; send smaller batches")


def _first_line(error: BaseException) -> str:
    return str(error).partition("\n")[0][:200]
