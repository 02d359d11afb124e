"""[gate] and [traffic]: one number flips a verdict."""

from collections.abc import Callable
from pathlib import Path

import pytest
from reach_rig import Reach, check
from stagehands import FUNCTION, add_inference, add_release
from test_gate import passing, replaced

from understudy.cli import steer
from understudy.config import Config
from understudy.daemon.evidence import find_evidence
from understudy.records import TEACHER, CycleState, Traffic, Variant
from understudy.release import cycle
from understudy.release.gate import judge
from understudy.release.traffic import Action, Evidence, decide
from understudy.store import open_store

STUDENT = Variant(1)
SHADOW = Traffic(FUNCTION, TEACHER, STUDENT, 0.0, True, 0.0)
CANARY = Traffic(FUNCTION, TEACHER, STUDENT, 0.3, False, 0.0)
SERVED = (False,) * 40


def promotes(path: tuple[str, ...], value: float) -> Callable[[Config], bool]:
    """Whether the gate lets a release pass whose report is sound but for one figure."""
    report = replaced(passing("coverage", "student@1"), path, value)
    return lambda config: judge(report, config.gate).promote


def measured(*path: str) -> tuple[str, ...]:
    return ("variants", "student@2", *path)


def acts(traffic: Traffic, evidence: Evidence) -> Callable[[Config], Action]:
    return lambda config: decide(traffic, evidence, config.traffic).action


def first_share(config: Config) -> list[float]:
    """Of a release that climbs out of the shadow, and of one that an operator promotes."""
    climbed = decide(SHADOW, Evidence((1.0,) * 60, SERVED, 60), config.traffic).share
    with open_store(Path("store")) as store:
        release = add_release(store, Path("store"), state=CycleState.EVALUATING)
        cycle.start_shadow(store, FUNCTION, release.variant, "passed", 1.0)
        steer.promote(store, config, release.number, force=False)
        return [climbed, cycle.find_traffic(store, FUNCTION).share]


def requests_judged(config: Config) -> int:
    with open_store(Path("store")) as store:
        for second in range(30):
            add_inference(store, STUDENT, float(second))
        return len(find_evidence(store, CANARY, STUDENT, config.traffic).failures)


MIXED = Evidence((0.6, 0.8) * 40, SERVED, 80)
FAILING = Evidence((1.0,) * 60, (True,) * 40, 60)

DECISIONS: dict[str, Reach] = {
    "gate.margin": Reach(
        0.3, promotes(("differences", "student@2", "student@1", "coverage", "low"), -0.2), True
    ),
    "gate.min_agreement": Reach(0.7, promotes(measured("agreement", "low"), 0.75), True),
    "gate.min_json_valid": Reach(0.9, promotes(measured("json_valid", "mean"), 0.95), True),
    "gate.min_schema_valid": Reach(0.9, promotes(measured("schema_valid", "mean"), 0.95), True),
    "gate.max_latency_p95_ms": Reach(3000.0, promotes(measured("latency_ms", "p95"), 2500.0), True),
    "gate.min_questions": Reach(20, promotes(("n",), 30), True),
    "traffic.steps": Reach((0.4, 1.0), first_share, [0.4, 0.4]),
    "traffic.min_agreement": Reach(0.5, acts(CANARY, MIXED), Action.CLIMB),
    "traffic.shadow_samples": Reach(
        60, acts(SHADOW, Evidence((1.0,) * 59, SERVED, 59)), Action.HOLD
    ),
    "traffic.step_samples": Reach(60, acts(CANARY, Evidence((1.0,) * 59, SERVED, 59)), Action.HOLD),
    "traffic.max_failure_share": Reach(1.0, acts(CANARY, FAILING), Action.CLIMB),
    "traffic.alpha": Reach(0.9, acts(CANARY, Evidence((0.7, 0.85) * 20, SERVED, 40)), Action.CLIMB),
    "traffic.window": Reach(10, requests_judged, 10),
}


@pytest.mark.parametrize("name", DECISIONS)
def test_a_setting_reaches_its_user(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    check(name, DECISIONS[name], tmp_path, monkeypatch)
