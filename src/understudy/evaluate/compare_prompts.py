"""A comparison prompt by prompt: what each variant replied, what was found in it, what differs.

One prompt at a time, for as long as it is written: texts may be megabytes.
"""

import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import numpy as np

from understudy.curate.signals.findings import Finding
from understudy.curate.signals.similarity import Scale, Vector, differences
from understudy.curate.signals.vector import NAMES
from understudy.evaluate.compare import Comparison, Shown


def build_prompts(comparison: Comparison) -> Iterator[dict[str, Any]]:
    """The report's `prompts`, in the plan's order, as plain JSON."""
    for place in range(len(comparison.plan.asked)):
        yield _prompt(comparison, place)


def report_json(report: Mapping[str, Any], prompts: Iterable[Mapping[str, Any]]) -> Iterator[str]:
    """report.json in pieces, one line a prompt. The standard library's JSON keeps a lone surrogate,
    which orjson refuses."""
    figures = json.dumps(report, indent=1, allow_nan=False)
    yield figures.removesuffix("\n}")
    before = ',\n "prompts": [\n'
    for prompt in prompts:
        yield f"{before}  {json.dumps(prompt, allow_nan=False)}"
        before = ",\n"
    yield "\n ]\n}\n"


def list_differences(first: Vector, second: Vector, scale: Scale) -> list[dict[str, Any]]:
    return [
        {
            "dimension": one.name,
            "first": one.first,
            "second": one.second,
            "deviations": one.size if np.isfinite(one.size) else None,
            "words": one.words,
        }
        for one in differences(first, second, scale)
    ]


def named(vector: Vector) -> dict[str, float]:
    return dict(zip(NAMES, map(float, vector), strict=True))


def _prompt(comparison: Comparison, place: int) -> dict[str, Any]:
    asked, scale = comparison.plan.asked[place], comparison.scale
    shown = {
        name: _shown(one)
        for name in comparison.plan.variants
        if (one := comparison.shown.get((name, place))) is not None
    }
    compared = {
        name: {
            "similarity": row.similarity,
            "agreement": row.agreement,
            "differences": list_differences(row.first.vector, row.second.vector, scale),
        }
        for name, row in comparison.at(place).items()
    }
    turns = asked.prompt.messages
    return {
        "id": asked.id,
        "slice": asked.slice,
        "question": turns[-1].content if turns else "",
        # What a finding in an earlier turn counts its place in.
        "earlier_turns": [{"role": one.role, "content": one.content} for one in turns[:-1]],
        "replies": shown,
        "against": compared,
    }


def _shown(one: Shown) -> dict[str, Any]:
    sure = one.completion.confidence
    return {
        "answer": one.trace.answer,
        "thinking": one.trace.thinking,
        "reasoning_kind": one.trace.reasoning_kind.value,
        "json_valid": one.json_valid,
        "schema_valid": one.answer is not None,
        "scores": dict(one.reply.scores),
        "latency_ms": 1000 * one.reply.latency_s,
        "attempts": one.reply.attempts,
        "token_confidence": None if sure is None else sure.plain(),
        "vector": named(one.vector),
        "findings": [_found(found) for found in one.findings],
        "findings_left_out": one.findings_left_out,
    }


def _found(found: Finding) -> dict[str, Any]:
    return {
        "kind": found.kind.value,
        "where": found.where.value,
        "index": found.index,
        "start": found.start,
        "end": found.end,
        "cue_start": found.cue_start,
        "cue_end": found.cue_end,
        "confidence": found.confidence,
        "found_by": found.found_by,
        "tag": found.tag,
    }
