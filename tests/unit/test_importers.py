"""Importing: the format follows from the lines, a broken line costs itself, twice is once."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import orjson
import pytest
from import_rig import write_lines
from record_builders import APPLICATION, TICKETS, ticket_answer, ticket_prompt

from understudy.capture.importers import import_file
from understudy.capture.importing import ImportReport
from understudy.config import Config, Teacher
from understudy.curate.dataset import build_dataset
from understudy.curate.eligibility import effective_permission
from understudy.errors import InputError, PermissionRefusedError
from understudy.records import (
    ReasoningKind,
    Trace,
    TraceSource,
    TrainingPermission,
)
from understudy.store import Store, open_store


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with open_store(tmp_path / "data") as opened:
        yield opened


def load(path: Path, store: Store) -> ImportReport:
    return import_file(path, store, APPLICATION, Config())


def trace_row(question: str = "It crashes", **changes: Any) -> dict[str, Any]:
    return {
        "trace_id": f"t-{question}",
        "prompt": question,
        "timestamp": "2026-02-08T20:01:20.5",
        "claude_thinking": "A crash is a bug.",
        "claude_answer": ticket_answer(),
        "claude_stop_reason": "success",
        "claude_input_tokens": 140,
        "claude_output_tokens": 50,
        "claude_model": "claude-haiku-4-5",
        **changes,
    }


def only_trace(store: Store) -> Trace:
    (trace,) = store.find_traces()
    return trace


def test_an_original_trace_becomes_a_trace(store: Store, tmp_path: Path) -> None:
    report = load(write_lines(tmp_path / "t.jsonl", trace_row()), store)

    trace = only_trace(store)
    assert (report.format, report.imported, report.skipped) == ("traces.jsonl", 1, [])
    assert trace.prompt == ticket_prompt({"question": "It crashes"})
    assert (trace.thinking, trace.answer) == ("A crash is a bug.", ticket_answer())
    assert (trace.function, trace.teacher) == (TICKETS.name, "claude-haiku-4-5")
    assert trace.source is TraceSource.IMPORTED
    assert trace.usage.input_tokens == 140
    assert trace.created_at == pytest.approx(1770580880.5)


def test_a_trace_without_thinking_teaches_its_answer_alone(store: Store, tmp_path: Path) -> None:
    load(write_lines(tmp_path / "t.jsonl", trace_row(claude_thinking="")), store)
    assert only_trace(store).reasoning_kind is ReasoningKind.OMITTED


def test_nothing_imported_is_open_by_itself(store: Store, tmp_path: Path) -> None:
    scripted = Config(data_dir=tmp_path, teacher=Teacher(kind="scripted"))
    path = write_lines(tmp_path / "t.jsonl", trace_row())
    import_file(path, store, APPLICATION, scripted)

    assert only_trace(store).training_permission is TrainingPermission.NONE
    with pytest.raises(PermissionRefusedError, match="claude-haiku-4-5"):
        build_dataset(store, APPLICATION, scripted, [TICKETS.name], created_at=1.0)


OPEN_MODEL = Teacher(kind="openai", base_url="http://there", training_permission="open")
MIXED = Teacher(kind="openai", base_url="http://there", training_permission="narrow_only")


@pytest.mark.parametrize(
    ("model", "teacher", "permission"),
    [
        ("claude-sonnet-4-5", OPEN_MODEL, TrainingPermission.NONE),
        ("us.anthropic.claude-sonnet-4-5-v1:0", OPEN_MODEL, TrainingPermission.NONE),
        (None, OPEN_MODEL, TrainingPermission.NONE),
        ("claude-sonnet-4-5", MIXED, TrainingPermission.NONE),
        ("gpt-5", OPEN_MODEL, TrainingPermission.NONE),
        ("gpt-5", MIXED, TrainingPermission.NARROW_ONLY),
        ("gpt-5", Teacher(training_permission="written_permission"), TrainingPermission.NONE),
        ("qwen3", OPEN_MODEL, TrainingPermission.OPEN),
        ("openai/gpt-oss-20b", OPEN_MODEL, TrainingPermission.OPEN),
        (
            "claude-3-opus",
            Teacher(training_permission="narrow_only"),
            TrainingPermission.NARROW_ONLY,
        ),
    ],
)
def test_a_permission_covers_the_models_of_the_maker_that_gave_it(
    store: Store,
    tmp_path: Path,
    model: str | None,
    teacher: Teacher,
    permission: TrainingPermission,
) -> None:
    config = Config(data_dir=tmp_path, teacher=teacher)
    path = write_lines(tmp_path / "t.jsonl", trace_row(claude_model=model))
    import_file(path, store, APPLICATION, config)

    trace = only_trace(store)
    assert trace.training_permission is permission
    assert effective_permission(trace, config) is permission


@pytest.mark.parametrize(
    ("model", "kind"),
    [("claude-3-7-sonnet", ReasoningKind.RAW), ("qwen3", ReasoningKind.RAW)]
    + [(name, ReasoningKind.SUMMARY) for name in ("claude-haiku-4-5", "gpt-5", None)],
)
def test_imported_reasoning_is_what_its_model_shows(
    store: Store, tmp_path: Path, model: str | None, kind: ReasoningKind
) -> None:
    load(write_lines(tmp_path / "t.jsonl", trace_row(claude_model=model)), store)
    assert only_trace(store).reasoning_kind is kind


def test_a_rendered_prompt_stays_as_it_is(store: Store, tmp_path: Path) -> None:
    load(write_lines(tmp_path / "t.jsonl", trace_row("Rules:\n1. sort\n\nIt crashes")), store)
    prompt = only_trace(store).prompt
    assert (prompt.system, prompt.messages[0].content) == ("", "Rules:\n1. sort\n\nIt crashes")


def test_importing_twice_adds_nothing(store: Store, tmp_path: Path) -> None:
    path = write_lines(tmp_path / "t.jsonl", trace_row("a"), trace_row("b"))
    first = load(path, store)
    os.utime(path, (1, 1))
    second = load(path, store)
    assert (first.imported, first.known) == (2, 0)
    assert (second.imported, second.known, second.by_kind["traces"]) == (0, 2, 0)
    assert store.count_traces() == 2


def test_broken_lines_are_named_and_cost_nothing_else(store: Store, tmp_path: Path) -> None:
    path = write_lines(
        tmp_path / "t.jsonl",
        trace_row("one"),
        b'{"trace_id": "cut',
        b"",
        b"[1, 2]",
        b'{"prompt": "\xff\xfe", "claude_answer": "x"}',
        {"prompt": "no answer"},
        trace_row("two", prompt=7),
        trace_row("three", claude_answer=" "),
        trace_row("four", timestamp="yesterday"),
        trace_row("five"),
    )
    report = load(path, store)

    assert report.imported == 2
    assert [number for number, _ in report.skipped] == [2, 4, 5, 6, 7, 8, 9]
    reasons = dict(report.skipped)
    assert "no valid JSON" in reasons[2]
    assert "no JSON object" in reasons[4]
    assert "no valid JSON" in reasons[5]
    assert "lacks the column claude_answer" in reasons[6]
    assert "prompt is int, not text" in reasons[7]
    assert "claude_answer is empty" in reasons[8]
    assert "yesterday" in reasons[9]


def test_a_count_beyond_all_counts_and_a_time_beyond_all_times_cost_no_other_line(
    store: Store, tmp_path: Path
) -> None:
    rows = [
        trace_row("one", claude_input_tokens=1e300, claude_output_tokens=2**63),
        *(trace_row("late", timestamp=time) for time in (1e300, 1.7e12, -1e12)),
        trace_row("two", timestamp=1.7e9),
    ]
    report = load(write_lines(tmp_path / "t.jsonl", *rows), store)
    assert [(line, "seconds since 1970" in why) for line, why in report.skipped] == [
        (2, True),
        (3, True),
        (4, True),
    ]
    one, two = sorted(store.find_traces(), key=lambda trace: trace.family)
    assert (one.usage.input_tokens, one.usage.output_tokens) == (2**63 - 1, 2**63 - 1)
    assert two.created_at == 1.7e9


def test_a_file_cut_off_in_its_last_line_says_so(store: Store, tmp_path: Path) -> None:
    path = write_lines(tmp_path / "t.jsonl", trace_row("one"), trace_row("two"))
    path.write_bytes(path.read_bytes()[:-30])
    report = load(path, store)
    assert report.imported == 1
    assert report.skipped[0][0] == 2
    assert "the file ends in the middle of it" in report.skipped[0][1]


def test_windows_line_ends_and_a_byte_order_mark_do_no_harm(store: Store, tmp_path: Path) -> None:
    path = tmp_path / "t.jsonl"
    row = orjson.dumps(trace_row())
    path.write_bytes(b"\xef\xbb\xbf" + row + b"\r\n")
    assert load(path, store).skipped == []


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "is empty"),
        (b"\n  \n", "is empty"),
        (b'[{"prompt": "x"}]', "one JSON array"),
        (b"not json\nat all\n", "none of its 2 lines can be used; line 1 is no valid JSON"),
        (b'{"a": 1, "b": 2}\n', r"no known format: its columns are a, b; .*claude_answer"),
        (b'{"claude_answer": "x"}\n', "line 1 lacks the column prompt"),
        (b"\x00\x01\x02\xff" * 50, "no valid JSON"),
    ],
)
def test_a_file_that_cannot_be_used_is_refused_in_one_sentence(
    store: Store, tmp_path: Path, content: bytes, message: str
) -> None:
    path = tmp_path / "bad.jsonl"
    path.write_bytes(content)
    with pytest.raises(InputError, match=message) as refusal:
        load(path, store)
    assert "\n" not in str(refusal.value)
    assert store.count_traces() == 0


def test_a_folder_or_nothing_at_all_is_refused(store: Store, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="is a folder"):
        load(tmp_path, store)
    with pytest.raises(InputError, match="no file at"):
        load(tmp_path / "nothing.jsonl", store)


def test_progress_is_told_in_lines_and_bytes(store: Store, tmp_path: Path) -> None:
    path = write_lines(tmp_path / "t.jsonl", *(trace_row(f"q{i}") for i in range(1201)))
    seen: list[tuple[int, int]] = []
    import_file(path, store, APPLICATION, Config(), on_progress=lambda *at: seen.append(at))
    assert [lines for lines, _ in seen] == [500, 1000, 1201]
    assert seen[-1][1] == path.stat().st_size
    assert store.count_traces() == 1201


def test_an_import_that_was_stopped_goes_on_when_it_is_run_again(tmp_path: Path) -> None:
    path = write_lines(tmp_path / "t.jsonl", *(trace_row(f"q{i}") for i in range(1201)))

    def stop(lines: int, _end: int) -> None:
        raise KeyboardInterrupt

    with open_store(tmp_path / "data") as store, pytest.raises(KeyboardInterrupt):
        import_file(path, store, APPLICATION, Config(), on_progress=stop)
    with open_store(tmp_path / "data") as store:
        assert store.count_traces() == 500
        again = load(path, store)
        assert (again.imported, again.known, store.count_traces()) == (701, 500, 1201)
        assert load(path, store).imported == 0


def test_secrets_in_an_import_are_taken_out(store: Store, tmp_path: Path) -> None:
    row = trace_row("I am ann@plant.example", claude_thinking="Ann is ann@plant.example.")
    load(write_lines(tmp_path / "t.jsonl", row), store)
    trace = only_trace(store)
    assert "ann@plant" not in trace.thinking + trace.prompt.messages[0].content
