"""How a dataset looks in a terminal: its funnel, phases, slices, tokens, and samples of it."""

from collections.abc import Iterator, Mapping, Sequence
from itertools import zip_longest
from typing import Any

from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from understudy.cli.terminal import clean
from understudy.curate.samples import Sample, SampleKind

_SHOWN_CHARS = 600
_SHOWN_SLICES = 20


def dataset_tables(manifest: Mapping[str, Any]) -> Iterator[Table]:
    yield _funnel(manifest)
    if "rows_by_split" in manifest:
        yield _phases(manifest)
    for function, by_split in manifest.get("slices", {}).items():
        yield _slices(function, by_split)
    if manifest.get("tokens"):
        yield _tokens(manifest["tokens"])


def sample_panels(samples: Sequence[Sample], count: int) -> Iterator[Panel]:
    """One of each kind in turn, so that the three samples of the first trace come first."""
    kinds = [[one for one in samples if one.kind is kind] for kind in SampleKind]
    mixed = [one for turn in zip_longest(*kinds) for one in turn if one is not None]
    for sample in mixed[:count]:
        asked = "\n".join(f"{m.role}: {m.content}" for m in sample.prompt.messages)
        parts = [_part("prompt", asked)]
        if sample.prefix:
            parts.append(_part("already written", sample.prefix))
        parts.append(_part("learned", sample.completion))
        title = f"{sample.kind.value}, {sample.function}, {sample.source.value}"
        # rich takes a panel's title for markup, on whatever console.
        shown = Text(clean(title))
        yield Panel(Text("\n\n").join(parts), title=shown, title_align="left")


def _funnel(manifest: Mapping[str, Any]) -> Table:
    counts, pairs = manifest["counts"], manifest.get("pairs", {})
    table = Table("", "traces", title=f"dataset {manifest['id']}", title_justify="left")
    table.add_row("found", str(counts["found"]))
    table.add_row("kept to train on", str(counts["kept"]))
    for reason, count in manifest["skipped"].items():
        table.add_row(f"skipped: {reason}", str(count))
    for reason, count in manifest.get("answer_only", {}).items():
        table.add_row(f"kept, answer only: {reason}", str(count))
    if pairs:
        table.add_section()
        table.add_row("preference pairs found", str(pairs["found"]))
        for source, count in pairs.get("sources", {}).items():
            table.add_row(f"of {source}", str(count))
        table.add_row("kept", str(pairs["kept"]))
        for reason, count in pairs["skipped"].items():
            table.add_row(f"skipped: {reason}", str(count))
    table.add_section()
    for label in ("teachers", "permissions", "reasoning_kinds"):
        for name, count in manifest.get(label, {}).items():
            table.add_row(f"{label.replace('_', ' ').removesuffix('s')} {name}", str(count))
    return table


def _phases(manifest: Mapping[str, Any]) -> Table:
    splits = manifest["rows_by_split"]
    table = Table("phase", *splits, title="rows", title_justify="left")
    for kind in SampleKind:
        table.add_row(kind.value, *(str(rows.get(kind.value, 0)) for rows in splits.values()))
    table.add_row("all", *(str(sum(rows.values())) for rows in splits.values()))
    table.add_row("prompt families", *(str(manifest["families"][split]) for split in splits))
    return table


def _slices(function: str, by_split: Mapping[str, Mapping[str, int]]) -> Table:
    train, holdout = by_split["train"], by_split["holdout"]
    table = Table("slice", "train", "share", "holdout", title=function, title_justify="left")
    total = sum(train.values()) or 1
    names = list(dict.fromkeys((*train, *holdout)))
    for name in names[:_SHOWN_SLICES]:
        count = train.get(name, 0)
        table.add_row(name, str(count), f"{count / total:.1%}", str(holdout.get(name, 0)))
    if len(names) > _SHOWN_SLICES:
        rest = sum(train.get(name, 0) for name in names[_SHOWN_SLICES:])
        label = f"{len(names) - _SHOWN_SLICES} more (dataset.json has all)"
        table.add_row(label, str(rest), f"{rest / total:.1%}", "")
    return table


def _tokens(tokens: Mapping[str, Any]) -> Table:
    columns = ("total", "mean", "p50", "p95", "max")
    title = f"tokens, {tokens['counted_by']}"
    table = Table("part", *columns, title=title, title_justify="left")
    for part, counts in tokens["by_part"].items():
        table.add_row(part, *(str(counts[column]) for column in columns))
    return table


def _part(name: str, text: str) -> Text:
    rest = len(text) - _SHOWN_CHARS
    more = f" … {rest} more characters" if rest > 0 else ""
    return Text.assemble((f"{name}\n", "bold"), clean(text[:_SHOWN_CHARS]), more)
