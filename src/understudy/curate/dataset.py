"""Builds an immutable dataset from the store's traces and counts the reason for each one left out.

Refuses to build from nothing, or from what no permission covers. Writes the folder whole.
"""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from jsonschema import Draft202012Validator

from understudy.config import Config
from understudy.config.loading import config_hash
from understudy.curate.dataset_files import render_rows, write_dataset
from understudy.curate.eligibility import DUPLICATE, NOT_PERMITTED, effective_permission, why_not
from understudy.curate.experiences import find_experiences
from understudy.curate.replay import Group, draw_replay, mark_earlier
from understudy.curate.samples import build_samples
from understudy.errors import InputError, PermissionRefusedError
from understudy.function import Application, Function
from understudy.records import Dataset, Reward, Trace, TraceSource, content_hash
from understudy.store import Store

NOT_DRAWN = "bootstrap trace not drawn for replay (samples.replay_share)"
FOLDER = "datasets"


@dataclass(frozen=True, slots=True)
class Funnel:
    """Which of the traces that were found may teach, and how often each reason kept one out."""

    found: int
    kept: tuple[Trace, ...]
    skipped: Mapping[str, int]


def build_dataset(
    store: Store,
    application: Application,
    config: Config,
    functions: Iterable[str],
    *,
    created_at: float,
    sources: Collection[TraceSource] = frozenset(TraceSource),
) -> Dataset:
    """Everything eligible, with bootstrap traces as the replayed part (or alone, when there is
    nothing else). Raises PermissionRefusedError when nothing is permitted, InputError when nothing
    is left."""
    names = tuple(dict.fromkeys(functions))
    chosen = {name: application.functions[name] for name in names}
    traces = [
        trace
        for name in names
        for trace in store.find_traces(function=name)
        if trace.source in sources
    ]
    funnel = sift(traces, chosen, config, _rewards(store, config, names))
    _check_permitted(traces, funnel, config)
    groups, funnel = _with_replay(store, funnel, chosen, config)
    rows = [sample for group in groups for sample in group]
    if not rows:
        raise InputError(f"no trace is left to learn from: {_explain(funnel)}")
    dataset_id, content = render_rows(rows)
    folder = config.data_dir / FOLDER / dataset_id
    dataset = Dataset(
        id=dataset_id,
        folder=folder,
        # A function without a trace was not learned, and no release of this may serve it.
        functions=tuple(n for n in names if any(t.function == n for t in funnel.kept)),
        trace_ids=tuple(trace.id for trace in funnel.kept),
        counts=_counts(funnel, groups),
        skipped=funnel.skipped,
        created_at=created_at,
    )
    write_dataset(folder, content, _manifest(dataset, funnel, config))
    store.insert_dataset(dataset)
    return dataset


def insert_bootstrap(store: Store, application: Application, config: Config) -> int:
    """Put the application's synthetic traces into the store; how many were new."""
    if application.bootstrap is None or config.trainer.bootstrap_traces == 0:
        return 0
    made = list(application.bootstrap(config.trainer.bootstrap_traces, config.sft.seed))
    return store.insert_traces(made)


def sift(
    traces: Iterable[Trace],
    functions: Mapping[str, Function],
    config: Config,
    rewards: Mapping[str, Reward],
) -> Funnel:
    """Each trace is kept or counted under one reason; captured ones win over their duplicates."""
    validators = {name: Draft202012Validator(one.schema) for name, one in functions.items()}
    seen: set[str] = set()
    kept: list[Trace] = []
    skipped: Counter[str] = Counter()
    ordered = sorted(traces, key=lambda trace: trace.source is TraceSource.BOOTSTRAP)
    for trace in ordered:
        # What was said about the first answer says nothing about a replayed one.
        replayed = trace.source is TraceSource.REPLAYED
        reward = None if replayed else rewards.get(trace.inference or "")
        function, validator = functions.get(trace.function), validators.get(trace.function)
        reason = why_not(trace, function, config, reward, validator)
        key = content_hash([trace.function, trace.prompt.hash, trace.thinking, trace.answer])
        if reason is None and key in seen:
            reason = DUPLICATE
        if reason is None:
            seen.add(key)
            kept.append(trace)
        else:
            skipped[reason] += 1
    return Funnel(len(ordered), tuple(kept), dict(skipped))


def _rewards(store: Store, config: Config, functions: Iterable[str]) -> dict[str, Reward]:
    """Of those that somebody said something about: latency alone says nothing about an answer."""
    return {
        experience.inference.id: experience.reward
        for function in functions
        for experience in find_experiences(store, config, function)
        if experience.feedback
    }


def _check_permitted(traces: Sequence[Trace], funnel: Funnel, config: Config) -> None:
    refused = funnel.skipped.get(NOT_PERMITTED, 0)
    others = [trace for trace in traces if trace.source is not TraceSource.BOOTSTRAP]
    if refused and refused >= len(others):
        teachers = sorted({trace.teacher for trace in others})
        raise PermissionRefusedError(
            f"all {refused} traces come from {', '.join(teachers)} and teacher.training_permission "
            f"is {config.teacher.training_permission!r}: record in the config what its terms allow "
            "you (`open`, `narrow_only` or `written_permission`), or learn from another teacher"
        )


def _with_replay(
    store: Store, funnel: Funnel, functions: Mapping[str, Function], config: Config
) -> tuple[list[Group], Funnel]:
    """The kept traces' samples; of the bootstrap traces only those that were drawn."""
    fresh = [trace for trace in funnel.kept if trace.source is not TraceSource.BOOTSTRAP]
    if not fresh:
        return _groups(funnel.kept, functions, config), funnel
    share = config.samples.replay_share
    pool = [trace for trace in funnel.kept if trace.source is TraceSource.BOOTSTRAP]
    groups = _groups(fresh, functions, config)
    drawn = draw_replay(groups, _groups(pool, functions, config), share)
    earlier = _earlier(store, {trace.id for trace in fresh})
    ids = {group[0].trace_id for group in drawn}
    skipped = dict(funnel.skipped)
    if len(pool) > len(drawn):
        skipped[NOT_DRAWN] = len(pool) - len(drawn)
    kept = (*fresh, *(trace for trace in pool if trace.id in ids))
    marked = mark_earlier(groups, drawn, earlier, share)
    return [*marked, *drawn], Funnel(funnel.found, kept, skipped)


def _earlier(store: Store, fresh: Collection[str]) -> set[str]:
    """Of datasets that lack one of these: building a dataset again must not make it its own past."""
    held = [set(known.trace_ids) for known in store.find_datasets()]
    return set().union(*(ids for ids in held if not ids.issuperset(fresh)))


def _groups(
    traces: Iterable[Trace], functions: Mapping[str, Function], config: Config
) -> list[Group]:
    longest = config.samples.max_thinking_chars
    return [
        tuple(
            build_samples(
                trace, schema=functions[trace.function].schema, max_thinking_chars=longest
            )
        )
        for trace in traces
    ]


def _counts(funnel: Funnel, groups: Sequence[Group]) -> dict[str, int]:
    rows = [sample for group in groups for sample in group]
    kinds = Counter(f"rows_{sample.kind.value}" for sample in rows)
    sources = Counter(f"traces_{trace.source.value}" for trace in funnel.kept)
    return {
        "found": funnel.found,
        "kept": len(funnel.kept),
        "rows": len(rows),
        **kinds,
        "rows_replay": sum(sample.replay for sample in rows),
        **sources,
    }


def _manifest(dataset: Dataset, funnel: Funnel, config: Config) -> dict[str, Any]:
    permissions = Counter(effective_permission(trace, config).value for trace in funnel.kept)
    return {
        "id": dataset.id,
        "functions": list(dataset.functions),
        "created_at": dataset.created_at,
        "config_hash": config_hash(config),
        "counts": dict(dataset.counts),
        "skipped": dict(dataset.skipped),
        "permissions": dict(permissions),
        "teachers": dict(Counter(trace.teacher for trace in funnel.kept)),
        "prompts": {name: _prompts(funnel.kept, name) for name in dataset.functions},
        "trace_ids": list(dataset.trace_ids),
    }


def _prompts(traces: Iterable[Trace], function: str) -> dict[str, Any]:
    """One hash over all prompts, and the system texts in use: more than one means a drift."""
    prompts = [trace.prompt for trace in traces if trace.function == function]
    return {
        "hash": content_hash(sorted(prompt.hash for prompt in prompts)),
        "systems": sorted({content_hash(prompt.system) for prompt in prompts}),
    }


def _explain(funnel: Funnel) -> str:
    if funnel.found == 0:
        return "none was found; capture some (capture.traces), or import or bootstrap them"
    reasons = ", ".join(f"{count} {reason}" for reason, count in funnel.skipped.items())
    return f"of {funnel.found} found, {reasons}"
