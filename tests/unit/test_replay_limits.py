"""The replay worker: how often it asks, what that may cost, and what goes wrong."""

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from claude_rig import answering, install, printed, result
from gateway_rig import TICKETS
from replay_rig import NOON, Rig, counts

from understudy.records import (
    ReasoningKind,
    TrainingPermission,
)
from understudy.store import open_store
from understudy.testing import Behaviour, ScriptedUpstream


@pytest.fixture
def rig(tmp_path: Path) -> Iterator[Rig]:
    with ScriptedUpstream(TICKETS) as upstream, open_store(tmp_path) as store:
        yield Rig(store, upstream, tmp_path)


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
