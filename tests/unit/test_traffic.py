"""Routing is sticky and monotone; a release climbs on evidence and leaves on evidence."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from understudy.config import TrafficSettings
from understudy.records import TEACHER, Traffic, Variant
from understudy.release.traffic import Action, Evidence, decide, route

SETTINGS = TrafficSettings()
STUDENT = Variant(3)
EPISODES = [f"episode-{number}" for number in range(2000)]


def canary(share: float, champion: Variant = TEACHER) -> Traffic:
    return Traffic("triage", champion, STUDENT, share, False, 0.0)


SHADOW = Traffic("triage", TEACHER, STUDENT, 0.0, True, 0.0)
LIVE = Traffic("triage", STUDENT, None, 1.0, False, 0.0)


def good(n: int, seed: int = 0) -> tuple[float, ...]:
    rng = np.random.default_rng(seed)
    return tuple(np.where(rng.random(n) < 0.85, 1.0, rng.choice([0.5, 0.67, 0.8], n)).tolist())


def bad(n: int, seed: int = 0) -> tuple[float, ...]:
    return tuple(np.random.default_rng(seed).choice([0.0, 0.33, 0.5, 0.67, 1.0], n).tolist())


def test_without_a_candidate_the_champion_answers_with_certainty() -> None:
    assert route(Traffic("triage", TEACHER, None, 0.0, False, 0.0), "e") == (TEACHER, 1.0)
    assert route(LIVE, "e") == (STUDENT, 1.0)


def test_a_shadowed_release_never_answers() -> None:
    assert {route(SHADOW, episode) for episode in EPISODES} == {(TEACHER, 1.0)}


def test_the_share_of_the_episodes_is_the_share_that_was_asked_for() -> None:
    chosen = [route(canary(0.25), episode) for episode in EPISODES]
    students = [p for variant, p in chosen if variant == STUDENT]
    assert len(students) / len(EPISODES) == pytest.approx(0.25, abs=0.03)
    assert set(students) == {0.25}
    assert {p for variant, p in chosen if variant == TEACHER} == {0.75}


@given(st.text(), st.floats(0, 1), st.floats(0, 1))
def test_a_rising_share_only_adds_episodes(episode: str, one: float, other: float) -> None:
    low, high = sorted((one, other))
    if route(canary(low), episode)[0] == STUDENT:
        assert route(canary(high), episode)[0] == STUDENT


@given(st.text())
def test_an_episode_sticks_to_its_variant(episode: str) -> None:
    assert route(canary(0.5), episode) == route(canary(0.5), episode)
    assert route(canary(1.0), episode) == (STUDENT, 1.0)


def test_a_shadow_waits_for_its_comparisons() -> None:
    decision = decide(SHADOW, Evidence(good(29), (), 29), SETTINGS)
    assert decision.action is Action.HOLD
    assert decision.reason == "29 of 30 comparisons at this step"


def test_a_good_student_climbs_every_step_and_goes_live() -> None:
    traffic, agreements, shares = SHADOW, good(40), []
    decision = decide(traffic, Evidence(agreements, (False,) * 40, 40), SETTINGS)
    while decision.action is Action.CLIMB:
        shares.append(decision.share)
        traffic = canary(decision.share)
        agreements += good(20, seed=len(shares))
        decision = decide(traffic, Evidence(agreements, (False,) * 200, 20), SETTINGS)
    assert shares == [0.05, 0.25, 0.5, 1.0]
    assert decision.action is Action.GO_LIVE


def test_enough_comparisons_without_proof_hold() -> None:
    decision = decide(canary(0.05), Evidence((0.78, 0.74) * 20, (), 40), SETTINGS)
    assert decision.action is Action.HOLD
    assert "lower bound" in decision.reason


@pytest.mark.parametrize("traffic", [SHADOW, canary(0.25), LIVE], ids=["shadow", "canary", "live"])
def test_a_bad_student_is_taken_off_quickly_and_the_reason_has_the_numbers(
    traffic: Traffic,
) -> None:
    values = bad(40)
    needed = next(
        n
        for n in range(1, 41)
        if decide(traffic, Evidence(values[:n], (), n), SETTINGS).action is Action.ROLL_BACK
    )
    assert needed <= 30
    reason = decide(traffic, Evidence(values[:needed], (), needed), SETTINGS).reason
    assert reason.startswith("agreement with the teacher 0.")
    assert f"over the last {needed} comparisons, upper bound 0.7" in reason
    assert reason.endswith("< 0.75")


def test_a_live_student_that_slips_is_taken_off_within_forty_comparisons() -> None:
    values = good(200) + bad(40)
    recent = values[-SETTINGS.window :]
    assert decide(LIVE, Evidence(values[:200], (), 200), SETTINGS).action is Action.HOLD
    assert decide(LIVE, Evidence(recent, (), 200), SETTINGS).action is Action.ROLL_BACK


@pytest.mark.parametrize("seed", range(10))
def test_a_good_live_student_stays(seed: int) -> None:
    values = good(400, seed)
    for end in range(20, 400, 20):
        evidence = Evidence(values[max(0, end - 200) : end], (False,) * 50, end)
        assert decide(LIVE, evidence, SETTINGS).action is Action.HOLD


def test_failures_in_a_row_take_a_student_off() -> None:
    evidence = Evidence(good(40), (False,) * 100 + (True,) * 6, 40)
    decision = decide(canary(0.5), evidence, SETTINGS)
    assert decision.action is Action.ROLL_BACK
    assert "fell back to the teacher" in decision.reason
    assert "> 5.0%" in decision.reason


def test_a_rare_failure_is_no_reason() -> None:
    failures = ((False,) * 49 + (True,)) * 4
    decision = decide(LIVE, Evidence(good(100), failures, 100), SETTINGS)
    assert decision.action is Action.HOLD


def test_without_any_evidence_everything_stays() -> None:
    for traffic in (SHADOW, canary(0.05), LIVE):
        assert decide(traffic, Evidence((), (), 0), SETTINGS).action is Action.HOLD


@pytest.mark.parametrize("bar", [0.0, 1.0])
def test_the_extreme_bars_are_obeyed(bar: float) -> None:
    settings = TrafficSettings(min_agreement=bar, max_failure_share=bar)
    decision = decide(LIVE, Evidence((0.9,) * 30, (True,) * 30, 30), settings)
    assert decision.action is (Action.HOLD if bar == 0.0 else Action.ROLL_BACK) or bar == 0.0
