"""Single ticks on a real store: the trainer watches, looks and trains, and no part stops another."""

import threading
from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from stagehands import FUNCTION, Clock, add_agreement, add_comparison, add_failure, add_release

from understudy.config import Config, TrafficSettings
from understudy.config import Trainer as TrainerSettings
from understudy.daemon.context import Context
from understudy.daemon.evidence import find_evidence
from understudy.daemon.recovery import INTERRUPTED
from understudy.daemon.trainer import Trainer
from understudy.errors import PermissionRefusedError, TrainingError
from understudy.function import Application, Function
from understudy.records import (
    TEACHER,
    CycleState,
    Event,
    FeedbackSource,
    Message,
    Prompt,
    ReasoningKind,
    RunState,
    Trace,
    TraceSource,
    TrainingPermission,
    Variant,
)
from understudy.release import cycle
from understudy.store import Store, open_store

TRIAGE = Function(
    name=FUNCTION,
    schema={"type": "object"},
    build_prompt=lambda request: Prompt("", (Message("user", str(request)),)),
    items=lambda answer: [str(answer)],
    family=lambda prompt: prompt.hash,
)
APPLICATION = Application("desk", {FUNCTION: TRIAGE})


class Stage:
    """A store, a clock and what the trainer needs of them."""

    def __init__(self, store: Store, folder: Path) -> None:
        self.store = store
        self.folder = folder
        self.clock = Clock()
        self.stop = threading.Event()

    def trainer(self, application: Application = APPLICATION, **trainer: Any) -> Trainer:
        config = Config(
            data_dir=self.folder / "data",
            traffic=TrafficSettings(shadow_samples=10, step_samples=10, steps=(0.1, 1.0)),
            trainer=TrainerSettings(**{"min_traces": 3, "check_interval_s": 60.0, **trainer}),
        )
        context = Context("hash", never_asked, self.clock, lambda _: None, self.stop)
        return Trainer(self.store, application, config, context)

    def shadowed(self) -> Variant:
        student = add_release(self.store, self.folder).variant
        cycle.start_shadow(self.store, FUNCTION, student, "passed", self.clock.now)
        return student

    def compare(self, student: Variant, value: float, times: int) -> None:
        for _ in range(times):
            self.clock.now += 1
            add_comparison(self.store, student, value, self.clock.now)

    def live(self) -> Variant:
        student = self.shadowed()
        cycle.climb(self.store, FUNCTION, 1.0, "good", self.clock.now)
        cycle.go_live(self.store, FUNCTION, "good", self.clock.now)
        return student


async def never_asked(*_: object) -> Any:
    raise AssertionError("no test here evaluates")


@pytest.fixture
def stage(tmp_path: Path) -> Iterator[Stage]:
    with open_store(tmp_path / "data") as store:
        yield Stage(store, tmp_path)


def add_traces(store: Store, n: int, at: float, source: TraceSource) -> None:
    store.insert_traces(
        [
            Trace(
                id=f"{source.value}-{at}-{number}",
                function=FUNCTION,
                prompt=Prompt("", (Message("user", str(number)),)),
                thinking="t",
                answer="{}",
                reasoning_kind=ReasoningKind.RAW,
                teacher="rules",
                training_permission=TrainingPermission.NONE,
                source=source,
                family="f",
                created_at=at,
            )
            for number in range(n)
        ]
    )


def test_a_good_release_climbs_from_tick_to_tick_and_goes_live(stage: Stage) -> None:
    student, trainer = stage.shadowed(), stage.trainer()
    shares = []
    for _ in range(4):
        stage.compare(student, 1.0, 20)
        trainer.tick()
        traffic = cycle.find_traffic(stage.store, FUNCTION)
        shares.append((traffic.champion, traffic.share))
    assert shares == [(TEACHER, 0.1), (TEACHER, 1.0), (student, 1.0), (student, 1.0)]


def test_a_step_needs_its_own_comparisons(stage: Stage) -> None:
    student, trainer = stage.shadowed(), stage.trainer()
    stage.compare(student, 1.0, 60)
    stage.clock.now += 1
    trainer.tick()
    trainer.tick()
    stage.clock.now += 1
    stage.compare(student, 1.0, 9)
    trainer.tick()
    assert cycle.find_traffic(stage.store, FUNCTION).share == 0.1
    assert trainer.status()["on_stage"] == {FUNCTION: "student@1: 9 of 10 comparisons at this step"}


def test_a_live_student_that_slips_is_rolled_back_with_the_reason(stage: Stage) -> None:
    student, trainer = stage.live(), stage.trainer()
    stage.compare(student, 1.0, 100)
    trainer.tick()
    assert cycle.find_traffic(stage.store, FUNCTION).champion == student
    stage.compare(student, 0.3, 20)
    trainer.tick()
    assert cycle.find_traffic(stage.store, FUNCTION).champion == TEACHER
    event = stage.store.find_events(FUNCTION)[-1]
    assert event.event == "rolled_back"
    assert "agreement with the teacher 0.3" in event.reason
    assert "< 0.75; teacher serves again" in event.reason


def test_a_student_that_fails_is_rolled_back(stage: Stage) -> None:
    student, trainer = stage.live(), stage.trainer()
    for _ in range(8):
        stage.clock.now += 1
        add_failure(stage.store, student, stage.clock.now)
    trainer.tick()
    assert "fell back to the teacher" in stage.store.find_events(FUNCTION)[-1].reason


def test_a_live_champion_is_watched_while_a_candidate_is_on_trial(stage: Stage) -> None:
    champion, trainer = stage.live(), stage.trainer()
    candidate = stage.shadowed()
    stage.compare(champion, 0.2, 30)
    stage.compare(candidate, 1.0, 5)
    trainer.tick()
    traffic = cycle.find_traffic(stage.store, FUNCTION)
    assert (traffic.champion, traffic.candidate) == (TEACHER, candidate)


def test_a_users_feedback_of_the_same_name_moves_no_traffic(stage: Stage) -> None:
    student = stage.live()
    stage.compare(student, 1.0, 5)
    for inference in stage.store.find_inferences(variant=student):
        at = stage.clock.now
        add_agreement(stage.store, inference.id, 0.0, at, FeedbackSource.USER)
        add_agreement(stage.store, inference.id, "nonsense", at, FeedbackSource.IMPLICIT)
    traffic = cycle.find_traffic(stage.store, FUNCTION)
    evidence = find_evidence(stage.store, traffic, student, TrafficSettings())
    assert evidence.agreements == (1.0,) * 5


def test_evidence_begins_anew_when_a_rolled_back_release_is_promoted_again(stage: Stage) -> None:
    student, trainer = stage.live(), stage.trainer()
    stage.compare(student, 0.0, 30)
    trainer.tick()
    stage.clock.now += 1
    cycle.promote(stage.store, student.release or 0, cycle.Promotion(), stage.clock.now)
    stage.compare(student, 1.0, 5)
    trainer.tick()
    assert cycle.find_traffic(stage.store, FUNCTION).champion == student


def test_evidence_of_a_live_release_is_a_window(stage: Stage) -> None:
    student = stage.live()
    stage.compare(student, 1.0, 30)
    stage.compare(student, 0.5, 10)
    traffic = cycle.find_traffic(stage.store, FUNCTION)
    evidence = find_evidence(stage.store, traffic, student, TrafficSettings(window=20))
    assert evidence.agreements == (1.0,) * 10 + (0.5,) * 10
    assert evidence.failures == (False,) * 20


def test_new_traces_start_a_training_and_its_error_is_visible(stage: Stage) -> None:
    trainer = stage.trainer()
    add_traces(stage.store, 2, 5.0, TraceSource.CAPTURED)
    add_traces(stage.store, 9, 5.0, TraceSource.BOOTSTRAP)
    trainer.tick()
    trainer.wait_for_training()
    assert trainer.status()["errors"] == {}
    add_traces(stage.store, 1, 6.0, TraceSource.IMPORTED)
    trainer.tick()
    assert trainer.status()["next_check_in_s"] == 60.0
    stage.clock.now += 60.0
    trainer.tick()
    trainer.wait_for_training()
    status = trainer.status()
    assert status["new_traces"] == 3
    assert "teacher.training_permission" in status["errors"]["train"]["error"]
    assert (status["training_in_progress"], status["stage"]) == (False, "idle")


def test_a_disabled_trainer_still_watches_and_still_obeys(stage: Stage) -> None:
    student, trainer = stage.live(), stage.trainer(enabled=False)
    add_traces(stage.store, 9, 5.0, TraceSource.CAPTURED)
    stage.compare(student, 0.1, 20)
    trainer.tick()
    assert cycle.find_traffic(stage.store, FUNCTION).champion == TEACHER
    assert trainer.status()["last_check_time"] is None
    with pytest.raises(PermissionRefusedError):
        trainer.train_now()


def test_no_training_starts_while_a_release_is_on_trial(stage: Stage) -> None:
    stage.shadowed()
    trainer = stage.trainer()
    add_traces(stage.store, 9, 5.0, TraceSource.CAPTURED)
    trainer.tick()
    trainer.wait_for_training()
    assert trainer.status()["errors"] == {}


def test_a_slip_is_seen_while_a_training_is_under_way(stage: Stage) -> None:
    begun, go_on = threading.Event(), threading.Event()

    def bootstrap(_n: int, _seed: int) -> Iterable[Trace]:
        begun.set()
        go_on.wait()
        return ()

    student = stage.live()
    trainer = stage.trainer(replace(APPLICATION, bootstrap=bootstrap), enabled=False)
    told = trainer.train_now()
    assert told.startswith("training started from synthetic traces alone")
    begun.wait()
    with pytest.raises(TrainingError, match="under way"):
        trainer.train_now()
    assert trainer.status()["stage"] == "bootstrap"
    stage.compare(student, 0.1, 20)
    trainer.tick()
    assert cycle.find_traffic(stage.store, FUNCTION).champion == TEACHER
    go_on.set()
    trainer.wait_for_training()


def test_a_part_that_fails_stops_no_other(stage: Stage) -> None:
    broken = replace(TRIAGE, name="broken")
    application = replace(APPLICATION, functions={"broken": broken, FUNCTION: TRIAGE})
    student, trainer = stage.live(), stage.trainer(application)
    stage.store.insert_event(Event(5.0, "broken", Variant(99), "canary", 0.5, "of no release"))
    stage.compare(student, 0.1, 20)
    trainer.tick()
    assert cycle.find_traffic(stage.store, FUNCTION).champion == TEACHER
    assert "no release 99" in trainer.status()["errors"]["watch broken"]["error"]


def test_what_a_dead_process_left_open_is_closed_at_the_start(stage: Stage) -> None:
    release = add_release(stage.store, stage.folder, state=CycleState.EVALUATING)
    trainer = stage.trainer(enabled=False, interval_s=1000.0)
    trainer.start()
    trainer.stop()
    found = stage.store.find_release(release.number)
    assert found is not None
    assert (found.state, found.reason) == (CycleState.FAILED, INTERRUPTED)
    assert [run.state for run in stage.store.find_runs()] == [RunState.FAILED]


def test_the_thread_ticks_and_stops(stage: Stage) -> None:
    student = stage.live()
    stage.compare(student, 0.1, 20)
    trainer = stage.trainer(enabled=False)
    trainer.start()
    trainer.stop()
    trainer.stop()
    assert stage.stop.is_set()
    assert trainer.status()["training_in_progress"] is False
