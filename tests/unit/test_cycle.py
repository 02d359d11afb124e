"""A release takes only legal steps."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest
from stagehands import FUNCTION, PASSED, add_release, make_live

from understudy.errors import ExportError, GateError, NotFoundError
from understudy.records import TEACHER, CycleState, Traffic, Variant
from understudy.release import cycle
from understudy.release.cycle import Promotion
from understudy.store import Store, open_store

HELD = {"gate": {FUNCTION: {"promote": False, "reason": "held: json_valid 0.9 < 0.99"}}}


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with open_store(tmp_path / "data") as opened:
        yield opened


def state_of(store: Store, variant: Variant) -> CycleState:
    release = store.find_release(variant.release or 0)
    assert release is not None
    return release.state


def test_the_teacher_serves_a_function_that_nobody_learned(store: Store) -> None:
    assert cycle.find_traffic(store, FUNCTION) == Traffic(FUNCTION, TEACHER, None, 0.0, False, 0.0)


def test_a_release_goes_from_shadow_to_live_and_every_step_is_on_the_timeline(
    store: Store, tmp_path: Path
) -> None:
    student = make_live(store, tmp_path, 10.0)
    assert cycle.find_traffic(store, FUNCTION) == Traffic(FUNCTION, student, None, 1.0, False, 12.0)
    assert state_of(store, student) is CycleState.LIVE
    steps = [(e.at, e.event, e.student_share, e.reason) for e in store.find_events(FUNCTION)]
    assert steps == [
        (10.0, "shadow", 0.0, "gate passed"),
        (11.0, "canary", 0.5, "agrees"),
        (12.0, "live", 1.0, "agrees still"),
    ]


def test_a_shadow_cannot_go_live_at_once(store: Store, tmp_path: Path) -> None:
    student = add_release(store, tmp_path).variant
    cycle.start_shadow(store, FUNCTION, student, "passed", 1.0)
    with pytest.raises(GateError, match="shadow and cannot become live; it can become canary"):
        cycle.go_live(store, FUNCTION, "hurry", 2.0)


@pytest.mark.parametrize("state", [CycleState.REJECTED, CycleState.FAILED, CycleState.ROLLED_BACK])
def test_a_release_that_ended_does_not_come_back_by_itself(
    store: Store, tmp_path: Path, state: CycleState
) -> None:
    student = add_release(store, tmp_path, state=state).variant
    with pytest.raises(GateError, match="cannot become shadow"):
        cycle.start_shadow(store, FUNCTION, student, "again", 1.0)


def test_a_rolled_back_candidate_leaves_the_champion_where_it_is(
    store: Store, tmp_path: Path
) -> None:
    student = add_release(store, tmp_path).variant
    cycle.start_shadow(store, FUNCTION, student, "passed", 1.0)
    cycle.climb(store, FUNCTION, 0.25, "good", 2.0)
    after = cycle.roll_back(store, FUNCTION, "agreement 0.4", 3.0)
    assert after == Traffic(FUNCTION, TEACHER, None, 0.0, False, 3.0)
    assert state_of(store, student) is CycleState.ROLLED_BACK
    assert store.find_events(FUNCTION)[-1].reason == "agreement 0.4"


def test_rollback_of_a_champion_restores_the_previous_one(store: Store, tmp_path: Path) -> None:
    first, second = make_live(store, tmp_path, 10.0), make_live(store, tmp_path, 20.0)
    assert state_of(store, first) is CycleState.RETIRED
    after = cycle.roll_back(store, FUNCTION, "slipped", 30.0)
    assert (after.champion, after.share) == (first, 1.0)
    assert state_of(store, first) is CycleState.LIVE
    assert state_of(store, second) is CycleState.ROLLED_BACK
    assert store.find_events(FUNCTION)[-1].reason == "slipped; student@1 serves again"


def test_a_previous_champion_whose_file_is_gone_is_passed_over(
    store: Store, tmp_path: Path
) -> None:
    first, _ = make_live(store, tmp_path, 10.0), make_live(store, tmp_path, 20.0)
    (tmp_path / f"release-{first.release}.gguf").unlink()
    after = cycle.roll_back(store, FUNCTION, "slipped", 30.0)
    assert after == Traffic(FUNCTION, TEACHER, None, 0.0, False, 30.0)


def test_a_champion_that_was_rolled_back_is_never_restored(store: Store, tmp_path: Path) -> None:
    make_live(store, tmp_path, 10.0)
    cycle.roll_back(store, FUNCTION, "slipped", 15.0)
    make_live(store, tmp_path, 20.0)
    assert cycle.roll_back(store, FUNCTION, "slipped too", 30.0).champion == TEACHER


def test_the_teacher_cannot_be_rolled_back(store: Store) -> None:
    with pytest.raises(GateError, match="nothing to roll back"):
        cycle.roll_back(store, FUNCTION, "why not", 1.0)


def test_a_champion_can_be_taken_off_while_a_candidate_is_on_trial(
    store: Store, tmp_path: Path
) -> None:
    champion = make_live(store, tmp_path, 10.0)
    candidate = add_release(store, tmp_path).variant
    cycle.start_shadow(store, FUNCTION, candidate, "passed", 20.0)
    after = cycle.roll_back(store, FUNCTION, "slipped", 30.0, champion)
    assert (after.champion, after.candidate, after.shadow) == (TEACHER, candidate, True)
    assert state_of(store, candidate) is CycleState.SHADOW


def test_a_newer_release_takes_the_place_of_a_candidate(store: Store, tmp_path: Path) -> None:
    older, newer = add_release(store, tmp_path).variant, add_release(store, tmp_path).variant
    cycle.start_shadow(store, FUNCTION, older, "passed", 1.0)
    assert cycle.start_shadow(store, FUNCTION, newer, "passed", 1.0).candidate == newer
    assert state_of(store, older) is CycleState.RETIRED


def test_a_release_serves_two_functions_and_leaves_one(store: Store, tmp_path: Path) -> None:
    student = add_release(store, tmp_path, functions=(FUNCTION, "reply")).variant
    for function in (FUNCTION, "reply"):
        cycle.start_shadow(store, function, student, "passed", 1.0)
    cycle.climb(store, FUNCTION, 0.5, "good", 2.0)
    assert state_of(store, student) is CycleState.CANARY
    cycle.roll_back(store, FUNCTION, "slipped", 3.0)
    assert state_of(store, student) is CycleState.SHADOW
    cycle.roll_back(store, "reply", "slipped", 4.0)
    assert state_of(store, student) is CycleState.ROLLED_BACK


def test_an_operator_promotes_a_rolled_back_release_that_passed_its_gate(
    store: Store, tmp_path: Path
) -> None:
    student = make_live(store, tmp_path, 10.0)
    cycle.roll_back(store, FUNCTION, "slipped", 20.0)
    (after,) = cycle.promote(store, student.release or 0, Promotion(), 30.0)
    assert (after.champion, after.share) == (student, 1.0)
    assert state_of(store, student) is CycleState.LIVE


def test_an_operator_restarts_the_canary_of_a_retired_release(store: Store, tmp_path: Path) -> None:
    first, second = make_live(store, tmp_path, 10.0), make_live(store, tmp_path, 20.0)
    canary = Promotion(target=CycleState.CANARY, share=0.05)
    (after,) = cycle.promote(store, first.release or 0, canary, 30.0)
    assert (after.champion, after.candidate, after.share) == (second, first, 0.05)


def test_promotion_past_a_gate_that_held_must_be_forced_and_says_so(
    store: Store, tmp_path: Path
) -> None:
    release = add_release(store, tmp_path, state=CycleState.REJECTED, report=HELD)
    with pytest.raises(GateError, match=r"json_valid 0\.9 < 0\.99"):
        cycle.promote(store, release.number, Promotion(), 1.0)
    cycle.promote(store, release.number, Promotion(force=True), 2.0)
    reason = store.find_events(FUNCTION)[-1].reason
    assert reason == "promoted by an operator; forced although held: json_valid 0.9 < 0.99"


def test_promotion_leaves_out_the_function_whose_gate_held(store: Store, tmp_path: Path) -> None:
    report = {"gate": {**PASSED["gate"], "reply": {"promote": False, "reason": "held"}}}
    release = add_release(store, tmp_path, report=report, functions=(FUNCTION, "reply"))
    moved = cycle.promote(store, release.number, Promotion(), 1.0)
    assert [traffic.function for traffic in moved] == [FUNCTION]


def test_a_release_that_was_never_judged_or_has_no_file_is_not_promoted(
    store: Store, tmp_path: Path
) -> None:
    never = add_release(store, tmp_path, report={})
    with pytest.raises(GateError, match="never judged"):
        cycle.promote(store, never.number, Promotion(), 1.0)
    gone = add_release(store, tmp_path)
    (tmp_path / f"release-{gone.number}.gguf").unlink()
    with pytest.raises(ExportError, match="is not there"):
        cycle.promote(store, gone.number, Promotion(), 1.0)
    training = add_release(store, tmp_path, state=CycleState.TRAINING)
    with pytest.raises(GateError, match="only a release that was evaluated"):
        cycle.promote(store, training.number, Promotion(), 1.0)
    with pytest.raises(NotFoundError, match="there are: 1, 2, 3"):
        cycle.promote(store, 9, Promotion(), 1.0)


def test_a_step_at_a_clock_that_stands_still_is_still_later(store: Store, tmp_path: Path) -> None:
    student = add_release(store, tmp_path).variant
    first = cycle.start_shadow(store, FUNCTION, student, "passed", 5.0)
    second = cycle.climb(store, FUNCTION, 0.05, "good", 5.0)
    assert second.since > first.since


def test_two_threads_cannot_take_the_same_release_off_twice(store: Store, tmp_path: Path) -> None:
    make_live(store, tmp_path, 10.0)

    def take_off(at: float) -> str:
        try:
            return str(cycle.roll_back(store, FUNCTION, "slipped", at).champion)
        except GateError as error:
            return type(error).__name__

    with ThreadPoolExecutor(4) as pool:
        outcomes = sorted(pool.map(take_off, [20.0, 21.0, 22.0, 23.0]))
    assert outcomes == ["GateError"] * 3 + ["teacher"]
    assert [event.event for event in store.find_events(FUNCTION)].count("rolled_back") == 1


def test_an_early_end_is_an_event_and_a_state(store: Store, tmp_path: Path) -> None:
    release = add_release(store, tmp_path, state=CycleState.TRAINING)
    cycle.advance(store, release, CycleState.FAILED, "the job died", 3.0)
    assert state_of(store, release.variant) is CycleState.FAILED
    assert store.find_events(FUNCTION)[-1].event == "failed"
    with pytest.raises(GateError, match="cannot become exporting; it can become nothing"):
        cycle.advance(
            store, replace(release, state=CycleState.FAILED), CycleState.EXPORTING, "", 4.0
        )
