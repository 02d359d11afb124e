"""The original system's log and traces, as they were written."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import orjson
import pytest
from import_rig import SHARED, shared, write_lines
from record_builders import find_experiences

from commandcenter.application import APPLICATION as COMMAND_CENTER
from understudy.capture.importers import import_file
from understudy.config import Config, Teacher
from understudy.curate.dataset import build_dataset
from understudy.errors import InputError
from understudy.records import (
    InferenceStatus,
    ReasoningKind,
)
from understudy.store import Store, open_store


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with open_store(tmp_path / "data") as opened:
        yield opened


def log_row(question: str, plan: Any, **changes: Any) -> dict[str, Any]:
    return {
        "question": question,
        "sent_at": "2026-01-31T15:08:47",
        "episode_id": f"e-{question}",
        "intent": {"type": "query", "confidence": 0.7},
        "plan": plan,
        "total_ms": 1500,
        "error": None if plan else "HTTP 500",
        **changes,
    }


def test_a_logged_request_becomes_an_inference(store: Store, tmp_path: Path) -> None:
    rows = [log_row("a", {"heading": "A", "widgets": []}), log_row("b", None)]
    path = write_lines(tmp_path / "log.jsonl", *rows)

    report = import_file(path, store, COMMAND_CENTER, Config())

    assert report.by_kind == {"inferences": 2, "failed": 1, "feedback": 2, "traces": 1}
    by_status = {one.status: one for one in store.find_inferences(function="select_widgets")}
    good, bad = by_status[InferenceStatus.COMPLETE], by_status[InferenceStatus.FAILED]
    assert orjson.loads(good.completion.answer) == {"heading": "A", "widgets": []}
    assert (good.latency_s, good.completion.reasoning_kind) == (1.5, ReasoningKind.OMITTED)
    assert (bad.error, bad.completion.answer) == ("HTTP 500", "")
    build = COMMAND_CENTER.functions["select_widgets"].build_prompt
    assert good.prompt == build({"question": "a"})
    (experience,) = [
        one for one in find_experiences(store, Config()) if one.inference.id == good.id
    ]
    assert experience.reward.components["intent_confidence"] == pytest.approx(0.04)


@shared
def test_the_two_real_traces_are_imported(store: Store, tmp_path: Path) -> None:
    config = Config(data_dir=tmp_path, teacher=Teacher(training_permission="narrow_only"))
    report = import_file(SHARED / "claude_traces.jsonl", store, COMMAND_CENTER, config)

    assert (report.imported, report.skipped) == (2, [])
    question, rendered = sorted(store.find_traces(), key=lambda one: len(one.answer))
    assert question.reasoning_kind is ReasoningKind.SUMMARY
    assert question.prompt.system.startswith("select_widgets v1")
    assert rendered.reasoning_kind is ReasoningKind.OMITTED
    assert rendered.prompt.system == ""
    with pytest.raises(InputError, match="of 2 found, "):
        build_dataset(store, COMMAND_CENTER, config, ["select_widgets"], created_at=1.0)


@shared
def test_the_real_log_is_imported_whole(store: Store) -> None:
    report = import_file(SHARED / "operator_log.jsonl", store, COMMAND_CENTER, Config())

    assert (report.imported, report.skipped) == (244, [])
    assert report.by_kind == {"inferences": 244, "failed": 110, "feedback": 134, "traces": 134}
    assert report.notes == [
        "134 answers do not fit today's schema of select_widgets; they are kept, and a dataset "
        "leaves them out"
    ]
    failed = [one for one in store.find_inferences() if one.status is InferenceStatus.FAILED]
    assert len(failed) == 110
    again = import_file(SHARED / "operator_log.jsonl", store, COMMAND_CENTER, Config())
    assert (again.imported, again.known) == (0, 244)
