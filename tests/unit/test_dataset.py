"""The dataset builder: nothing lost without a reason, nothing taken without permission."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import orjson
import pytest
from dataset_rig import NAMES, bootstrap, build, captured, config_for, trained_questions
from record_builders import (
    APPLICATION,
    TICKETS,
    make_feedback,
    make_inference,
    make_trace,
)

from understudy.config import Config, Teacher, Trainer
from understudy.curate import eligibility
from understudy.curate.dataset import build_dataset, insert_bootstrap
from understudy.curate.eligibility import why_not
from understudy.curate.samples import SampleKind, read_samples
from understudy.curate.split import is_holdout
from understudy.errors import InputError, PermissionRefusedError, StoreError
from understudy.records import (
    ReasoningKind,
    Trace,
    TrainingPermission,
)
from understudy.store import Store, open_store


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with open_store(tmp_path) as opened:
        yield opened


def test_of_552_traces_none_is_lost_without_a_reason(store: Store, tmp_path: Path) -> None:
    store.insert_traces(bootstrap(552))

    dataset = build(store, config_for(tmp_path))

    assert dataset.counts["found"] == 552
    assert dataset.counts["kept"] + sum(dataset.skipped.values()) == 552
    assert dataset.counts["kept"] > 400
    assert set(dataset.skipped) == {
        eligibility.HELD_OUT_SYNTHETIC,
        eligibility.DUPLICATE,
        eligibility.EMPTY_THINKING,
        eligibility.NOT_JSON,
    }
    assert len(dataset.trace_ids) == dataset.counts["kept"]
    assert dataset.counts["rows"] == 3 * dataset.counts["kept"]


def test_no_flag_of_behaviour_drops_a_trace(store: Store, tmp_path: Path) -> None:
    """The original lost 550 of 552 to multi_step_reasoning=False."""
    flags: list[dict[str, Any]] = [
        {},
        {"multi_step_reasoning": False},
        {"multi_step_reasoning": True},
        {"steps": 0},
    ]
    traces = [
        replace(trace, behaviour=flag) for trace, flag in zip(captured(4), flags, strict=True)
    ]
    store.insert_traces(traces)
    assert build(store, config_for(tmp_path)).counts["kept"] == 4


def test_a_dataset_reads_back_and_is_recorded(store: Store, tmp_path: Path) -> None:
    store.insert_traces(captured(3))

    dataset = build(store, config_for(tmp_path))

    samples = read_samples(dataset.folder)
    assert len(samples) == 9
    assert Counter(one.kind for one in samples) == dict.fromkeys(SampleKind, 3)
    assert store.find_dataset(dataset.id) == dataset
    assert dataset.folder == tmp_path / "datasets" / dataset.id
    manifest = orjson.loads((dataset.folder / "dataset.json").read_bytes())
    assert manifest["permissions"] == {"open": 3}
    assert manifest["counts"] == dict(dataset.counts)
    assert manifest["prompts"][TICKETS.name]["systems"] != []
    assert dataset.id in (dataset.folder / "README.md").read_text()


def test_the_same_traces_give_the_same_dataset_in_any_order(store: Store, tmp_path: Path) -> None:
    store.insert_traces([*captured(20), *bootstrap(60)])
    first = build(store, config_for(tmp_path))
    again = build_dataset(
        store, APPLICATION, config_for(tmp_path / "elsewhere"), NAMES, created_at=99.0
    )
    # The first is in the store now, so the second marks nothing else: content alone decides.
    assert again.id == first.id
    rows = [(tmp_path / "datasets" / first.id / name).read_bytes() for name in ("samples.jsonl",)]
    assert rows == [(again.folder / "samples.jsonl").read_bytes()]
    assert [path.name for path in (tmp_path / "datasets").iterdir()] == [first.id]


def test_when_a_trace_was_made_changes_nothing(tmp_path: Path) -> None:
    """An imported chat bears its file's time, which a copy of the file changes."""
    long = " ".join(f"Step {i}." for i in range(100))
    near = [make_trace(trained_questions(1)[0], id=end, thinking=f"{long} {end}") for end in "ab"]
    traces = [*near, *(replace(one, id=f"t{i}") for i, one in enumerate(captured(20)))]
    built = []
    for name, order in (("forth", 1), ("back", -1)):
        dated = [replace(one, created_at=1000.0 + order * i) for i, one in enumerate(traces)]
        with open_store(tmp_path / name) as store:
            store.insert_traces(dated)
            built.append(build(store, config_for(tmp_path / name)))
    assert built[0].skipped == {eligibility.NEAR_DUPLICATE: 1}
    assert built[0].id == built[1].id


def test_held_out_families_teach_nothing(store: Store, tmp_path: Path) -> None:
    store.insert_traces([make_trace(f"Ticket {i}") for i in range(300)])
    dataset = build(store, config_for(tmp_path, holdout_share=0.3))

    families = {one.prompt.messages[-1].content.lower() for one in read_samples(dataset.folder)}
    assert not any(is_holdout(family, 0.3) for family in families)
    assert dataset.skipped == {eligibility.HELD_OUT: 300 - dataset.counts["kept"]}
    assert 60 < 300 - dataset.counts["kept"] < 120


def test_what_is_not_permitted_is_refused_by_the_settings_name(
    store: Store, tmp_path: Path
) -> None:
    refused = [replace(one, training_permission=TrainingPermission.NONE) for one in captured(5)]
    store.insert_traces([*refused, *bootstrap(20)])

    with pytest.raises(PermissionRefusedError, match=r"teacher\.training_permission is 'none'"):
        build(store, config_for(tmp_path))
    assert not (tmp_path / "datasets").exists()


def test_what_is_not_permitted_is_left_out_and_counted(store: Store, tmp_path: Path) -> None:
    given = captured(6)
    refused = [replace(one, training_permission=TrainingPermission.NONE) for one in given[:2]]
    store.insert_traces([*refused, *given[2:]])

    dataset = build(store, config_for(tmp_path))

    assert dataset.skipped == {eligibility.NOT_PERMITTED: 2}
    assert not {one.id for one in refused} & set(dataset.trace_ids)


def test_recording_a_permission_reaches_the_traces_that_are_there(
    store: Store, tmp_path: Path
) -> None:
    none = [replace(one, training_permission=TrainingPermission.NONE) for one in captured(2)]
    written = [
        replace(one, training_permission=TrainingPermission.WRITTEN) for one in captured(4)[2:]
    ]
    store.insert_traces([*none, *written])
    attested = Config(data_dir=tmp_path, teacher=Teacher(training_permission="written_permission"))

    assert build(store, attested).counts["kept"] == 4
    with pytest.raises(PermissionRefusedError):
        build(store, config_for(tmp_path))


def test_an_empty_store_says_where_traces_come_from(store: Store, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"capture\.traces"):
        build(store, config_for(tmp_path))


def test_nothing_left_says_what_became_of_each(store: Store, tmp_path: Path) -> None:
    store.insert_traces([replace(one, answer="no JSON") for one in captured(3)])
    with pytest.raises(InputError, match="of 3 found, 3 answer is not JSON"):
        build(store, config_for(tmp_path))


def test_a_disliked_answer_teaches_nothing(store: Store, tmp_path: Path) -> None:
    inferences = [make_inference(question) for question in trained_questions(3)]
    traces = [make_trace(one.prompt.messages[0].content, inference=one.id) for one in inferences]
    store.insert_inferences(inferences)
    store.insert_traces(traces)
    store.insert_feedback(
        [
            make_feedback("rating", False, inference=inferences[0].id),
            make_feedback("rating", True, inference=inferences[1].id),
        ]
    )

    dataset = build(store, config_for(tmp_path))

    assert dataset.skipped == {eligibility.LOW_REWARD: 1}
    assert set(dataset.trace_ids) == {traces[1].id, traces[2].id}


def test_a_slow_teacher_alone_is_no_reason(store: Store, tmp_path: Path) -> None:
    slow = make_inference(trained_questions(1)[0], latency_s=60.0)
    store.insert_inferences([slow])
    store.insert_traces([make_trace(slow.prompt.messages[0].content, inference=slow.id)])
    config = config_for(tmp_path, min_reward=0.0)
    assert build(store, config).counts["kept"] == 1


def test_bootstrap_traces_come_from_the_application_once(store: Store) -> None:
    asked: list[tuple[int, int]] = []

    def make(count: int, seed: int) -> Sequence[Trace]:
        asked.append((count, seed))
        return bootstrap(count)

    application = replace(APPLICATION, bootstrap=make)
    config = Config(trainer=Trainer(bootstrap_traces=12))
    assert insert_bootstrap(store, application, config) == 12
    assert insert_bootstrap(store, application, config) == 0
    assert asked[0] == (12, config.sft.seed)
    assert insert_bootstrap(store, APPLICATION, config) == 0


GOOD = make_trace(trained_questions(1)[0])


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({}, None),
        ({"reasoning_kind": ReasoningKind.OMITTED, "thinking": ""}, None),
        ({"training_permission": TrainingPermission.NONE}, eligibility.NOT_PERMITTED),
        ({"thinking": " "}, eligibility.EMPTY_THINKING),
        ({"answer": " "}, eligibility.EMPTY_ANSWER),
        ({"answer": "It is a bug."}, eligibility.NOT_JSON),
        ({"answer": '{"label":"bug","urgent":false'}, eligibility.NOT_JSON),
        ({"answer": '{"label":"weather","urgent":false}'}, eligibility.SCHEMA_INVALID),
        ({"answer": "I'm sorry, but I can't help with that."}, eligibility.REFUSAL),
        ({"behaviour": {"stop_reason": "refusal"}}, eligibility.REFUSAL),
        ({"behaviour": {"stop_reason": "max_tokens"}}, eligibility.TRUNCATED),
    ],
)
def test_each_reason_is_told_apart(change: dict[str, Any], reason: str | None) -> None:
    assert why_not(replace(GOOD, **change), TICKETS, Config()) == reason


def test_a_function_that_is_not_trained_is_named() -> None:
    assert why_not(GOOD, None, Config()) == eligibility.UNKNOWN_FUNCTION


def test_a_full_disk_leaves_no_half_dataset(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(self: Path, text: str, **_: object) -> int:
        raise OSError(28, "No space left on device")

    store.insert_traces(captured(3))
    monkeypatch.setattr(Path, "write_text", fail)
    with pytest.raises(StoreError, match=r"disk .* is full"):
        build(store, config_for(tmp_path))
    assert list((tmp_path / "datasets").iterdir()) == []
