"""Importing what an OpenTelemetry collector's file exporter wrote: one export a line."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import orjson
import pytest
from gateway_rig import TICKETS
from otlp_rig import MODEL, SEMCONV, as_json, inference_of, make_export, make_span

from understudy.capture.importers import BATCH_RECORDS, import_file
from understudy.capture.importing import ImportReport
from understudy.config import Config
from understudy.errors import InputError
from understudy.store import Store, open_store


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with open_store(tmp_path / "data") as opened:
        yield opened


def load(path: Path, store: Store, *rows: Any) -> ImportReport:
    path.write_bytes(b"".join(orjson.dumps(row) + b"\n" for row in rows))
    return import_file(path, store, TICKETS, Config())


def line(*numbers: int, **more: Any) -> dict[str, Any]:
    return as_json(make_export(*(make_span({**SEMCONV, **more}, number=n) for n in numbers)))


def test_every_call_of_every_line_becomes_a_record_once(store: Store, tmp_path: Path) -> None:
    path = tmp_path / "spans.jsonl"
    first = load(path, store, line(1, 2), line(3))
    again = load(path, store, line(1, 2), line(3), line(4))

    assert (first.format, first.imported, first.known) == ("OTLP spans", 3, 0)
    assert first.by_kind == {"inferences": 3, "failed": 0, "feedback": 0, "traces": 3}
    assert (again.imported, again.known) == (1, 3)
    assert store.find_inference(inference_of(4)) is not None


def test_broken_spans_are_told_with_their_line_and_others_counted(
    store: Store, tmp_path: Path
) -> None:
    mixed = as_json(make_export(make_span(MODEL), make_span({}, number=2), make_span(SEMCONV)))
    report = load(tmp_path / "spans.jsonl", store, line(7), mixed, {"resourceSpans": 7})

    assert (report.imported, [number for number, _ in report.skipped]) == (2, [2, 3])
    assert "carries no messages" in report.skipped[0][1]
    assert report.notes[0].startswith("1 other spans are no LLM calls")


def test_long_lines_are_stored_in_batches_of_records(store: Store, tmp_path: Path) -> None:
    path = tmp_path / "spans.jsonl"
    rows = [line(*range(at, at + 200)) for at in range(1, 801, 200)]
    path.write_bytes(b"".join(orjson.dumps(row) + b"\n" for row in rows))
    stored: list[int] = []

    def count(_lines: int, _end: int) -> None:
        stored.append(store.count_inferences())

    import_file(path, store, TICKETS, Config(), on_progress=count)
    assert BATCH_RECORDS == 500
    assert stored == [600, 800]


def test_a_file_without_any_call_is_refused_in_one_sentence(store: Store, tmp_path: Path) -> None:
    others = as_json(make_export(make_span({"http.route": "/"})))
    with pytest.raises(InputError, match=r"its 1 spans are no LLM calls.*OpenInference"):
        load(tmp_path / "spans.jsonl", store, others)
