"""Which recorded inferences become traces, and what such a trace says."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from capture_rig import CAPTURE, CONFIG, Rig
from record_builders import TICKETS, make_completion, make_feedback, make_inference

from understudy.capture.recorder import Recorder
from understudy.capture.spool import Spool
from understudy.capture.traces import has_reasoning, is_sampled, trace_of
from understudy.config import Capture, Config, Teacher
from understudy.curate.eligibility import NOT_ONLY_TEXT, why_unfit
from understudy.function import Function
from understudy.records import (
    InferenceStatus,
    Prompt,
    ReasoningKind,
    TraceSource,
    TrainingPermission,
    Variant,
)
from understudy.store import open_store


@pytest.fixture
def rig(tmp_path: Path) -> Iterator[Rig]:
    opened = Rig(tmp_path, CONFIG)
    yield opened
    opened.close()


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


def test_claudes_answers_are_not_open_because_the_server_has_a_scripted_teacher() -> None:
    claude = make_inference(completion=make_completion(model="claude-sonnet-4-5"))
    trace = trace_of(claude, TICKETS, Teacher(kind="scripted"), TraceSource.CAPTURED)
    assert trace.training_permission is TrainingPermission.NONE
    unnamed = make_inference(completion=make_completion(model=""))
    own = trace_of(unnamed, TICKETS, Teacher(kind="scripted"), TraceSource.CAPTURED)
    assert (own.training_permission, own.teacher) == (TrainingPermission.OPEN, "scripted")


def test_what_an_answer_was_besides_text_is_stored_redacted(rig: Rig) -> None:
    cited = '{"citations":[{"cited_text":"ann@plant.example shakes"}]}'
    rig.recorder.record(make_inference(completion=make_completion(aside=cited)))
    rig.recorder.drain()
    (inference,) = rig.store.find_inferences()
    (trace,) = rig.store.find_traces()
    assert "cited_text" in inference.completion.aside
    assert "ann@plant" not in inference.completion.aside
    assert why_unfit(trace, TICKETS, Config()) is None


def test_nothing_is_learned_from_an_answer_that_calls_a_tool(rig: Rig) -> None:
    called = make_completion(aside='{"in_answer":"tool_use"}')
    rig.recorder.record(make_inference(completion=called))
    rig.recorder.drain()
    (trace,) = rig.store.find_traces()
    assert why_unfit(trace, TICKETS, Config()) == NOT_ONLY_TEXT


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


def test_what_another_drain_has_stored_meanwhile_is_kept_as_well(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rig = Rig(
        tmp_path,
        CONFIG.model_copy(update={"capture": CAPTURE.model_copy(update={"trace_share": 0.0})}),
    )
    drain = rig.recorder.drain
    monkeypatch.setattr(rig.recorder, "drain", lambda: drain() * 0)
    inference = make_inference()
    rig.recorder.record(inference)
    verdict = make_feedback("evaluation", {"items": {}}, inference=inference.id, confidence=0.95)
    assert rig.recorder.keep_confident(verdict)
    rig.close()
