"""`understudy dataset`: build a dataset for others to read, beside a running server too; look at one."""

import time
from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Annotated, Any

import typer

from understudy.cli.compose import Session, open_session
from understudy.cli.terminal import Terminal
from understudy.errors import ConfigError
from understudy.records import TraceSource

console = Terminal()
dataset_app = typer.Typer(no_args_is_help=True, help="Build datasets and look at them.")
FunctionOption = Annotated[
    list[str] | None,
    typer.Option("--function", help="Only this function; give it several times. Default: all."),
]
SourceOption = Annotated[
    list[TraceSource] | None,
    typer.Option("--source", help="Only such traces; give it several times. Default: all."),
]


@dataset_app.command()
def build(
    ctx: typer.Context,
    function: FunctionOption = None,
    source: SourceOption = None,
    tokens: Annotated[
        bool, typer.Option(help="Count tokens with the student's tokenizer, not by an estimate.")
    ] = False,
    json: Annotated[
        Path | None, typer.Option("--json", help="Also write the manifest here.")
    ] = None,
) -> None:
    """Make a dataset of the store's traces: three samples of each, two splits, Parquet and JSONL.

    Prints what was found, kept and skipped, and why. Exits 1, and writes nothing, when no permission
    covers the traces (teacher.training_permission), none is left, or a held-out prompt would leak."""
    from understudy.cli.dataset_tables import dataset_tables
    from understudy.cli.figures import check_writable, write_figures
    from understudy.curate.dataset_card import remarks
    from understudy.curate.dataset_files import find_folder

    if json is not None:
        check_writable(json)
    session = open_session(ctx.obj)
    manifest = _publish(session, function or [], source or list(TraceSource), tokens)
    for table in dataset_tables(manifest):
        console.print(table)
    for remark in remarks(manifest):
        console.print(remark)
    print(find_folder(session.config.data_dir, manifest["id"]))
    if json is not None:
        write_figures(json, manifest)


@dataset_app.command()
def show(
    ctx: typer.Context,
    dataset: Annotated[
        str, typer.Argument(help="An id or its beginning; the newest if absent.")
    ] = "",
    sample: Annotated[
        int, typer.Option(min=0, help="Show this many samples, of each kind in turn.")
    ] = 3,
) -> None:
    """Show a dataset's funnel, phases, slices and tokens, and some of its samples."""
    from understudy.cli.dataset_tables import dataset_tables, sample_panels
    from understudy.curate.dataset_card import remarks
    from understudy.curate.dataset_files import find_folder, load_manifest
    from understudy.curate.samples import read_samples

    folder = find_folder(open_session(ctx.obj).config.data_dir, dataset)
    manifest = load_manifest(folder)
    for table in dataset_tables(manifest):
        console.print(table)
    for remark in remarks(manifest):
        console.print(remark)
    for panel in sample_panels(read_samples(folder), sample):
        console.print(panel)
    print(folder)


def _publish(
    session: Session, functions: Sequence[str], sources: Sequence[TraceSource], tokens: bool
) -> dict[str, Any]:
    from understudy.store import open_store

    try:
        from understudy.curate.publish import Order, publish_dataset
    except ModuleNotFoundError as error:
        raise ConfigError(
            f"a dataset's Parquet files need {error.name}, not installed here; "
            "pip install 'understudy[train]'"
        ) from error
    for name in functions:
        session.function(name)
    order = Order(time.time(), _command(functions, sources), functions, frozenset(sources))
    if tokens:
        order = _with_tokens(order, session)
    # Read only: it may stand beside a server, which is the one writer.
    with open_store(session.config.data_dir, read_only=True) as store:
        return publish_dataset(store, session.application, session.config, order)


def _with_tokens(order: Any, session: Session) -> Any:
    from understudy.learn.counting import count_tokens

    counter = partial(count_tokens, student=session.config.student)
    return replace(order, count_tokens=counter)


def _command(functions: Sequence[str], sources: Sequence[TraceSource]) -> str:
    """What was typed, as the card repeats it."""
    chosen = [f"--function {name}" for name in functions]
    if set(sources) != set(TraceSource):
        chosen += [f"--source {source.value}" for source in sources]
    return " ".join(["understudy dataset build", *chosen])
