"""The replay worker: which inferences the teacher is asked again, what is kept, what it may cost."""

import threading
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import orjson
import pytest
from claude_rig import answering, install, printed, result
from gateway_rig import TICKETS, build_prompt
from record_builders import make_completion, make_feedback, make_inference

from understudy.capture.replay import Replayer
from understudy.config import Config
from understudy.records import (
    Completion,
    Inference,
    InferenceStatus,
    Prompt,
    ReasoningKind,
    TraceSource,
    TrainingPermission,
    Usage,
    Variant,
)
from understudy.store import Store, open_store
from understudy.testing import Behaviour, ScriptedUpstream

NOON = 1_800_014_400.0


@dataclass(slots=True)
class Rig:
    store: Store
    upstream: ScriptedUpstream
    folder: Path
    now: list[float] = field(default_factory=lambda: [NOON])

    def replayer(self, teacher: dict[str, Any] | None = None, **capture: Any) -> Replayer:
        on = {"traces": True, "trace_share": 1.0, "replay": True, "replay_usd_per_day": 9.0}
        kind = {"kind": "scripted", "base_url": self.upstream.url, "timeout_s": 20.0}
        config = Config.model_validate(
            {
                "data_dir": self.folder,
                "teacher": {**kind, **(teacher or {})},
                "capture": {**on, "replay_per_minute": 99, **capture},
            }
        )
        return Replayer(self.store, TICKETS.functions, config, lambda: self.now[0])

    def insert(self, *texts: str, **changes: Any) -> list[Inference]:
        made = [silent(one, **changes) for one in texts or ("my invoice is wrong",)]
        self.store.insert_inferences(made)
        return made


def silent(text: str, **changes: Any) -> Inference:
    """The teacher's answer without reasoning."""
    prompt = build_prompt({"text": text})
    omitted = make_completion(thinking=None, reasoning_kind=ReasoningKind.OMITTED)
    plain = make_inference(
        function="classify",
        prompt=prompt,
        prompt_hash=prompt.hash,
        completion=omitted,
        created_at=NOON - 60,
    )
    return replace(plain, **changes)


@pytest.fixture
def rig(tmp_path: Path) -> Iterator[Rig]:
    with ScriptedUpstream(TICKETS) as upstream, open_store(tmp_path) as store:
        yield Rig(store, upstream, tmp_path)


def counts(replayer: Replayer) -> tuple[int, int, int, int]:
    status = replayer.status()
    return status["asked"], status["kept"], status["refused"], status["failed"]


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


def test_a_minute_and_the_concurrency_limit_what_is_begun(rig: Rig) -> None:
    rig.insert("one", "two", "three", "four")
    replayer = rig.replayer(replay_per_minute=3, replay_concurrency=2)
    asked = []
    for _ in range(4):
        replayer.tick()
        asked.append(len(rig.upstream.received))
    assert asked == [2, 3, 3, 3]
    assert replayer.status()["waiting_for"] == "capture.replay_per_minute"
    assert replayer.status()["next_in_s"] == 60.0
    rig.now[0] += 61
    replayer.tick()
    assert len(rig.upstream.received) == 4


def test_a_days_money_is_never_passed_and_the_next_day_has_its_own(rig: Rig) -> None:
    rig.insert("one", "two", "three", created_at=NOON + 3600)
    # 100 tokens of answer, 1024 of thinking and some 70 bytes of prompt cost at most 0.0058.
    replayer = rig.replayer(
        {"max_tokens": 100}, replay_usd_per_day=0.007, replay_thinking_tokens=1024
    )
    for _ in range(3):
        replayer.tick()
    assert len(rig.upstream.received) == 1
    assert replayer.status()["waiting_for"] == "capture.replay_usd_per_day"
    rig.now[0] += replayer.status()["next_in_s"]
    replayer.tick()
    assert len(rig.upstream.received) == 2


def test_without_money_only_a_free_teacher_is_asked(rig: Rig) -> None:
    rig.insert()
    rig.replayer(replay_usd_per_day=0.0).tick()
    assert rig.upstream.received == []
    free = {"usd_per_million_input": 0.0, "usd_per_million_output": 0.0}
    rig.replayer(free, replay_usd_per_day=0.0).tick()
    assert rig.store.count_traces() == 1


def test_the_commands_own_bill_is_what_counts(rig: Rig) -> None:
    rig.insert("one", "two")
    command = install(rig.folder / "bin", answering('{"team":"billing"}', "hm"))
    teacher = {
        "kind": "claude_cli",
        "command": [str(command.path)],
        "usd_per_million_input": 0.0,
        "usd_per_million_output": 0.0,
    }
    penniless = rig.replayer(teacher, replay_usd_per_day=0.0)
    penniless.tick()
    assert counts(penniless) == (0, 0, 0, 0)
    replayer = rig.replayer(teacher, replay_usd_per_day=0.01)
    replayer.tick()
    replayer.tick()
    assert replayer.status()["spent_usd"] == pytest.approx(0.0123)
    (trace,) = rig.store.find_traces()
    assert trace.training_permission is TrainingPermission.NONE
    assert trace.reasoning_kind is ReasoningKind.SUMMARY


def test_a_failing_teacher_is_asked_less_and_less_and_in_the_end_no_more(rig: Rig) -> None:
    rig.insert()
    command = install(rig.folder / "bin", printed(result("log in", is_error=True)), code=1)
    replayer = rig.replayer({"kind": "claude_cli", "command": [str(command.path)]})
    waits = []
    for _ in range(4):
        replayer.tick()
        replayer.tick()
        waits.append(replayer.status()["next_in_s"])
        rig.now[0] += waits[-1]
    assert waits[:3] == [5.0, 10.0, 20.0]
    assert counts(replayer) == (3, 0, 0, 3)
    assert "log in" in replayer.status()["last_error"]


def test_a_broken_store_or_disk_is_remembered_and_goes_no_further(rig: Rig) -> None:
    rig.insert()
    (rig.folder / "replays").write_text("in the way")
    replayer = rig.replayer()
    replayer.tick()
    assert "replays" in replayer.status()["last_error"]
    assert replayer.status()["next_in_s"] == 5.0


def test_stopping_gives_up_what_is_in_flight(rig: Rig) -> None:
    rig.insert()
    rig.upstream.behaviour = Behaviour(wait=True)
    replayer = rig.replayer()
    replayer.start()
    while not rig.upstream.received:
        pass
    replayer.stop()
    assert "replay" not in {thread.name for thread in threading.enumerate()}
    assert counts(replayer) == (0, 0, 0, 0)


def test_a_line_that_a_crash_cut_short_hides_no_other(rig: Rig) -> None:
    rig.insert()
    rig.replayer().tick()
    (file,) = (rig.folder / "replays").iterdir()
    with file.open("ab") as torn:
        torn.write(b'\n{"at": 1')
    rig.insert("another")
    rig.replayer().tick()
    restarted = rig.replayer()
    restarted.tick()
    assert counts(restarted) == (2, 2, 0, 0)
