"""POST /v1/traces over real HTTP: the real OpenTelemetry exporter, resends, and hostile bodies."""

import gzip
from collections.abc import Iterator
from pathlib import Path

import pytest
from gateway_rig import Answer, Rig, rig
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from opentelemetry.exporter.otlp.proto.http import Compression
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import (
    ExportTracePartialSuccess,
    ExportTraceServiceResponse,
)
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from otlp_rig import (
    ANSWER,
    DIALECTS,
    MODEL,
    SEMCONV,
    THOUGHT,
    as_json,
    inference_of,
    make_export,
    make_span,
)

from understudy.keys import KEY_HEADER

PATH = "/v1/traces"
PROTOBUF = "application/x-protobuf"
LIMIT = 200_000
GOOD = make_export(*DIALECTS.values(), make_span({"http.request.method": "GET"}, number=9))


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Rig]:
    with rig(tmp_path_factory.mktemp("ingest"), server={"max_body_bytes": LIMIT}) as made:
        yield made


def send(running: Rig, body: bytes, **headers: str) -> Answer:
    return running.post(PATH, body, **{"content_type": PROTOBUF, **headers})


def refusal(answer: Answer) -> str:
    if answer.headers["content-type"] == PROTOBUF:
        return ExportTracePartialSuccess.FromString(answer.body).error_message
    return str(answer.json["error"])


@pytest.mark.parametrize("compression", [Compression.NoCompression, Compression.Gzip])
def test_the_real_exporter_delivers_its_spans(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, compression: Compression
) -> None:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    resource = Resource({"understudy.function": "escalate"})
    with rig(tmp_path) as running:
        exporter = OTLPSpanExporter(
            f"{running.url}{PATH}", headers={KEY_HEADER: running.key}, compression=compression
        )
        provider = TracerProvider(resource=resource, shutdown_on_exit=False)
        provider.add_span_processor(SimpleSpanProcessor(exporter))
        tracer = provider.get_tracer("tickets")
        with tracer.start_as_current_span("handle"), tracer.start_as_current_span("chat") as chat:
            chat.set_attributes(SEMCONV)
            verdict = {"gen_ai.evaluation.name": "tone", "gen_ai.evaluation.score.value": 0.75}
            chat.add_event("gen_ai.evaluation.result", verdict)
        provider.shutdown()
        (inference,), (trace,) = running.store.find_inferences(), running.store.find_traces()
        (feedback,) = running.store.find_feedback()

    context = chat.get_span_context()
    assert inference.id == f"otlp-{context.trace_id:032x}-{context.span_id:016x}"
    assert (inference.function, inference.completion.answer) == ("escalate", ANSWER)
    assert (trace.inference, trace.thinking) == (inference.id, THOUGHT)
    assert (feedback.inference, feedback.name, feedback.value) == (inference.id, "tone", 0.75)


def test_a_resend_in_any_encoding_adds_nothing(tmp_path: Path) -> None:
    spans = [make_span(SEMCONV, number=number) for number in range(1, 4)]
    export = make_export(*spans)
    with rig(tmp_path) as running:
        answers = [
            send(running, export.SerializeToString()),
            send(running, gzip.compress(export.SerializeToString()), content_encoding="gzip"),
            running.post(PATH, as_json(export)),
        ]
        counts = (running.store.count_inferences(), running.store.count_traces())
        thumb = {"kind": "boolean", "name": "rating", "value": True, "inference": inference_of(2)}
        rated = running.post("/v1/feedback", thumb)
    assert [one.status for one in answers] == [200, 200, 200]
    assert [one.body for one in answers] == [b"", b"", b"{}"]
    kinds = [one.headers["content-type"] for one in answers]
    assert kinds == [PROTOBUF, PROTOBUF, "application/json"]
    assert counts == (3, 3)
    assert rated.json["inserted"] == 1


def test_a_broken_span_is_told_in_the_encoding_of_the_request(tmp_path: Path) -> None:
    export = make_export(make_span(SEMCONV), make_span(MODEL, number=2), make_span({}, number=3))
    with rig(tmp_path) as running:
        binary = send(running, export.SerializeToString())
        plain = running.post(PATH, as_json(export))
        stored = running.store.count_inferences()
    told = ExportTraceServiceResponse.FromString(binary.body).partial_success
    assert (binary.status, plain.status, stored) == (200, 200, 1)
    assert told.rejected_spans == 1
    assert "CAPTURE_MESSAGE_CONTENT=true" in told.error_message
    success = {"rejectedSpans": "1", "errorMessage": told.error_message}
    assert plain.json == {"partialSuccess": success}


BOMB = gzip.compress(b"\x00" * 10 * LIMIT, mtime=0)
BAD: list[tuple[bytes, dict[str, str], int, str]] = [
    (b"\xff" * 50, {}, 400, "no ExportTraceServiceRequest"),
    (b"[]", {"content_type": "application/json"}, 400, "resourceSpans"),
    (b"{", {"content_type": "application/json"}, 400, "no JSON"),
    (b"[" * 50_000, {"content_type": "application/json"}, 400, "no JSON"),
    (b"", {"content_type": "text/plain"}, 415, "send content-type"),
    (b"", {"content_type": "application/grpc"}, 415, "send content-type"),
    (b"x", {"content_encoding": "zstd"}, 415, "send gzip or none"),
    (b"xy", {"content_encoding": "gzip"}, 400, "no gzip"),
    (gzip.compress(b"", mtime=0)[:-4], {"content_encoding": "gzip"}, 400, "one whole gzip member"),
    (gzip.compress(b"", mtime=0) * 2, {"content_encoding": "gzip"}, 400, "one whole gzip member"),
    (BOMB, {"content_encoding": "gzip"}, 413, "send smaller batches"),
    (b"\x00" * (LIMIT + 1), {}, 413, "send less"),
    (b"\x0a\x00" * 100_001, {"content_encoding": ""}, 413, "send less"),
]


@pytest.mark.parametrize(
    ("body", "headers", "status", "words"), BAD, ids=[str(at) for at in range(len(BAD))]
)
def test_a_hostile_body_is_refused_in_one_sentence(
    running: Rig, body: bytes, headers: dict[str, str], status: int, words: str
) -> None:
    answer = send(running, body, **headers)
    assert answer.status == status
    assert words in refusal(answer)
    assert running.store.count_inferences() == 0


WHOLE = GOOD.SerializeToString()
ENCODED = gzip.compress(WHOLE)


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    body=st.binary(max_size=300)
    | st.builds(lambda cut: ENCODED[:cut], st.integers(0, len(ENCODED) - 1))
    | st.binary(max_size=100).map(gzip.compress),
    kind=st.sampled_from([PROTOBUF, "application/json", "text/html", ""]),
    coding=st.sampled_from(["", "gzip", "deflate", "identity"]),
)
def test_whatever_comes_is_refused_or_empty_and_never_a_server_error(
    running: Rig, body: bytes, kind: str, coding: str
) -> None:
    answer = send(running, body, content_type=kind, content_encoding=coding)
    assert answer.status in (200, 400, 413, 415)
    assert answer.status == 200 or ";" in refusal(answer) or "send " in refusal(answer)
    assert running.store.count_inferences() == 0
