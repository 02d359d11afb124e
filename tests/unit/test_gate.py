"""The gate passes only on a whole report; whatever is missing holds."""

import copy
import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from understudy.config import Gate
from understudy.release.gate import judge

GATE = Gate()


def interval(mean: float, half: float = 0.02) -> dict[str, float]:
    return {"mean": mean, "low": mean - half, "high": mean + half, "n": 200}


def variant(agreement: float) -> dict[str, Any]:
    return {
        "n": 200,
        "json_valid": interval(1.0),
        "schema_valid": interval(1.0),
        "coverage": interval(0.9),
        "agreement": interval(agreement),
        "latency_ms": {"p50": 80.0, "p95": 200.0, "mean": 90.0},
    }


def passing(primary: str = "agreement", champion: str = "teacher") -> dict[str, Any]:
    difference = {"coverage": interval(-0.01), "agreement": interval(-0.02)}
    return {
        "n": 200,
        "primary": primary,
        "champion": champion,
        "candidate": "student@2",
        "measures": ["json_valid", "schema_valid", "coverage", "agreement"],
        "variants": {
            "teacher": variant(1.0),
            "student@1": variant(0.95),
            "student@2": variant(0.93),
        },
        "differences": {"student@2": {"teacher": difference, "student@1": difference}},
    }


def paths(value: Any, path: tuple[str, ...] = ()) -> list[tuple[str, ...]]:
    found = [path] if path else []
    if isinstance(value, dict):
        for key, inner in value.items():
            found += paths(inner, (*path, key))
    return found


def replaced(report: dict[str, Any], path: tuple[str, ...], value: Any) -> dict[str, Any]:
    changed = copy.deepcopy(report)
    inner: Any = changed
    for key in path[:-1]:
        inner = inner[key]
    if value is DROPPED:
        del inner[path[-1]]
    else:
        inner[path[-1]] = value
    return changed


DROPPED = object()


@pytest.mark.parametrize("primary", ["agreement", "coverage"])
@pytest.mark.parametrize("champion", ["teacher", "student@1"])
def test_a_sound_report_passes(primary: str, champion: str) -> None:
    verdict = judge(passing(primary, champion), GATE)
    assert verdict.promote, verdict.reason
    assert all(check.passed for check in verdict.checks)


METRICS = [
    path
    for path in paths(passing("coverage", "student@1"))
    if path[-1] in ("mean", "low", "high", "p95")
    and path[:2] != ("variants", "teacher")
    and path[-2:] != ("latency_ms", "mean")
    and path[1:3] != ("student@1", "latency_ms")
    and (path[0] != "differences" or path[2:] == ("student@1", "coverage", "low"))
]


@given(st.sampled_from(METRICS), st.sampled_from([DROPPED, None, math.nan, math.inf, "0.9", True]))
def test_a_missing_or_nan_metric_never_promotes(path: tuple[str, ...], value: Any) -> None:
    verdict = judge(replaced(passing("coverage", "student@1"), path, value), GATE)
    assert not verdict.promote
    assert "missing" in verdict.reason or "measures present" in verdict.reason


@given(
    st.sampled_from(paths(passing("coverage", "student@1"))),
    st.sampled_from([DROPPED, None, {}, []]),
)
def test_no_mutilated_report_raises(path: tuple[str, ...], value: Any) -> None:
    assert judge(replaced(passing("coverage", "student@1"), path, value), GATE).reason


@given(
    st.recursive(
        st.none() | st.booleans() | st.floats() | st.text(max_size=3),
        lambda inner: st.dictionaries(
            st.sampled_from(["n", "variants", "candidate", "champion", "measures", "student@2"]),
            inner,
            max_size=4,
        ),
    )
)
def test_no_arbitrary_report_promotes(value: Any) -> None:
    assert not judge(value if isinstance(value, dict) else {}, GATE).promote


@pytest.mark.parametrize(
    ("path", "value", "word"),
    [
        (("n",), 49, "questions 49 < 50"),
        (("variants", "student@2", "agreement", "n"), 12, "compared with the teacher 12 < 50"),
        (("variants", "student@2", "agreement", "low"), 0.79, "agreement, lower end 0.79 < 0.8"),
        (("variants", "student@2", "json_valid", "mean"), 0.98, "json_valid 0.98 < 0.99"),
        (("variants", "student@2", "schema_valid", "mean"), 0.97, "schema_valid 0.97 < 0.98"),
        (("variants", "student@2", "latency_ms", "p95"), 2500.0, "latency p95, ms 2500 > 2000"),
        (
            ("differences", "student@2", "student@1", "coverage", "low"),
            -0.11,
            "coverage against student@1, lower end -0.11 < -0.1",
        ),
    ],
)
def test_each_guardrail_holds_and_says_so(path: tuple[str, ...], value: float, word: str) -> None:
    verdict = judge(replaced(passing("coverage", "student@1"), path, value), GATE)
    assert not verdict.promote
    assert word in verdict.reason
    assert [check.passed for check in verdict.checks].count(False) == 1


def test_training_loss_is_no_input() -> None:
    report = passing()
    report["variants"]["student@2"]["agreement"] = interval(0.2)
    assert not judge({**report, "loss": 0.0, "metrics": {"loss": 0.0}}, GATE).promote


def test_a_verdict_is_plain_json() -> None:
    shown = judge(passing(), GATE).as_json()
    assert shown["promote"] is True
    assert {"name", "value", "must_be", "bar", "passed"} == set(shown["checks"][0])
