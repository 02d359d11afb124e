"""The figures of a comparison as plain JSON: by variant, against the reference, by slice.

What cannot be computed is None.
"""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import numpy as np

from understudy.curate.signals.similarity import mean_vector
from understudy.evaluate.compare import Compared, Comparison, Shown
from understudy.evaluate.compare_prompts import list_differences, named
from understudy.evaluate.intervals import mean_interval
from understudy.evaluate.replies import Plan


def build_figures(comparison: Comparison) -> dict[str, Any]:
    """The report but for its pairs and prompts, as plain JSON."""
    plan = comparison.plan
    against = {name: comparison.against(name) for name in plan.variants[1:]}
    return {
        "function": plan.function,
        "reference": plan.variants[0],
        "sources": {name: dict(one) for name, one in plan.sources.items()},
        "answered": _answered(comparison),
        "variants": {name: _variant(comparison, name) for name in plan.variants},
        "n": len(plan.asked),
        "confidence": plan.confidence,
        "seed": plan.seed,
        "against": {name: _against(comparison, rows) for name, rows in against.items()},
        "slices": _slices(comparison, against),
        "failures": list(comparison.failures()),
        "scale": comparison.scale.to_json(),
    }


def _answered(comparison: Comparison) -> dict[str, str]:
    """Between which moments the answers came."""
    came = [one.reply.at for one in comparison.shown.values()]
    times = {"first": min(came), "last": max(came)}
    return {
        name: datetime.fromtimestamp(at, UTC).isoformat(timespec="seconds")
        for name, at in times.items()
    }


def _variant(comparison: Comparison, name: str) -> dict[str, Any]:
    plan = comparison.plan
    mine = [one for (variant, _), one in comparison.shown.items() if variant == name]
    found: dict[str, Any] = {
        "asked": len(plan.asked),
        "answered": len(mine),
        "failed": len(plan.asked) - len(mine),
    }
    if not mine:
        return found
    latency = np.array([1000 * one.reply.latency_s for one in mine])
    measures = {
        "json_valid": [float(one.json_valid) for one in mine],
        "schema_valid": [float(one.answer is not None) for one in mine],
        **_scores(mine),
        **_token_confidence(mine),
    }
    return found | {
        **{measure: _mean(plan, values) for measure, values in measures.items()},
        "latency_ms": {
            "p50": float(np.percentile(latency, 50)),
            "p95": float(np.percentile(latency, 95)),
        },
        "tokens": {
            "input": sum(one.completion.usage.input_tokens for one in mine),
            "output": sum(one.completion.usage.output_tokens for one in mine),
        },
        "with_thinking": sum(bool(one.trace.thinking.strip()) for one in mine),
        "vector": named(mean_vector([one.vector for one in mine])),
    }


def _token_confidence(mine: Sequence[Shown]) -> dict[str, list[float]]:
    """Of the replies whose upstream told; no measure where none did."""
    told = [one.completion.confidence for one in mine]
    values = [one.mean for one in told if one is not None]
    return {"token_confidence": values} if values else {}


def _scores(mine: Sequence[Shown]) -> dict[str, list[float]]:
    names = sorted({name for one in mine for name in one.reply.scores})
    scored = [one.reply.scores for one in mine if one.reply.scores]
    return {name: [scores.get(name, 0.0) for scores in scored] for name in names}


def _against(comparison: Comparison, rows: Sequence[Compared]) -> dict[str, Any]:
    found = _alike(comparison.plan, rows)
    found["least_alike"] = [
        comparison.plan.asked[row.place].id
        for row in sorted(rows, key=lambda row: (row.similarity, row.place))
    ]
    found["differences"] = []
    if rows:
        first = mean_vector([row.first.vector for row in rows])
        second = mean_vector([row.second.vector for row in rows])
        found["differences"] = list_differences(first, second, comparison.scale)
    return found


def _alike(plan: Plan, rows: Sequence[Compared]) -> dict[str, Any]:
    agreed = [row.agreement for row in rows if row.agreement is not None]
    same = [float(row.first.trace.answer == row.second.trace.answer) for row in rows]
    return {
        "n": len(rows),
        "similarity": _mean(plan, [row.similarity for row in rows]),
        "agreement": _mean(plan, agreed),
        "same_text": _mean(plan, same),
    }


def _slices(
    comparison: Comparison, against: Mapping[str, Sequence[Compared]]
) -> dict[str, dict[str, Any]]:
    plan = comparison.plan
    names = sorted({one.slice for one in plan.asked if one.slice})
    return {
        slice_: {
            variant: _alike(plan, [row for row in rows if plan.asked[row.place].slice == slice_])
            for variant, rows in against.items()
        }
        for slice_ in names
    }


def _mean(plan: Plan, values: Sequence[float]) -> dict[str, Any]:
    return mean_interval(values, plan.confidence, seed=plan.seed).as_json()
