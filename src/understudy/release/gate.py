"""Whether a release may go on stage, from its evaluation report alone.

Holds on any metric that is missing, None or NaN. Training loss is no input.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from understudy.config import Gate
from understudy.records import TEACHER


@dataclass(frozen=True, slots=True)
class Check:
    """One bar. `at_least` says on which side of it the value must lie; None never passes."""

    name: str
    value: float | None
    bar: float
    at_least: bool = True

    @property
    def passed(self) -> bool:
        if self.value is None:
            return False
        return self.value >= self.bar if self.at_least else self.value <= self.bar

    def __str__(self) -> str:
        if self.value is None:
            return f"{self.name} is missing"
        sign = "<" if self.at_least else ">"
        return f"{self.name} {self.value:.4g} {sign} {self.bar:.4g}"

    def as_json(self) -> dict[str, Any]:
        sign = ">=" if self.at_least else "<="
        return {
            "name": self.name,
            "value": self.value,
            "must_be": sign,
            "bar": self.bar,
            "passed": self.passed,
        }


@dataclass(frozen=True, slots=True)
class Verdict:
    promote: bool
    reason: str
    checks: tuple[Check, ...]

    def as_json(self) -> dict[str, Any]:
        return {
            "promote": self.promote,
            "reason": self.reason,
            "checks": [check.as_json() for check in self.checks],
        }


def judge(report: Mapping[str, Any], gate: Gate) -> Verdict:
    """Non-inferior to the champion on the primary measure, and inside every guardrail.

    `report` is the suite's, with `candidate` and `champion` naming two of its variants.
    """
    candidate, champion = _name(report, "candidate"), _name(report, "champion")
    checks = (
        Check("questions", _number(report, "n"), gate.min_questions),
        *_guardrails(_mapping(report, "variants", candidate), gate),
        *_non_inferiority(report, candidate, champion, gate),
        _completeness(report, (candidate, champion)),
    )
    failed = [str(check) for check in checks if not check.passed]
    if failed:
        return Verdict(False, "held: " + "; ".join(failed), checks)
    agreed = next(check.value for check in checks if check.name == "agreement, lower end")
    return Verdict(True, f"passed {len(checks)} checks; agreement at least {agreed:.3f}", checks)


def _guardrails(measured: Mapping[str, Any], gate: Gate) -> tuple[Check, ...]:
    # The interval's lower end for agreement, which a lucky small sample would pass by its mean;
    # the mean for validity, whose interval on 200 faultless answers still reaches down to 0.985.
    return (
        Check(
            "answers compared with the teacher",
            _number(measured, "agreement", "n"),
            gate.min_questions,
        ),
        Check("agreement, lower end", _number(measured, "agreement", "low"), gate.min_agreement),
        Check("json_valid", _number(measured, "json_valid", "mean"), gate.min_json_valid),
        Check("schema_valid", _number(measured, "schema_valid", "mean"), gate.min_schema_valid),
        Check(
            "latency p95, ms",
            _number(measured, "latency_ms", "p95"),
            gate.max_latency_p95_ms,
            at_least=False,
        ),
    )


def _non_inferiority(
    report: Mapping[str, Any], candidate: str, champion: str, gate: Gate
) -> tuple[Check, ...]:
    """The teacher agrees with itself by definition: against it, agreement has its own bar."""
    primary = _name(report, "primary")
    if primary == "agreement" and champion == str(TEACHER):
        return ()
    low = _number(report, "differences", candidate, champion, primary, "low")
    return (Check(f"{primary} against {champion}, lower end", low, -gate.margin),)


def _completeness(report: Mapping[str, Any], names: tuple[str, str]) -> Check:
    """The share of declared measures that both variants have as finite numbers."""
    measures = report.get("measures")
    if not isinstance(measures, list) or not all(isinstance(one, str) for one in measures):
        measures = []
    if not measures:
        return Check("share of measures present", None, 1.0)
    found = [
        all(
            _number(report, "variants", name, measure, end) is not None
            for end in ("mean", "low", "high")
        )
        for name in names
        for measure in measures
    ]
    return Check("share of measures present", sum(found) / len(found), 1.0)


def _name(report: Mapping[str, Any], key: str) -> str:
    found = report.get(key)
    return found if isinstance(found, str) else ""


def _mapping(value: Any, *path: str) -> Mapping[str, Any]:
    for key in path:
        value = value.get(key) if isinstance(value, Mapping) else None
    return value if isinstance(value, Mapping) else {}


def _number(value: Any, *path: str) -> float | None:
    """The number at the path, or None where there is none that can be compared."""
    found = _mapping(value, *path[:-1]).get(path[-1])
    if isinstance(found, bool) or not isinstance(found, int | float) or not math.isfinite(found):
        return None
    return float(found)
