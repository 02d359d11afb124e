"""`understudy erase`: a user leaves the store; what cannot be reached is named, never left unsaid."""

import time
from collections.abc import Iterator, Set
from pathlib import Path
from typing import Annotated

import orjson
import typer

from understudy.cli.compose import open_session
from understudy.cli.terminal import Terminal

console = Terminal(soft_wrap=True, highlight=False)


def erase(
    ctx: typer.Context,
    user: Annotated[str, typer.Option(help="The id that the application sends for them.")],
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Count and name, and erase nothing.")
    ] = False,
) -> None:
    """Erase a user: their inferences, the traces of these, all feedback by them and about these.

    Marks every release that learned from them on its timeline, and names what still holds something:
    datasets on disk, spool segments, tier 1. Not beside a running server."""
    from understudy.cli.operations import open_existing, refuse_beside_server
    from understudy.release.erasure import erase_user, find_user

    session = open_session(ctx.obj)
    refuse_beside_server(session, "erase")
    with open_existing(session.config.data_dir) as store:
        found = find_user(store, user)
        ids = {*found.inferences, *found.feedback, *found.traces}
        left = list(_left(session.config.data_dir, ids))
        counts = (
            f"{len(found.inferences)} inferences, {len(found.feedback)} feedback and "
            f"{len(found.traces)} traces"
        )
        if dry_run:
            console.print(f"would erase {counts}")
        else:
            erased = erase_user(store, user, time.time())
            console.print(f"erased {counts}")
            for release in erased.releases:
                console.print(f"marked: {release.variant} learned from them; train a successor")
    for sentence in left:
        console.print(f"left: {sentence}")


def _left(data_dir: Path, ids: Set[str]) -> Iterator[str]:
    """What lies outside the store, in words."""
    from understudy.capture.segments import SUFFIX
    from understudy.curate import comparison_pairs, dataset_files
    from understudy.learn.tier1 import rankers
    from understudy.serve.state import SPOOL_FOLDER

    for folder in sorted((data_dir / dataset_files.FOLDER).glob("*/")):
        if any(_holds(file, ids) for file in sorted(folder.rglob("*.jsonl"))):
            yield f"{folder} holds rows of theirs; delete it once no run needs it"
    if segments := sorted((data_dir / SPOOL_FOLDER).glob(f"*{SUFFIX}")):
        yield (
            f"{len(segments)} spool segments are not in the store yet and may hold theirs; let a server "
            "drain them, then erase again"
        )
    if ids and (data_dir / rankers.FOLDER).exists():
        yield (
            "tier 1 may have learned from their feedback; `understudy tier1 reset --relearn` has it "
            "learn again from what is left"
        )
    if pairs := sorted((data_dir / comparison_pairs.FOLDER).glob("*.jsonl")):
        yield f"{len(pairs)} comparisons in {pairs[0].parent} name no users and are not looked at"


def _holds(file: Path, ids: Set[str]) -> bool:
    with file.open("rb") as lines:
        return any(not ids.isdisjoint(_named(line)) for line in lines)


def _named(line: bytes) -> Iterator[str]:
    """The ids that a dataset's row was made of."""
    try:
        row = orjson.loads(line)
    except ValueError:
        return
    for column in ("trace_id", "inference", "feedback"):
        if isinstance(found := row.get(column), str):
            yield found
