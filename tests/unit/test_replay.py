"""The replay worker: which inferences the teacher is asked again, and what is kept."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import orjson
import pytest
from gateway_rig import TICKETS
from record_builders import make_completion, make_feedback
from replay_rig import NOON, Rig, counts

from understudy.records import (
    Completion,
    InferenceStatus,
    Prompt,
    ReasoningKind,
    TraceSource,
    TrainingPermission,
    Usage,
    Variant,
)
from understudy.store import open_store
from understudy.testing import Behaviour, ScriptedUpstream


@pytest.fixture
def rig(tmp_path: Path) -> Iterator[Rig]:
    with ScriptedUpstream(TICKETS) as upstream, open_store(tmp_path) as store:
        yield Rig(store, upstream, tmp_path)


def test_an_answer_without_reasoning_becomes_a_replayed_trace(rig: Rig) -> None:
    (inference,) = rig.insert()
    replayer = rig.replayer()
    replayer.tick()
    (trace,) = rig.store.find_traces()
    assert trace.source is TraceSource.REPLAYED
    assert (trace.thinking, trace.answer) == ("the words point to billing", '{"team":"billing"}')
    assert (trace.inference, trace.prompt) == (inference.id, inference.prompt)
    assert trace.training_permission is TrainingPermission.OPEN
    assert trace.created_at == NOON
    assert counts(replayer) == (1, 1, 0, 0)
    assert replayer.status()["spent_usd"] == pytest.approx(0.002)


def test_a_replay_asks_for_thinking_beyond_the_answers_room(rig: Rig) -> None:
    rig.insert()
    rig.replayer({"max_tokens": 500}, replay_thinking_tokens=1500).tick()
    body = orjson.loads(rig.upstream.received[0].body)
    assert body["thinking"] == {"type": "enabled", "budget_tokens": 1500}
    assert body["max_tokens"] == 2000


def test_one_inference_is_asked_once_even_after_a_restart(rig: Rig) -> None:
    rig.insert()
    first = rig.replayer()
    first.tick()
    first.tick()
    restarted = rig.replayer()
    restarted.tick()
    assert len(rig.upstream.received) == 1
    assert restarted.status()["spent_usd"] == first.status()["spent_usd"] > 0


@pytest.mark.parametrize(
    "changes",
    [
        {"completion": make_completion()},
        {"status": InferenceStatus.FAILED},
        {"shadow": True},
        {"variant": Variant(1)},
        {"function": "unnamed"},
        {"created_at": NOON - 2 * 86_400},
        {"completion": Completion("{", None, ReasoningKind.OMITTED, "max_tokens")},
        {"completion": Completion("I can't help", None, ReasoningKind.OMITTED, "end_turn")},
    ],
)
def test_what_is_not_asked_again(rig: Rig, changes: dict[str, Any]) -> None:
    rig.insert(**changes)
    replayer = rig.replayer()
    replayer.tick()
    assert rig.upstream.received == []
    assert counts(replayer) == (0, 0, 0, 0)


def test_a_students_answer_is_asked_where_it_is_configured(rig: Rig) -> None:
    rig.insert(variant=Variant(1), completion=make_completion())
    rig.replayer(replay_students=True).tick()
    assert rig.store.count_traces(TraceSource.REPLAYED) == 1


def test_only_sampled_or_confident_ones_are_asked(rig: Rig) -> None:
    first, _second = rig.insert("one", "two")
    judged = make_feedback("evaluation", 1.0, inference=first.id, confidence=0.9)
    rig.store.insert_feedback([judged])
    rig.replayer(trace_share=0.0).tick()
    assert [trace.inference for trace in rig.store.find_traces()] == [first.id]


@pytest.mark.parametrize("off", [{"replay": False}, {"traces": False}])
def test_switched_off_it_asks_nothing(rig: Rig, off: dict[str, bool]) -> None:
    rig.insert()
    replayer = rig.replayer(**off)
    replayer.start()
    replayer.tick()
    replayer.stop()
    assert rig.upstream.received == []
    assert replayer.status()["enabled"] is False


def test_another_prompt_than_the_one_answered_is_refused_and_counted(rig: Rig) -> None:
    rig.insert(prompt_hash="0" * 64)
    replayer = rig.replayer()
    replayer.tick()
    replayer.tick()
    assert rig.upstream.received == []
    assert counts(replayer) == (0, 0, 1, 0)
    assert "prompt" in next(iter(replayer.status()["refusals"]))


@pytest.mark.parametrize(
    ("completion", "reason"),
    [
        (Completion("{}", None, ReasoningKind.OMITTED, "end_turn"), "no reasoning"),
        (Completion("{}", " \n", ReasoningKind.RAW, "end_turn"), "no reasoning"),
        (Completion("{", "hm", ReasoningKind.RAW, "max_tokens"), "cut off"),
        (Completion("no", "hm", ReasoningKind.RAW, "refusal"), "refused"),
        (Completion("I cannot help with that.", "hm", ReasoningKind.RAW, "end_turn"), "refused"),
        (Completion(" ", "hm", ReasoningKind.RAW, "end_turn"), "empty"),
    ],
)
def test_an_answer_that_teaches_nothing_is_paid_and_not_kept(
    tmp_path: Path, completion: Completion, reason: str
) -> None:
    def answer(_name: str, _prompt: Prompt) -> Completion:
        return replace(completion, usage=Usage(1000, 200))

    with (
        ScriptedUpstream(replace(TICKETS, scripted_teacher=answer)) as upstream,
        open_store(tmp_path) as store,
    ):
        rig = Rig(store, upstream, tmp_path)
        rig.insert()
        replayer = rig.replayer()
        replayer.tick()
        assert store.count_traces() == 0
    assert counts(replayer) == (1, 0, 1, 0)
    assert reason in next(iter(replayer.status()["refusals"]))
    assert replayer.status()["spent_usd"] == pytest.approx(0.002)


def test_secrets_in_a_replayed_answer_are_redacted(rig: Rig) -> None:
    rig.upstream.behaviour = Behaviour(answer='{"team":"ann@example.org"}')
    rig.insert()
    rig.replayer().tick()
    assert "example.org" not in rig.store.find_traces()[0].answer
