"""OTLP bodies become spans: protobuf and JSON alike, a broken span costs itself alone."""

import contextlib
from collections.abc import Callable
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st
from otlp_rig import SEMCONV, TRACE_ID, as_json, make_export, make_span

from understudy.capture import otlp, otlp_exports
from understudy.capture.otlp import Span, decode_json, decode_protobuf
from understudy.errors import InputError

EXPORT = make_export(make_span(SEMCONV, [("e", {"n": 1})]), make_span({}, number=2, error="no"))


def test_protobuf_and_json_give_the_same_spans() -> None:
    spans = decode_protobuf(EXPORT.SerializeToString())
    assert spans == decode_json(orjson.loads(orjson.dumps(as_json(EXPORT))))

    first, second = spans
    assert isinstance(first, Span)
    assert isinstance(second, Span)
    assert (first.trace_id, first.span_id) == (TRACE_ID.hex(), "0000000000000001")
    assert first.ended_at - first.started_at == pytest.approx(1.5)
    assert first.attributes["service.name"] == "tickets"
    assert first.attributes["gen_ai.response.finish_reasons"] == ["stop"]
    assert (first.events[0].attributes, first.error, second.error) == ({"n": 1}, "", "no")


def test_a_broken_span_is_told_and_costs_nothing_else() -> None:
    export = make_export(make_span({}), make_span({}))
    export.resource_spans[0].scope_spans[0].spans[0].trace_id = b"short"
    document = as_json(make_export(*(make_span({}, number=n) for n in (1, 2, 3, 4))))
    spans = document["resourceSpans"][0]["scopeSpans"][0]["spans"]
    spans[0]["attributes"] = 7
    spans[1]["traceId"] = "0" * 32
    spans[2] = "span"

    broken, whole = decode_protobuf(export.SerializeToString())
    told = decode_json(document)
    assert isinstance(broken, str)
    assert "no valid trace id" in broken
    assert isinstance(whole, Span)
    assert isinstance(told[3], Span)
    for reason, words in zip(told, ("no OTLP JSON", "trace id", "no JSON object"), strict=False):
        assert isinstance(reason, str)
        assert words in reason


def test_what_is_unknown_is_passed_over() -> None:
    document = as_json(EXPORT) | {"future": [1]}
    document["resourceSpans"][0]["scopeSpans"][0]["spans"][0]["future"] = {"a": None}
    assert len(decode_json(document)) == 2
    later = EXPORT.SerializeToString() + b"\x7a\x01x" + b"\x70\x05" + b"\x75abcd"
    assert len(decode_protobuf(later)) == 2


def test_a_flood_of_empty_parts_is_refused_before_it_takes_memory() -> None:
    for flood in (b"\x0a\x00", b"\x70\x05"):
        with pytest.raises(InputError, match="send smaller batches"):
            decode_protobuf(flood * (otlp_exports.MAX_PARTS + 1))
    spans = {"resourceSpans": [{"scopeSpans": [{"spans": [{}] * (otlp_exports.MAX_PARTS + 1)}]}]}
    with pytest.raises(InputError, match="send smaller batches"):
        decode_json(spans)


def test_a_huge_span_is_told_and_not_parsed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(otlp, "MAX_SPAN_BYTES", 100)
    (told,) = decode_protobuf(make_export(make_span({"a": "x" * 200})).SerializeToString())
    assert isinstance(told, str)
    assert "larger than 100 bytes" in told


def test_nesting_without_end_is_told() -> None:
    value: dict[str, Any] = {"stringValue": "x"}
    for _ in range(400):
        value = {"arrayValue": {"values": [value]}}
    document = as_json(make_export(make_span({})))
    document["resourceSpans"][0]["scopeSpans"][0]["spans"][0]["attributes"] = [
        {"key": "deep", "value": value}
    ]
    (told,) = decode_json(document)
    assert isinstance(told, str)

    raw = b"\x0a\x01x"
    for _ in range(400):
        raw = _wrap(b"\x2a", _wrap(b"\x0a", raw))
    deep = _wrap(b"\x4a", b"\x0a\x01k" + _wrap(b"\x12", raw))
    (told,) = decode_protobuf(_wrap(b"\x0a", _wrap(b"\x12", _wrap(b"\x12", deep))))
    assert isinstance(told, str)
    assert "no valid protobuf" in told


def spans_of(decode: Callable[[Any], list[Span | str]], body: Any) -> list[Span]:
    """None where the body is refused; nothing but InputError may come of it."""
    with contextlib.suppress(InputError):
        return [one for one in decode(body) if isinstance(one, Span)]
    return []


@given(st.binary(max_size=200))
def test_random_bytes_are_refused_or_hold_nothing(body: bytes) -> None:
    assert spans_of(decode_protobuf, body) == []


@given(st.integers(0, 10_000), st.binary(min_size=1, max_size=4))
def test_a_damaged_export_never_breaks_the_decoder(at: int, damage: bytes) -> None:
    body = bytearray(EXPORT.SerializeToString())
    place = at % len(body)
    body[place : place + len(damage)] = damage
    for damaged in (bytes(body), bytes(body[:place])):
        assert len(spans_of(decode_protobuf, damaged)) <= 2


_LEAVES = st.none() | st.booleans() | st.integers(-(2**63), 2**64) | st.floats() | st.text()
_FIELDS = [
    "resource",
    "attributes",
    "key",
    "value",
    "stringValue",
    "intValue",
    "arrayValue",
    "values",
    "kvlistValue",
]
_FIELDS += ["name", "events", "status", "code", "startTimeUnixNano", "traceId", "spanId"]
_TREES = st.recursive(
    _LEAVES,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(_FIELDS),
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
)


@given(_TREES, _TREES)
def test_any_json_is_refused_or_told(resource: Any, span: Any) -> None:
    for document in (
        resource,
        {"resourceSpans": resource},
        {"resourceSpans": [{"resource": resource, "scopeSpans": [{"spans": [span]}]}]},
        {"resourceSpans": [{"scopeSpans": span}]},
    ):
        assert spans_of(decode_json, document) == []


def _wrap(tag: bytes, inner: bytes) -> bytes:
    size, length = len(inner), b""
    while size > 127:
        length += bytes([size & 127 | 128])
        size >>= 7
    return tag + length + bytes([size]) + inner
