"""`understudy prune`: what old trainings left on the disk, and how much of it is free again."""

from typing import Annotated

import typer

from understudy.cli.compose import open_session
from understudy.cli.terminal import Terminal

console = Terminal(soft_wrap=True, highlight=False)


def prune(
    ctx: typer.Context,
    keep: Annotated[
        int, typer.Option(min=1, help="Former champions of each function that stay, the newest.")
    ] = 2,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Name what would go, and remove nothing.")
    ] = False,
) -> None:
    """Remove weights that nobody needs: of releases that were rejected or served long ago, and what finished
    runs kept to resume from.

    Who serves, the last champions before, retired or rolled back, and the newest release stay, and so does
    every record of the rest: its metrics, report and card. Beside a running server too."""
    from understudy.release.prune import find_leftovers, remove
    from understudy.store import open_store

    data_dir = open_session(ctx.obj).config.data_dir
    with open_store(data_dir, read_only=True) as store:
        leftovers = find_leftovers(store, data_dir, keep)
    for leftover in leftovers:
        console.print(f"{_in_units(leftover.size_bytes):>9}  {leftover.of}: {leftover.folder}")
        if not dry_run:
            remove(leftover)
    total = _in_units(sum(leftover.size_bytes for leftover in leftovers))
    if not leftovers:
        console.print("nothing to prune")
    else:
        console.print(f"{total} {'would be' if dry_run else 'are'} free again")


def _in_units(size_bytes: int) -> str:
    return f"{size_bytes / 1e9:.1f} GB" if size_bytes >= 1e9 else f"{size_bytes / 1e6:.1f} MB"
