"""A dataset for others to read: both splits, preferences, Parquet and JSON lines, and a card.

Reads the store and writes a folder; unlike a run's dataset it is not recorded as learned from.
"""

import hashlib
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson

from understudy.config import Config
from understudy.curate.asked import Asked
from understudy.curate.dataset import Material, build_groups, gather
from understudy.curate.dataset_files import (
    FOLDER,
    ID_LENGTH,
    SAMPLES,
    load_manifest,
    render_rows,
    write_dataset,
)
from understudy.curate.describe import (
    count_answer_only,
    count_rows,
    count_slices,
    describe,
    estimate_tokens,
)
from understudy.curate.leakage import check_apart, measured_by
from understudy.curate.preferences import PairFunnel, find_pairs
from understudy.curate.samples import Sample
from understudy.curate.trl_files import completion_rows, preference_rows, write_split
from understudy.function import Application, Function
from understudy.records import Prompt, Trace, TraceSource
from understudy.store import Store

CountTokens = Callable[[Sequence[Sample]], Mapping[str, Any]]


@dataclass(frozen=True, slots=True)
class Order:
    """What to build: `functions` (empty: all of the application), from which sources, when, and the
    command that asked for it, for the card."""

    created_at: float
    command: str
    functions: Collection[str] = ()
    sources: Collection[TraceSource] = frozenset(TraceSource)
    count_tokens: CountTokens = estimate_tokens


@dataclass(frozen=True, slots=True)
class _Contents:
    material: Material
    train: Sequence[Sample]
    holdout: Sequence[Sample]
    pairs: PairFunnel


def publish_dataset(
    store: Store, application: Application, config: Config, order: Order
) -> dict[str, Any]:
    """Build the folder and give its manifest. Raises what `gather` raises, and writes nothing then."""
    names = order.functions or application.functions
    functions = {name: application.functions[name] for name in names}
    material = gather(store, store.find_traces(), functions, config, order.sources)
    held_out = measured_by(material.funnel, config)
    pairs = find_pairs(store, functions, config, held_out)
    check_apart((Asked(pair.pair_type, pair.prompt) for pair in pairs.kept), held_out)
    measured = _samples(material.funnel.held_out, functions, config)
    contents = _Contents(material, material.samples, measured, pairs)
    digest, rows = _render(contents)
    folder = config.data_dir / FOLDER / digest[:ID_LENGTH]
    manifest = _describe(contents, config, digest, order)
    write_dataset(folder, {SAMPLES: rows}, manifest, lambda whole: _write(whole, contents))
    return load_manifest(folder)


def _samples(
    traces: Sequence[Trace], functions: Mapping[str, Function], config: Config
) -> list[Sample]:
    return [sample for group in build_groups(traces, functions, config) for sample in group]


def _render(contents: _Contents) -> tuple[str, bytes]:
    """The sha256 over all rows, and those that are trained on. Without held-out rows and pairs the
    hash is that of a run's dataset: it is the same one."""
    _, rows = render_rows(contents.train)
    whole = hashlib.sha256(rows)
    whole.update(render_rows(contents.holdout)[1])
    for pair in contents.pairs.kept:
        told = [pair.prompt.hash, pair.chosen, pair.rejected, pair.feedback, pair.comparison]
        whole.update(orjson.dumps(told))
    return whole.hexdigest(), rows


def _describe(contents: _Contents, config: Config, digest: str, order: Order) -> dict[str, Any]:
    material, pairs = contents.material, contents.pairs
    funnel, functions = material.funnel, material.functions
    plain = describe(funnel, contents.train, config, digest[:ID_LENGTH], order.created_at)
    kept = count_slices(funnel.kept, functions)
    held_out = count_slices(funnel.held_out, functions)
    counts = count_rows(funnel, contents.train)
    return {
        **plain,
        "sha256": digest,
        "command": order.command,
        "counts": {**counts, "traces_held_out": len(funnel.held_out), "pairs": len(pairs.kept)},
        "answer_only": count_answer_only(funnel.kept, config),
        "rows_by_split": {
            "train": _count_kinds(contents.train), "holdout": _count_kinds(contents.holdout)
        },
        "families": {
            "train": len({trace.family for trace in funnel.kept}),
            "holdout": len({trace.family for trace in funnel.held_out}),
        },
        "slices": {
            name: {"train": kept.get(name, {}), "holdout": held_out.get(name, {})}
            for name in dict.fromkeys((*kept, *held_out))
        },
        "pairs": {
            "found": pairs.found, "sources": dict(pairs.sources), "kept": len(pairs.kept),
            "skipped": dict(pairs.skipped),
        },
        "tokens": dict(order.count_tokens(contents.train)),
    }  # fmt: skip


def _count_kinds(samples: Sequence[Sample]) -> dict[str, int]:
    kinds = dict.fromkeys((sample.kind.value for sample in samples), 0)
    for sample in samples:
        kinds[sample.kind.value] += 1
    return kinds


def _write(whole: Path, contents: _Contents) -> dict[str, Any]:
    functions = contents.material.functions

    def slice_of(function: str, prompt: Prompt) -> str:
        return functions[function].slice(prompt)

    train, holdout = (
        completion_rows(samples, slice_of) for samples in (contents.train, contents.holdout)
    )
    pairs = preference_rows(contents.pairs.kept, slice_of)
    return {
        "files": {
            **write_split(whole, "prompt_completion", "train", train),
            **write_split(whole, "prompt_completion", "holdout", holdout),
            **write_split(whole, "preference", "train", pairs),
        }
    }
