"""A dataset's files for others to read, opened with the library that they use."""

import json
from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from dataset_rig import captured, config_for, trained_questions
from record_builders import (
    APPLICATION,
    make_completion,
    make_feedback,
    make_inference,
    make_trace,
    ticket_answer,
)

from understudy.config import Config, Teacher
from understudy.curate import eligibility, preferences
from understudy.curate.publish import Order, publish_dataset
from understudy.curate.split import is_holdout
from understudy.errors import LeakageError, PermissionRefusedError
from understudy.records import (
    FeedbackKind,
    Inference,
    ReasoningKind,
    Trace,
    TraceSource,
    TrainingPermission,
    Variant,
)
from understudy.store import open_store

ORDER = Order(5.0, "understudy dataset build")
OPEN = Teacher(training_permission="open")
SCRIPTED = Teacher(kind="scripted", training_permission="narrow_only")


def held_out_traces(count: int) -> list[Trace]:
    texts = (f"Ticket number {i}" for i in range(9999))
    return [make_trace(one) for one in texts if is_holdout(one.lower(), 0.1)][:count]


def publish(tmp_path: Path, config: Config | None = None) -> tuple[Path, dict[str, Any]]:
    chosen = config or config_for(tmp_path)
    with open_store(tmp_path, read_only=True) as store:
        manifest = publish_dataset(store, APPLICATION, chosen, ORDER)
    return tmp_path / "datasets" / manifest["id"], manifest


def insert(tmp_path: Path, *records: Any) -> None:
    with open_store(tmp_path) as store:
        store.insert_traces([one for one in records if isinstance(one, Trace)])
        store.insert_inferences([one for one in records if isinstance(one, Inference)])
        rest = [one for one in records if not isinstance(one, Trace | Inference)]
        store.insert_feedback(rest)


def correction(about: Inference, label: str) -> Any:
    value = json.loads(ticket_answer(label))
    return make_feedback("fix", value, kind=FeedbackKind.DEMONSTRATION, inference=about.id)


def opened(folder: Path, form: str, tmp_path: Path) -> Any:
    datasets = pytest.importorskip("datasets")
    return datasets.load_dataset(str(folder), form, cache_dir=str(tmp_path / "cache"))


def test_datasets_opens_both_formats_with_what_was_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    about = make_inference(trained_questions(1)[0], variant=Variant(1))
    arabic = make_trace(trained_questions(9)[8], thinking="المضخة تهتز")
    insert(tmp_path, *captured(8), arabic, *held_out_traces(2), about, correction(about, "billing"))

    folder, manifest = publish(tmp_path)

    rows = opened(folder, "prompt_completion", tmp_path)
    assert {split: len(rows[split]) for split in rows} == {"train": 27, "holdout": 6}
    first = rows["train"][0]
    assert [turn["role"] for turn in first["prompt"]] == ["system", "user"]
    assert [turn["role"] for turn in first["completion"]] == ["assistant"]
    by_kind = Counter(rows["train"]["kind"])
    assert by_kind == {"answer": 9, "thinking": 9, "consistency": 9}
    assert manifest["rows_by_split"]["train"] == by_kind
    continued = next(row for row in rows["train"] if row["kind"] == "consistency")
    assert continued["prompt"][-1]["role"] == "assistant"
    assert any("المضخة" in row["completion"][0]["content"] for row in rows["train"])
    lines = (folder / "prompt_completion" / "train.jsonl").read_text().splitlines()
    assert [json.loads(line) for line in lines] == rows["train"].to_list()
    pairs = opened(folder, "preference", tmp_path)["train"]
    assert pairs[0]["chosen"][0]["content"] == ticket_answer("billing")
    assert pairs[0]["rejected"][0]["content"] == ticket_answer("bug")
    assert (pairs[0]["chosen_from"], pairs[0]["rejected_from"]) == ("user", "student@1")


def test_the_card_names_teachers_permissions_reasoning_hash_and_command(tmp_path: Path) -> None:
    insert(tmp_path, *captured(3))
    folder, manifest = publish(tmp_path)
    card = (folder / "README.md").read_text()
    for words in ("teacher-1 | 3", "open | 3", "raw | 3", manifest["sha256"], ORDER.command):
        assert words in card
    for file, written in manifest["files"].items():
        assert written["sha256"] in card
        assert (folder / file).stat().st_size == written["size_bytes"]


def test_the_same_records_give_the_same_id_and_more_held_out_ones_another(tmp_path: Path) -> None:
    insert(tmp_path, *captured(3))
    first = publish(tmp_path)[1]
    assert publish(tmp_path)[1]["files"] == first["files"]
    insert(tmp_path, *held_out_traces(1))
    assert publish(tmp_path)[1]["id"] != first["id"]


def test_what_is_not_permitted_is_refused_by_the_settings_name(tmp_path: Path) -> None:
    refused = [replace(one, training_permission=TrainingPermission.NONE) for one in captured(3)]
    insert(tmp_path, *refused)
    with pytest.raises(PermissionRefusedError, match=r"teacher\.training_permission is 'none'"):
        publish(tmp_path)
    assert not (tmp_path / "datasets").exists()


def test_claudes_answers_make_no_pairs_under_another_teachers_permission(tmp_path: Path) -> None:
    claude = make_completion(model="claude-sonnet-4-5")
    about = make_inference(trained_questions(1)[0], completion=claude)
    insert(tmp_path, *captured(3), about, correction(about, "billing"))
    manifest = publish(tmp_path, Config(data_dir=tmp_path, teacher=SCRIPTED))[1]
    skipped = {eligibility.NOT_PERMITTED: 1}
    found = {"found": 1, "sources": {"feedback": 1}, "kept": 0, "skipped": skipped}
    assert manifest["pairs"] == found


def test_a_permission_of_another_teacher_is_refused_by_who_answered(tmp_path: Path) -> None:
    insert(tmp_path, *(replace(one, teacher="claude-sonnet-4-5") for one in captured(3)))
    scripted = Config(data_dir=tmp_path, teacher=SCRIPTED)
    with pytest.raises(PermissionRefusedError, match=r"claude-sonnet-4-5: .* not of them"):
        publish(tmp_path, scripted)


def test_every_pair_is_kept_or_counted_under_one_reason(tmp_path: Path) -> None:
    questions = trained_questions(3)
    student, teacher = (
        make_inference(questions[0], variant=one) for one in (Variant(1), Variant())
    )
    other = make_inference(questions[1], variant=Variant(2))
    held = make_inference(held_out_traces(1)[0].prompt.messages[0].content, variant=Variant(1))
    over = make_feedback("better", {"over": other.id}, kind=FeedbackKind.PREFERENCE)
    given = [
        correction(student, "billing"),
        correction(student, "billing"),
        replace(correction(student, "bug"), user="bob"),
        correction(teacher, "billing"),
        correction(held, "billing"),
        correction(make_inference(), "billing"),
        replace(over, inference=student.id),
        replace(correction(other, "bug"), value={"label": "weather"}),
    ]
    insert(tmp_path, *captured(2), student, teacher, other, held, *given)

    found = publish(tmp_path)[1]["pairs"]

    assert (found["found"], found["kept"]) == (8, 1)
    assert found["skipped"] == {
        eligibility.DUPLICATE: 1,
        preferences.SAME_ANSWER: 1,
        eligibility.NOT_PERMITTED: 1,
        eligibility.HELD_OUT: 1,
        preferences.NO_INFERENCE: 1,
        preferences.OTHER_PROMPT: 1,
        eligibility.SCHEMA_INVALID: 1,
    }
    allowed = Config(data_dir=tmp_path, teacher=OPEN)
    assert eligibility.NOT_PERMITTED not in publish(tmp_path, allowed)[1]["pairs"]["skipped"]


def test_a_trace_without_all_three_samples_says_why(tmp_path: Path) -> None:
    long, bare, whole = captured(3)
    none = replace(bare, thinking="", reasoning_kind=ReasoningKind.OMITTED)
    insert(tmp_path, replace(long, thinking="Pump. " * 200), none, whole)
    manifest = publish(tmp_path)[1]
    assert manifest["rows_by_split"]["train"] == {"answer": 3, "thinking": 1, "consistency": 1}
    assert manifest["answer_only"] == {
        "its thinking is longer than samples.max_thinking_chars": 1,
        "its thinking is omitted": 1,
    }


def test_what_has_no_row_is_absent_and_the_card_says_so(tmp_path: Path) -> None:
    insert(tmp_path, *captured(3))
    folder, manifest = publish(tmp_path)
    assert {file.partition(".")[0] for file in manifest["files"]} == {"prompt_completion/train"}
    card = (folder / "README.md").read_text()
    assert "`prompt_completion` has no split `holdout`" in card
    assert "finds no `preference`" in card
    about = make_inference(trained_questions(1)[0], variant=Variant(1))
    insert(tmp_path, *held_out_traces(1), about, correction(about, "billing"))
    assert "has no split" not in (publish(tmp_path)[0] / "README.md").read_text()


def test_synthetic_traces_of_a_held_out_family_neither_teach_nor_measure(tmp_path: Path) -> None:
    made = [replace(one, source=TraceSource.BOOTSTRAP) for one in held_out_traces(2)]
    insert(tmp_path, *captured(2), *made)
    manifest = publish(tmp_path)[1]
    assert manifest["skipped"] == {eligibility.HELD_OUT_SYNTHETIC: 2}
    assert manifest["counts"]["traces_held_out"] == 0


def test_a_leak_leaves_no_folder(tmp_path: Path) -> None:
    held = held_out_traces(1)[0]
    insert(tmp_path, replace(held, family=trained_questions(1)[0].lower()), *captured(2))
    with pytest.raises(LeakageError):
        publish(tmp_path)
    assert not (tmp_path / "datasets").exists()


def test_a_thinking_of_a_megabyte_and_ten_thousand_tool_calls_pass(tmp_path: Path) -> None:
    long = "".join(f"Pump {i} runs. " for i in range(70_000))
    calls = [{"tool": "read_metric", "value": i} for i in range(10_000)]
    one, other = captured(2)
    insert(tmp_path, replace(one, thinking=long), replace(other, behaviour={"tool_calls": calls}))

    wide = config_for(tmp_path, max_thinking_chars=2_000_000)
    folder, manifest = publish(tmp_path, wide)

    assert manifest["rows_by_split"]["train"] == {"answer": 2, "thinking": 2, "consistency": 2}
    assert opened(folder, "prompt_completion", tmp_path)["train"].num_rows == 6
