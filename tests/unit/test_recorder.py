"""The recorder: fails open, drains once however often it is asked, keeps traces that are asked for."""

import sqlite3
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st
from record_builders import APPLICATION, TICKETS, make_completion, make_feedback, make_inference
from sqlalchemy import text

from understudy.capture.codec import decode_inference, encode_inference
from understudy.capture.recorder import Recorder
from understudy.capture.segments import frame
from understudy.capture.spool import Spool
from understudy.capture.traces import has_reasoning, is_sampled, trace_of
from understudy.config import Capture, Config, Teacher
from understudy.errors import InputError
from understudy.function import Function
from understudy.records import (
    InferenceStatus,
    Message,
    Prompt,
    ReasoningKind,
    TraceSource,
    TrainingPermission,
    Variant,
)
from understudy.store import Store, open_store
from understudy.store.database import Database

CAPTURE = Capture(flush_interval_s=3600, traces=True, trace_share=1.0)
CONFIG = Config(capture=CAPTURE, teacher=Teacher(kind="scripted"))


class Rig:
    """A store, a spool and a recorder over one folder."""

    def __init__(self, folder: Path, config: Config) -> None:
        self.folder = folder
        self.database = Database(folder, read_only=False)
        self.store = Store(self.database)
        self.spool = Spool(folder / "spool", config.capture)
        self.recorder = Recorder(config, APPLICATION.functions, self.store, self.spool)

    def segments(self) -> list[Path]:
        return sorted((self.folder / "spool").glob("*.spool"))

    def close(self) -> None:
        self.recorder.close()
        self.store.close()


@pytest.fixture
def rig(tmp_path: Path) -> Iterator[Rig]:
    opened = Rig(tmp_path, CONFIG)
    yield opened
    opened.close()


def test_every_field_survives_the_codec() -> None:
    inference = make_inference(
        variant=Variant(4), fallback_from=Variant(3), shadow=True, error="late", propensity=0.25
    )
    assert decode_inference(encode_inference(inference)) == inference


@given(st.text(), st.none() | st.text())
def test_any_text_survives_the_codec(answer: str, thinking: str | None) -> None:
    inference = make_inference(completion=make_completion(answer=answer, thinking=thinking))
    assert decode_inference(encode_inference(inference)) == inference


def test_broken_characters_cost_no_record() -> None:
    inference = make_inference(completion=make_completion(answer="half a \ud83d pair"))
    decoded = decode_inference(encode_inference(inference))
    assert decoded.completion.answer == "half a ? pair"


@pytest.mark.parametrize("payload", [b"", b"[]", b"{}", b"\xff", b'{"id": 1}'])
def test_a_record_that_is_none_is_refused(payload: bytes) -> None:
    with pytest.raises(InputError, match="quarantined"):
        decode_inference(payload)


def test_a_null_where_text_belongs_is_refused() -> None:
    plain = orjson.loads(encode_inference(make_inference()))
    for name in ("answer", "id", "propensity", "created_at"):
        with pytest.raises(InputError):
            decode_inference(orjson.dumps({**plain, name: None}))


def test_what_is_recorded_is_in_the_store_after_a_drain(rig: Rig) -> None:
    inferences = [make_inference(f"question {i}", created_at=float(i)) for i in range(7)]
    for inference in inferences:
        rig.recorder.record(inference)

    assert rig.recorder.drain() == 7

    assert rig.store.find_inferences() == inferences
    assert rig.segments() == []
    assert (rig.recorder.captured, rig.recorder.dropped, rig.recorder.lost) == (7, 0, 0)
    assert rig.recorder.drain() == 0


def test_a_segment_that_comes_back_is_drained_without_duplicates(rig: Rig) -> None:
    inference = make_inference()
    rig.recorder.record(inference)
    rig.spool.flush(1.0)
    (path,) = rig.spool.closed_segments()
    content = path.read_bytes()
    rig.recorder.drain()
    # As after a crash between the insert and the removal of the segment.
    path.write_bytes(content)

    assert rig.recorder.drain() == 0
    assert rig.store.find_inferences() == [inference]
    assert rig.store.count_traces() == 1
    assert not path.exists()


def test_secrets_do_not_reach_the_disk(rig: Rig) -> None:
    key = "sk-" + "ant-api03-" + "Ab1_" * 6
    prompt = Prompt("s", (Message("user", f"I am ann@plant.example, key {key}"),))
    rig.recorder.record(
        make_inference(prompt=prompt, completion=make_completion(thinking="call +49 170 1234567"))
    )
    rig.spool.flush(1.0)
    on_disk = rig.segments()[0].read_bytes()
    rig.recorder.drain()

    for secret in (b"ann@plant", key.encode(), b"170 1234"):
        assert secret not in on_disk
    (kept,) = rig.store.find_inferences()
    assert kept.prompt.messages[0].content == "I am [redacted: e-mail], key [redacted: key]"


def test_damage_is_set_apart_and_everything_else_kept(rig: Rig) -> None:
    first, second = make_inference(created_at=1.0), make_inference(created_at=2.0)
    whole = (
        frame(encode_inference(first)) + frame(b"no inference") + frame(encode_inference(second))
    )
    (rig.folder / "spool" / "000000000099.spool").write_bytes(whole + frame(b"torn")[:-1])

    assert rig.recorder.drain() == 2

    assert rig.store.find_inferences() == [first, second]
    set_apart = sorted((rig.folder / "spool" / "quarantine").iterdir())
    assert [path.name for path in set_apart] == [
        f"000000000099-{len(whole)}.torn",
        "000000000099-record-1.torn",
    ]
    assert set_apart[1].read_bytes() == b"no inference"
    assert rig.recorder.lost == 2
    assert rig.segments() == []


def test_a_store_that_is_full_keeps_the_spool_and_goes_on_by_itself(rig: Rig) -> None:
    big = make_inference(completion=make_completion(answer="x" * 400_000))
    with rig.database.begin() as connection:
        pages = connection.execute(text("PRAGMA page_count")).scalar_one()
        connection.execute(text(f"PRAGMA max_page_count = {pages + 4}"))
    rig.recorder.record(big)

    assert rig.recorder.drain() == 0
    assert len(rig.segments()) == 1
    with rig.database.begin() as connection:
        connection.execute(text("PRAGMA max_page_count = 1000000"))
    assert rig.recorder.drain() == 1

    assert rig.store.find_inferences() == [big]
    assert rig.recorder.lost == 0


def test_the_background_thread_drains_by_itself(tmp_path: Path) -> None:
    quick = CAPTURE.model_copy(update={"flush_interval_s": 0.001, "drain_interval_s": 0.001})
    rig = Rig(tmp_path, CONFIG.model_copy(update={"capture": quick}))
    rig.recorder.start()
    rig.recorder.record(make_inference())
    while rig.store.count_inferences() == 0:
        assert rig.recorder.lost == 0
    rig.close()


def test_closing_drains_what_is_left(tmp_path: Path) -> None:
    rig = Rig(tmp_path, CONFIG)
    rig.recorder.record(make_inference())
    rig.recorder.close()
    assert rig.store.count_inferences() == 1
    rig.recorder.record(make_inference())
    assert rig.recorder.dropped == 1
    rig.store.close()


def test_a_teachers_thinking_becomes_a_trace(rig: Rig) -> None:
    inference = make_inference()
    rig.recorder.record(inference)
    rig.recorder.drain()

    (trace,) = rig.store.find_traces()
    assert trace.inference == inference.id
    assert trace.prompt == inference.prompt
    assert (trace.thinking, trace.answer) == (
        inference.completion.thinking,
        inference.completion.answer,
    )
    assert trace.source is TraceSource.CAPTURED
    assert trace.training_permission is TrainingPermission.OPEN
    assert trace.family == TICKETS.family(inference.prompt)


@pytest.mark.parametrize(
    "change",
    [
        {"variant": Variant(1)},
        {"status": InferenceStatus.INCOMPLETE},
        {"status": InferenceStatus.FAILED},
        {"completion": make_completion(thinking=None)},
        {"completion": make_completion(thinking="  \n")},
        {"completion": make_completion(reasoning_kind=ReasoningKind.OMITTED)},
        {"completion": make_completion(reasoning_kind=ReasoningKind.REDACTED)},
        {"function": "of another application"},
    ],
)
def test_what_teaches_no_reasoning_becomes_no_trace(rig: Rig, change: dict[str, Any]) -> None:
    rig.recorder.record(make_inference(**change))
    assert rig.recorder.drain() == 1
    assert rig.store.count_traces() == 0


def test_no_trace_is_kept_unless_asked_for(tmp_path: Path) -> None:
    rig = Rig(tmp_path, Config(capture=Capture(flush_interval_s=3600)))
    rig.recorder.record(make_inference())
    rig.recorder.drain()
    confident = make_feedback("evaluation", {}, confidence=1.0)
    assert not rig.recorder.keep_confident(confident)
    assert rig.store.count_traces() == 0
    rig.close()


def test_the_teachers_permission_is_on_the_trace() -> None:
    teacher = Teacher(kind="anthropic", training_permission="written_permission")
    trace = trace_of(make_inference(), TICKETS, teacher, TraceSource.CAPTURED)
    assert trace.training_permission is TrainingPermission.WRITTEN
    plain = trace_of(make_inference(), TICKETS, Teacher(), TraceSource.CAPTURED)
    assert plain.training_permission is TrainingPermission.NONE


def test_sampling_keeps_its_share_and_its_choice() -> None:
    ids = [f"id-{i}" for i in range(20_000)]
    kept = {i for i in ids if is_sampled(i, 0.15)}
    assert 0.14 < len(kept) / len(ids) < 0.16
    assert kept <= {i for i in ids if is_sampled(i, 0.3)}
    assert not any(is_sampled(i, 0.0) for i in ids)
    assert all(is_sampled(i, 1.0) for i in ids)


def test_a_confident_evaluation_keeps_its_inference(tmp_path: Path) -> None:
    capture = CAPTURE.model_copy(update={"trace_share": 0.0})
    rig = Rig(tmp_path, CONFIG.model_copy(update={"capture": capture}))
    inference = make_inference()
    rig.recorder.record(inference)
    evaluation = make_feedback("evaluation", {}, inference=inference.id, confidence=0.9)

    unsure = replace(evaluation, confidence=capture.trace_min_confidence)
    assert not rig.recorder.keep_confident(unsure)
    assert not rig.recorder.keep_confident(replace(evaluation, name="rating"))
    assert not rig.recorder.keep_confident(replace(evaluation, inference="unknown"))
    assert rig.recorder.keep_confident(evaluation)
    assert not rig.recorder.keep_confident(evaluation)

    assert [trace.inference for trace in rig.store.find_traces()] == [inference.id]
    rig.close()


def test_a_domain_that_fails_costs_no_inference(tmp_path: Path) -> None:
    def broken(prompt: Prompt) -> str:
        raise RuntimeError("the domain's own bug")

    function = replace(TICKETS, family=broken)
    functions: dict[str, Function] = {function.name: function}
    store = open_store(tmp_path)
    recorder = Recorder(CONFIG, functions, store, Spool(tmp_path / "spool", CAPTURE))
    recorder.record(make_inference())

    assert recorder.drain() == 1
    assert store.count_traces() == 0
    recorder.close()
    store.close()


def test_reasoning_needs_words() -> None:
    assert has_reasoning(make_inference())
    summary = make_completion(reasoning_kind=ReasoningKind.SUMMARY)
    assert has_reasoning(make_inference(completion=summary))


def test_the_database_is_sound_after_all_this(rig: Rig) -> None:
    for i in range(50):
        rig.recorder.record(make_inference(f"q{i}"))
    rig.recorder.drain()
    rig.close()
    with sqlite3.connect(rig.folder / "understudy.db") as connection:
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    connection.close()
