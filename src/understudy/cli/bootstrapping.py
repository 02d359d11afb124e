"""`understudy bootstrap`: the application's synthetic traces, made, stored and summed up."""

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.box import SIMPLE_HEAD
from rich.table import Table

from understudy.cli.compose import Session, open_session
from understudy.cli.terminal import Terminal
from understudy.errors import ConfigError

console = Terminal()
_SHARES = ("thorough", "moderate", "minimal")
_COUNTS = ("self_corrections", "pruned", "alternatives", "checks", "assumptions")


def bootstrap(
    ctx: typer.Context,
    traces: Annotated[int, typer.Option(min=1, help="How many to make.")] = 552,
    seed: Annotated[int, typer.Option(help="The same seed gives the same traces.")] = 0,
    json: Annotated[
        Path | None, typer.Option("--json", help="Also write the figures here.")
    ] = None,
) -> None:
    """Put synthetic traces of the application's workflows into the store, and say what they are like.

    They are marked synthetic, never counted as captured and never measured by; those of a held-out
    family are left out of every dataset. Run again with the same seed, it adds only what is missing."""
    from understudy.cli.figures import check_writable, write_figures

    if json is not None:
        check_writable(json)
    figures = _bootstrap(open_session(ctx.obj), traces, seed)
    console.print(_depths(figures))
    console.print(_findings(figures))
    console.print(_sentence(figures))
    if json is not None:
        write_figures(json, figures)


def _bootstrap(session: Session, count: int, seed: int) -> dict[str, Any]:
    from understudy.cli.operations import refuse_beside_server
    from understudy.curate.synthetic import summarise
    from understudy.store import open_store

    application = session.application
    make = application.workflows or application.bootstrap
    if make is None:
        raise ConfigError(
            f"{application.name} makes no synthetic traces; give its Application a `bootstrap`, or "
            "import traces that you have"
        )
    refuse_beside_server(session, "bootstrap")
    with open_store(session.config.data_dir) as store:
        made = list(make(count, seed))
        new = store.insert_traces(made)
    return {"seed": seed, "new": new, "known": len(made) - new, **summarise(made)}


def _depths(figures: dict[str, Any]) -> Table:
    """How far the traces explore, as their text and calls show it, beside what was flagged."""
    title = f"bootstrap of {', '.join(figures['functions'])}, seed {figures['seed']}"
    table = _start(title, ("traces", *_SHARES, "steps", "calls"))
    for name, one in _rows(figures):
        shares = [f"{one[share]:.1%}" for share in _SHARES]
        means = [f"{one['steps']:.2f}", f"{one['tool_calls']:.2f}"]
        table.add_row(name, str(one["traces"]), *shares, *means)
    flagged = [f"{figures['flagged'].get(name, 0):.1%}" for name in _SHARES]
    table.add_row("all, as flagged", "", *flagged)
    return table


def _findings(figures: dict[str, Any]) -> Table:
    table = _start("found in them", [name.removeprefix("self_") for name in _COUNTS])
    for name, one in _rows(figures):
        table.add_row(name, *(str(one[count]) for count in _COUNTS))
    return table


def _start(title: str, columns: Iterable[str]) -> Table:
    table = Table(box=SIMPLE_HEAD, pad_edge=False, collapse_padding=True, title=title)
    table.title_justify = "left"
    table.add_column("workflow", no_wrap=True)
    for column in columns:
        table.add_column(column, justify="right")
    return table


def _rows(figures: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    yield from figures["workflows"].items()
    yield "all", figures["all"]


def _sentence(figures: dict[str, Any]) -> str:
    kinds = ", ".join(f"{count} {kind}" for kind, count in figures["reasoning_kinds"].items())
    return (
        f"{figures['new']} new, {figures['known']} known before; {kinds}; "
        f"{figures['repeated']} repeat another when numbers are masked"
    )
