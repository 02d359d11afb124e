"""The options of `understudy compare`; what it does is in comparing.py, loaded when it runs."""

from pathlib import Path
from typing import Annotated

import typer

from understudy.cli.compose import open_session
from understudy.cli.terminal import Terminal
from understudy.evaluate.questions import Families


def compare(  # noqa: PLR0913 each is one option of the command
    ctx: typer.Context,
    batch: Annotated[int, typer.Option(min=1, help="Most prompts to ask.")] = 50,
    prompts: Annotated[
        Path | None,
        typer.Option(help="JSONL of questions; the application's own where there is no file."),
    ] = None,
    families: Annotated[
        Families,
        typer.Option(
            help="Which of the application's own: held-out ones measure, those of training "
            "families may become pairs."
        ),
    ] = Families.HELD_OUT,
    variants: Annotated[
        str,
        typer.Option(
            help="Two or more of teacher, student@N and before@N (student@N before it saw a "
            "captured answer), the first being compared with; teacher and live release if absent."
        ),
    ] = "",
    function: Annotated[str, typer.Option(help="The function to compare.")] = "",
    output: Annotated[
        Path, typer.Option(help="Folder for answers, report and pairs; asks only what it lacks.")
    ] = Path("comparison"),
    retries: Annotated[int, typer.Option(min=0, help="How often a failed call is repeated.")] = 2,
    replay: Annotated[
        bool, typer.Option("--replay", help="Recompute from the folder's answers; ask nobody.")
    ] = False,
) -> None:
    """Put variants side by side on the same prompts: answers, thinking, behaviour, differences.

    Writes answers.jsonl as they come, then report.html, report.json and pairs.jsonl; the pairs are kept
    in data_dir too, where `understudy dataset build` finds them."""
    from understudy.cli import comparing

    session, console = open_session(ctx.obj), Terminal()
    if replay:
        comparing.replay(session, output, console)
        return
    wanted = comparing.Wanted(batch, prompts, families, variants, function, output, retries)
    comparing.compare_variants(session, wanted, console)
