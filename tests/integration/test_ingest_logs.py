"""POST /v1/logs over real HTTP: evaluations as the real exporter sends them, and nothing else."""

import base64
import gzip
from pathlib import Path
from typing import Any

import pytest
from gateway_rig import Answer, Rig, rig
from google.protobuf.json_format import MessageToDict
from opentelemetry._logs import LogRecord
from opentelemetry.exporter.otlp.proto.http._log_exporter import OTLPLogExporter
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import (
    ExportLogsServiceRequest,
    ExportLogsServiceResponse,
)
from opentelemetry.proto.logs.v1.logs_pb2 import LogRecord as WireRecord
from opentelemetry.sdk._logs import LoggerProvider
from opentelemetry.sdk._logs.export import SimpleLogRecordProcessor
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from otlp_rig import BEGAN_NS, SEMCONV, TRACE_ID, inference_of, make_export, make_span, pairs

from understudy.keys import KEY_HEADER
from understudy.records import FeedbackKind, FeedbackSource

PATH = "/v1/logs"
PROTOBUF = "application/x-protobuf"
EVENT = "gen_ai.evaluation.result"
VERDICT = {"gen_ai.evaluation.name": "tone", "gen_ai.evaluation.score.value": 0.75}
OWN = "0199f0a0-1234-7abc-8def-0123456789ab"


def record(number: int = 1, name: str = EVENT, **given: Any) -> WireRecord:
    """An event logged within span `number`; within none where that is 0."""
    return WireRecord(
        event_name=name,
        time_unix_nano=BEGAN_NS,
        attributes=pairs({**VERDICT, **given}),
        trace_id=TRACE_ID if number else b"",
        span_id=number.to_bytes(8, "big") if number else b"",
    )


def export_of(*records: WireRecord) -> ExportLogsServiceRequest:
    export = ExportLogsServiceRequest()
    export.resource_logs.add().scope_logs.add().log_records.extend(records)
    return export


def as_json(export: ExportLogsServiceRequest) -> dict[str, Any]:
    document: dict[str, Any] = MessageToDict(export, use_integers_for_enums=True)
    for one in document["resourceLogs"][0]["scopeLogs"][0]["logRecords"]:
        for name in {"traceId", "spanId"} & one.keys():
            one[name] = base64.b64decode(one[name]).hex()
    return document


def send(running: Rig, *records: WireRecord, **headers: str) -> Answer:
    body = export_of(*records).SerializeToString()
    return running.post(PATH, body, **{"content_type": PROTOBUF, **headers})


def told(answer: Answer) -> Any:
    return ExportLogsServiceResponse.FromString(answer.body).partial_success


def test_the_real_exporter_delivers_an_evaluation_of_its_span(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    with rig(tmp_path) as running:
        headers = {KEY_HEADER: running.key}
        spans = TracerProvider(shutdown_on_exit=False)
        traces = OTLPSpanExporter(f"{running.url}/v1/traces", headers=headers)
        spans.add_span_processor(SimpleSpanProcessor(traces))
        logs = LoggerProvider(shutdown_on_exit=False)
        exporter = OTLPLogExporter(f"{running.url}{PATH}", headers=headers)
        logs.add_log_record_processor(SimpleLogRecordProcessor(exporter))
        with spans.get_tracer("tickets").start_as_current_span("chat") as chat:
            chat.set_attributes({**SEMCONV, "understudy.function": "classify"})
            # Before its span has ended: the evaluation comes first.
            event = LogRecord(timestamp=BEGAN_NS, event_name=EVENT, attributes=VERDICT)
            logs.get_logger("judge").emit(event)
        logs.shutdown()
        spans.shutdown()
        (inference,), (feedback,) = running.store.find_inferences(), running.store.find_feedback()
    assert feedback.inference == inference.id
    assert (feedback.name, feedback.kind, feedback.value) == ("tone", FeedbackKind.FLOAT, 0.75)
    assert (feedback.source, feedback.created_at) == (FeedbackSource.JUDGE, BEGAN_NS / 1e9)


def test_a_resend_in_any_encoding_adds_nothing(tmp_path: Path) -> None:
    export = export_of(record(1), record(2))
    packed = gzip.compress(export.SerializeToString())
    with rig(tmp_path) as running:
        answers = [
            send(running, record(1), record(2)),
            running.post(PATH, packed, content_type=PROTOBUF, content_encoding="gzip"),
            running.post(PATH, as_json(export)),
        ]
        feedback = running.store.find_feedback()
    assert [(one.status, one.body) for one in answers] == [(200, b""), (200, b""), (200, b"{}")]
    assert [one.inference for one in feedback] == [inference_of(1), inference_of(2)]


def test_an_evaluation_may_name_an_answer_of_the_gateway_instead_of_a_span(tmp_path: Path) -> None:
    with rig(tmp_path) as running:
        answer = send(
            running,
            record(0, **{"gen_ai.response.id": f"msg_{OWN}"}),
            record(3, "", **{"event.name": EVENT}),
            record(0, **{"gen_ai.response.id": "msg_7"}),
        )
        feedback = running.store.find_feedback()
    assert [one.inference for one in feedback] == [OWN, inference_of(3)]
    assert told(answer).rejected_log_records == 1
    assert "names no answer of this gateway" in told(answer).error_message


def test_whatever_else_is_logged_is_counted_and_not_taken(tmp_path: Path) -> None:
    secret = "sk-ant-abcdefghijklmnopqrst"
    others = [record(1, ""), record(1, "gen_ai.choice"), record(1, f"{EVENT}s", note=secret)]
    nameless = WireRecord(event_name=EVENT, trace_id=TRACE_ID, span_id=b"12345678")
    broke = record(1, **{"error.type": "timeout"})
    leaking = record(2, **{"gen_ai.evaluation.explanation": f"leaks {secret}"})
    with rig(tmp_path) as running:
        answer = send(running, *others, nameless, broke, leaking)
        plain = running.post(PATH, as_json(export_of(*others)))
        feedback, inferences = running.store.find_feedback(), running.store.count_inferences()
    assert told(answer).rejected_log_records == 4
    assert "3 x no gen_ai.evaluation.result" in told(answer).error_message
    assert "no gen_ai.evaluation.name" in told(answer).error_message
    assert plain.json["partialSuccess"]["rejectedLogRecords"] == "3"
    assert {one.name for one in feedback} == {"tone", "tone.explanation"}
    assert secret not in repr(feedback)
    assert inferences == 0


@pytest.mark.parametrize(
    ("body", "kind", "status", "words"),
    [
        (b"\xff" * 50, PROTOBUF, 400, "no ExportLogsServiceRequest; send OTLP logs"),
        (b"[]", "application/json", 400, "resourceLogs"),
        (b'{"resourceLogs": [7]}', "application/json", 400, "list of objects as resourceLogs"),
        (b"", "text/plain", 415, "send content-type"),
        (make_export(make_span(SEMCONV)).SerializeToString() + b"\x0a", PROTOBUF, 400, "logs"),
    ],
)
def test_a_body_that_is_no_log_export_is_refused(
    tmp_path: Path, body: bytes, kind: str, status: int, words: str
) -> None:
    with rig(tmp_path) as running:
        answer = running.post(PATH, body, content_type=kind)
    assert answer.status == status
    assert words.encode() in answer.body


def test_a_broken_record_is_told_and_costs_nothing_else(tmp_path: Path) -> None:
    document = as_json(export_of(record(1), record(2), record(3)))
    records = document["resourceLogs"][0]["scopeLogs"][0]["logRecords"]
    records[0], records[1]["attributes"] = "record", 7
    with rig(tmp_path) as running:
        answer = running.post(PATH, document)
        (feedback,) = running.store.find_feedback()
    assert answer.json["partialSuccess"]["rejectedLogRecords"] == "2"
    assert feedback.inference == inference_of(3)
