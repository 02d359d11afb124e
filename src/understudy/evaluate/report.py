"""Turns the answers of an evaluation into its report: means, intervals, paired differences.

Plain JSON values only. What cannot be computed is None, and the gate holds on it.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from understudy.config import Evaluation
from understudy.evaluate.intervals import mean_interval, paired_difference_interval
from understudy.function import Answer, Function, Question
from understudy.records import TEACHER, Usage

EXAMPLES = 5
UNQUANTISED = " f16"
"""Ends the name of a release's GGUF before quantisation: measured beside the one that is served."""
ALWAYS = ("json_valid", "schema_valid")
COMPARED = ("agreement", "plan_exact")
NOTHING_USED = Usage()


@dataclass(frozen=True, slots=True)
class Answered:
    """One variant's answer to one question. `answer` is None unless it satisfies the schema;
    `agreement` is None where the teacher gave nothing to agree with."""

    latency_ms: float
    text: str = ""
    error: str = ""
    answer: Answer | None = None
    json_valid: bool = False
    scores: Mapping[str, float] = field(default_factory=dict)
    agreement: float | None = None
    plan_exact: float | None = None
    usage: Usage = NOTHING_USED
    cost_usd: float = 0.0

    def measure(self, name: str) -> float | None:
        """The named measure; a score that the function gave to others but not here is 0."""
        if name == "json_valid":
            return float(self.json_valid)
        if name == "schema_valid":
            return float(self.answer is not None)
        if name == "agreement":
            return self.agreement
        if name == "plan_exact":
            return self.plan_exact
        return self.scores.get(name, 0.0)


def build_report(
    function: Function,
    questions: Sequence[Question],
    answered: Mapping[str, Sequence[Answered]],
    settings: Evaluation,
) -> dict[str, Any]:
    """Measures as {mean, low, high, n} by variant, by slice and as paired differences."""
    scores = sorted({name for many in answered.values() for one in many for name in one.scores})
    compared = COMPARED if str(TEACHER) in answered else ()
    measures = [*ALWAYS, *scores, *compared]
    table = _Table(questions, answered, settings, measures)
    return {
        "function": function.name,
        "primary": function.primary,
        "n": len(questions),
        "confidence": settings.confidence,
        "measures": measures,
        "variants": {name: table.variant(name) for name in answered},
        "differences": table.differences(),
        "slices": table.slices(),
        "examples": table.worst(),
    }


class _Table:
    """The answers by variant and question, and the figures drawn from them."""

    def __init__(
        self,
        questions: Sequence[Question],
        answered: Mapping[str, Sequence[Answered]],
        settings: Evaluation,
        measures: Sequence[str],
    ) -> None:
        self._questions = questions
        self._answered = answered
        self._settings = settings
        self._measures = measures

    def variant(self, name: str) -> dict[str, Any]:
        answers = self._answered[name]
        latency = np.array([one.latency_ms for one in answers])
        errors = Counter(one.error for one in answers if one.error)
        return {
            "n": len(answers),
            "failed": sum(errors.values()),
            "errors": dict(errors.most_common(EXAMPLES)),
            **self._means(name, range(len(answers))),
            "latency_ms": {
                "p50": float(np.percentile(latency, 50)),
                "p95": float(np.percentile(latency, 95)),
                "mean": float(latency.mean()),
            },
            "tokens": {
                "input": sum(one.usage.input_tokens for one in answers),
                "output": sum(one.usage.output_tokens for one in answers),
            },
            "cost_usd": sum(one.cost_usd for one in answers),
        }

    def differences(self) -> dict[str, Any]:
        """Each student minus each other variant, question by question."""
        return {
            name: {
                other: self._difference(name, other) for other in self._answered if other != name
            }
            for name in self._answered
            if name != str(TEACHER)
        }

    def slices(self) -> dict[str, Any]:
        members: dict[str, list[int]] = {}
        for index, question in enumerate(self._questions):
            members.setdefault(question.slice, []).append(index)
        return {
            slice_: {name: {"n": len(rows), **self._means(name, rows)} for name in self._answered}
            for slice_, rows in sorted(members.items())
            if slice_
        }

    def worst(self) -> list[dict[str, Any]]:
        """The questions on which a student agreed least with the teacher."""
        reference = self._answered.get(str(TEACHER))
        if reference is None:
            return []
        ranked = sorted(
            (one.agreement, index, name)
            for name, answers in self._answered.items()
            for index, one in enumerate(answers)
            if name != str(TEACHER) and not name.endswith(UNQUANTISED)
            if one.agreement is not None and one.agreement < 1.0
        )
        return [self._example(name, index) for _, index, name in ranked[:EXAMPLES]]

    def _example(self, name: str, index: int) -> dict[str, Any]:
        question, one = self._questions[index], self._answered[name][index]
        return {
            "id": question.id,
            "slice": question.slice,
            "request": dict(question.request),
            "variant": name,
            "agreement": one.agreement,
            "answer": one.text,
            "error": one.error,
            "teacher": self._answered[str(TEACHER)][index].text,
        }

    def _means(self, name: str, rows: Sequence[int]) -> dict[str, Any]:
        return {
            measure: mean_interval(
                [value for row in rows if (value := self._value(name, row, measure)) is not None],
                self._settings.confidence,
                seed=self._settings.seed,
            ).as_json()
            for measure in self._measures
        }

    def _difference(self, name: str, other: str) -> dict[str, Any]:
        """Only where the other was reached: its outage must not flatter this one."""
        rows = [row for row, one in enumerate(self._answered[other]) if not one.error]
        found = {}
        for measure in self._measures:
            pairs = [
                (mine, theirs)
                for row in rows
                if (mine := self._value(name, row, measure)) is not None
                and (theirs := self._value(other, row, measure)) is not None
            ]
            found[measure] = paired_difference_interval(
                [mine for mine, _ in pairs],
                [theirs for _, theirs in pairs],
                self._settings.confidence,
                seed=self._settings.seed,
            ).as_json()
        return found

    def _value(self, name: str, row: int, measure: str) -> float | None:
        """A score exists only for a question that expects something."""
        scored = measure not in (*ALWAYS, *COMPARED)
        if scored and self._questions[row].expected is None:
            return None
        return self._answered[name][row].measure(measure)
