"""What a dataset says about itself: its counts, teachers, permissions, slices. Decides nothing."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from understudy.config import Config
from understudy.config.loading import config_hash
from understudy.curate.eligibility import effective_permission
from understudy.curate.funnel import Funnel
from understudy.curate.samples import WITH_THINKING, Sample
from understudy.function import Function
from understudy.records import Trace, content_hash

_CHARS_PER_TOKEN = 4


def count_rows(funnel: Funnel, samples: Sequence[Sample]) -> dict[str, int]:
    kinds = Counter(f"rows_{sample.kind.value}" for sample in samples)
    sources = Counter(f"traces_{trace.source.value}" for trace in funnel.kept)
    return {
        "found": funnel.found,
        "kept": len(funnel.kept),
        "rows": len(samples),
        **kinds,
        "rows_replay": sum(sample.replay for sample in samples),
        **sources,
    }


def describe(
    funnel: Funnel, samples: Sequence[Sample], config: Config, dataset_id: str, created_at: float
) -> dict[str, Any]:
    """The manifest of dataset.json; what it counts are the traces that are trained on."""
    kept = funnel.kept
    permissions = Counter(effective_permission(trace, config).value for trace in kept)
    names = list(dict.fromkeys(sample.function for sample in samples))
    return {
        "id": dataset_id,
        "functions": names,
        "created_at": created_at,
        "config_hash": config_hash(config),
        "counts": count_rows(funnel, samples),
        "skipped": dict(funnel.skipped),
        "permissions": dict(permissions),
        "teachers": dict(Counter(trace.teacher for trace in kept)),
        "reasoning_kinds": dict(Counter(trace.reasoning_kind.value for trace in kept)),
        "prompts": {name: _prompts(kept, name) for name in names},
        "trace_ids": [trace.id for trace in kept],
    }


def count_answer_only(traces: Iterable[Trace], config: Config) -> dict[str, int]:
    """Why a trace gave one sample and not three."""
    reasons: Counter[str] = Counter()
    for trace in traces:
        thinking = trace.thinking.strip() if trace.reasoning_kind in WITH_THINKING else ""
        if not thinking:
            reasons[f"its thinking is {trace.reasoning_kind.value}"] += 1
        elif len(thinking) > config.samples.max_thinking_chars:
            reasons["its thinking is longer than samples.max_thinking_chars"] += 1
    return dict(reasons)


def estimate_tokens(samples: Sequence[Sample]) -> dict[str, Any]:
    """Token statistics at four characters a token, where no tokenizer is loaded."""
    learned = np.array([len(sample.completion) for sample in samples]) // _CHARS_PER_TOKEN
    read = np.array([_chars_before(sample) for sample in samples]) // _CHARS_PER_TOKEN
    return sum_up_tokens(f"estimated, {_CHARS_PER_TOKEN} characters a token", read, learned)


def sum_up_tokens(
    counted_by: str, read: NDArray[np.int64], learned: NDArray[np.int64]
) -> dict[str, Any]:
    """Of what each sample reads and learns: the sum, mean, median, p95 and longest."""
    parts = {"prompt": read, "completion": learned, "row": read + learned}
    return {"counted_by": counted_by, "by_part": {name: _sum_up(n) for name, n in parts.items()}}


def count_slices(
    traces: Iterable[Trace], functions: Mapping[str, Function]
) -> dict[str, dict[str, int]]:
    """Traces by function and slice, the largest first."""
    counts: dict[str, Counter[str]] = {}
    for trace in traces:
        name = functions[trace.function].slice(trace.prompt) or "(all)"
        counts.setdefault(trace.function, Counter())[name] += 1
    return {function: dict(found.most_common()) for function, found in counts.items()}


def _chars_before(sample: Sample) -> int:
    asked = sum(len(message.content) for message in sample.prompt.messages)
    return len(sample.prompt.system) + asked + len(sample.prefix)


def _sum_up(counts: NDArray[np.int64]) -> dict[str, float]:
    middle, high = np.percentile(counts, [50, 95])
    return {
        "total": int(counts.sum()),
        "mean": round(float(counts.mean()), 1),
        "p50": int(middle),
        "p95": int(high),
        "max": int(counts.max()),
    }


def _prompts(traces: Iterable[Trace], function: str) -> dict[str, Any]:
    """One hash over all prompts, and the system texts in use: more than one means a drift."""
    prompts = [trace.prompt for trace in traces if trace.function == function]
    return {
        "hash": content_hash(sorted(prompt.hash for prompt in prompts)),
        "systems": sorted({content_hash(prompt.system) for prompt in prompts}),
    }
