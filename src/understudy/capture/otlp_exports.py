"""OTLP exports of any signal (protobuf, or OTLP's own JSON), walked down to single records.

Refuses a body that is no export of its signal. What a record holds is read elsewhere.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from google.protobuf.json_format import ParseDict, ParseError
from google.protobuf.message import DecodeError
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, KeyValue
from opentelemetry.proto.resource.v1.resource_pb2 import Resource

from understudy.errors import InputError

NANO = 1e-9
MAX_PARTS = 100_000
TRACE_ID = re.compile(r"(?!0{32})[0-9a-f]{32}")
SPAN_ID = re.compile(r"(?!0{16})[0-9a-f]{16}")
MALFORMED = (ParseError, TypeError, ValueError, AttributeError, KeyError, RecursionError)

Attributes = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Signal:
    """What an export of it is called, what it carries, and its three levels in JSON."""

    request: str
    content: str
    levels: tuple[str, str, str]


TRACES = Signal("ExportTraceServiceRequest", "traces", ("resourceSpans", "scopeSpans", "spans"))
LOGS = Signal("ExportLogsServiceRequest", "logs", ("resourceLogs", "scopeLogs", "logRecords"))


class _TornError(Exception):
    """The bytes are no protobuf message."""


def walk_protobuf(body: bytes, signal: Signal) -> Iterator[tuple[memoryview, Attributes]]:
    """Each record, unparsed, and the attributes of its resource.

    The three outer levels are walked here and each record is parsed alone: parsed as a whole, a
    body of empty ones would take 80 times its size in memory, and one bad record would cost all.
    """
    budget = iter(range(MAX_PARTS))
    try:
        for of_resource in _submessages(memoryview(body), 1, budget):
            parts = list(_parts(of_resource, budget))
            resource = _resource_of(bytes(part) for number, part in parts if number == 1)
            for of_scope in (part for number, part in parts if number == 2):
                for record in _submessages(of_scope, 2, budget):
                    yield record, resource
    except _TornError as error:
        raise InputError(
            f"the body is no {signal.request}; send OTLP {signal.content} as protobuf"
        ) from error


def walk_json(document: Any, signal: Signal) -> Iterator[tuple[Any, Attributes]]:
    """The same of OTLP's JSON encoding: hex ids, camelCase, 64-bit integers as text."""
    left = MAX_PARTS
    outer, middle, inner = signal.levels
    for of_resource in _objects(document, outer):
        resource = _json_resource(of_resource)
        for of_scope in _objects(of_resource, middle):
            records = _listed(of_scope, inner)
            left -= len(records)
            if left < 0:
                raise _too_many()
            for record in records:
                yield record, resource


def attributes_of(pairs: Iterable[KeyValue]) -> dict[str, Any]:
    return {pair.key: _value(pair.value) for pair in pairs}


def _value(value: AnyValue) -> Any:
    """Recursion is safe: protobuf parses nothing that is nested deeper than 100 levels."""
    kind = value.WhichOneof("value")
    if kind == "array_value":
        return [_value(one) for one in value.array_value.values]
    if kind == "kvlist_value":
        return attributes_of(value.kvlist_value.values)
    return None if kind in (None, "bytes_value") else getattr(value, kind)


def first_line(error: BaseException) -> str:
    return str(error).partition("\n")[0][:200]


def _resource_of(raws: Iterable[bytes]) -> dict[str, Any]:
    resource = Resource()
    try:
        for raw in raws:
            resource.MergeFromString(raw)
    except DecodeError as error:
        raise InputError(f"a resource is no valid protobuf ({error}); mend the exporter") from error
    return attributes_of(resource.attributes)


def _json_resource(of_resource: Any) -> dict[str, Any]:
    document = of_resource.get("resource") or {}
    try:
        resource = ParseDict(document, Resource(), ignore_unknown_fields=True)
    except MALFORMED as error:
        reason = first_line(error)
        raise InputError(f"a resource is no OTLP JSON ({reason}); mend the exporter") from error
    return attributes_of(resource.attributes)


def _listed(document: Any, name: str) -> list[Any]:
    value = document.get(name) if isinstance(document, dict) else None
    if value is None and isinstance(document, dict):
        return []
    if not isinstance(value, list):
        raise _no_list(name)
    return value


def _objects(document: Any, name: str) -> list[dict[str, Any]]:
    found = _listed(document, name)
    if not all(isinstance(one, dict) for one in found):
        raise _no_list(name)
    return found


def _no_list(name: str) -> InputError:
    return InputError(f"the export has no list of objects as {name}; send OTLP JSON")


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
                raise _TornError
            yield tag >> 3, raw[at : at + size]
            at += size
        elif kind == 0:
            _, at = _varint(raw, at)
        elif kind in (1, 5):
            at += 8 if kind == 1 else 4
        else:
            raise _TornError
    if at > len(raw):
        raise _TornError


def _varint(raw: memoryview, at: int) -> tuple[int, int]:
    """The number that begins at `at`, and where it ends; ten bytes hold 64 bits."""
    value = 0
    for shift, byte in enumerate(raw[at : at + 10]):
        value |= (byte & 0x7F) << (7 * shift)
        if byte < 0x80:
            return value, at + shift + 1
    raise _TornError


def _too_many() -> InputError:
    return InputError(f"the export has more than {MAX_PARTS} parts; send smaller batches")
