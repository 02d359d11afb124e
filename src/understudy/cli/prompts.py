"""`understudy prompts`: the versions of a prompt that are tried, what they differ in, the way back.

Reads the versions' files beside a running server; a rollback goes through the server where there is one.
"""

import json
import time
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.table import Table
from rich.text import Text

from understudy.cli.compose import Session, open_session
from understudy.cli.terminal import Terminal, clean
from understudy.errors import NotFoundError

if TYPE_CHECKING:
    from understudy.learn.prompts.evolver import Evolver
    from understudy.learn.prompts.versions import State, Version

console = Terminal()
prompts_app = typer.Typer(no_args_is_help=True, help="See which versions of a prompt are tried.")
FunctionOption = Annotated[
    str | None, typer.Option(help="Which function; may be left out where only one has versions.")
]


@prompts_app.command()
def status(
    ctx: typer.Context,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Show every version: where it comes from, its trials, and whether it serves."""
    session = open_session(ctx.obj)
    found = read_prompts(session)
    if as_json:
        print(json.dumps(found))
        return
    if found["off"]:
        console.print(Text("no prompt is evolved:", "yellow"), found["off"])
    _tell_progress(found)
    for name, row in found["functions"].items():
        console.print(_versions_table(name, row))
    if not found["functions"]:
        console.print(f"no function of {session.application.name} has a prompt in pieces")


@prompts_app.command()
def diff(
    ctx: typer.Context,
    version: Annotated[int, typer.Argument(min=0, help="A version's number.")],
    function: FunctionOption = None,
    to: Annotated[
        int | None, typer.Option(min=0, help="The version to compare with; else its parent.")
    ] = None,
) -> None:
    """Print what a version's prompt says differently, and how it came to be."""
    from understudy.learn.prompts.evolve import diff as diff_versions
    from understudy.learn.prompts.versions import lineage

    session = open_session(ctx.obj)
    evolver = _evolver(session)
    desk = evolver.find(_one_function(evolver, function))
    chosen = _find(desk.state, version)
    other = _find(desk.state, to if to is not None else chosen.parent or 0)
    steps = [_step(one) for one in lineage(desk.state, version)]
    console.print(" → ".join(steps))
    for line in diff_versions(desk.template, other, chosen).splitlines():
        colour = {"+": "green", "-": "red"}.get(line[:1], "default")
        console.print(line, style=colour, soft_wrap=True)


@prompts_app.command()
def rollback(
    ctx: typer.Context,
    function: FunctionOption = None,
    reason: Annotated[str, typer.Option(help="Written to the versions.")] = "by the operator",
) -> None:
    """Ask with the application's own prompt again, from the next request on."""
    from understudy.cli.operations import open_existing
    from understudy.cli.remote import ask_server, find_server

    session = open_session(ctx.obj)
    evolver = _evolver(session)
    name = _one_function(evolver, function)
    running = find_server(session.config.data_dir)
    if running is not None:
        body = {"function": name, "reason": reason}
        console.print(ask_server(running, "/api/prompts/rollback", body)["message"])
        return
    # The store's one writer is whoever may change the versions.
    with open_existing(session.config.data_dir):
        console.print(evolver.roll_back(name, reason))


def read_prompts(session: Session) -> dict[str, Any]:
    """What the server says of its prompts, or what their files say."""
    from understudy.cli.remote import ask_server, find_server

    running = find_server(session.config.data_dir)
    if running is not None:
        found: dict[str, Any] = ask_server(running, "/api/status")["prompts"]
        return found
    return _evolver(session).status()


def _tell_progress(found: dict[str, Any]) -> None:
    """What a running server adds: its spending, and what went wrong."""
    if found.get("usd_per_day"):
        spent = f"{found['spent_usd']:.4f} of {found['usd_per_day']:g} USD"
        console.print(f"spent today on rewording and validation: {spent}")
    for name, error in found.get("errors", {}).items():
        console.print(Text(clean(f"{name}:"), "red"), error)
    for name, reasons in found.get("refused", {}).items():
        for reason in reasons:
            console.print(f"{name}, refused: {reason}")


def _evolver(session: Session) -> "Evolver":
    from understudy.learn.prompts.evolver import Evolver

    return Evolver(session.config, session.application.functions, time.time)


def _one_function(evolver: "Evolver", given: str | None) -> str:
    names = evolver.functions
    if given is None and len(names) == 1:
        return names[0]
    if given is None:
        known = ", ".join(names) or "none has a prompt in pieces"
        raise NotFoundError(f"name a function with --function: {known}")
    evolver.find(given)
    return given


def _find(state: "State", number: int) -> "Version":
    found = state.find(number)
    if found is None:
        known = ", ".join(str(one.number) for one in state.versions)
        raise NotFoundError(f"there is no version {number}; there are {known}")
    return found


def _step(version: "Version") -> str:
    return f"{version.number} ({'base' if version.mutation is None else version.mutation.value})"


def _versions_table(function: str, row: dict[str, Any]) -> Table:
    title = (
        f"prompts of {function} (a new one after {row['trials_per_version']} trials,"
        f" {row['trials_since_last']} so far)"
    )
    table = Table(
        "version", "from", "change", "standing", "trials", "mean reward", "why", title=title
    )
    for one in row["versions"]:
        parent = "" if one["parent"] is None else str(one["parent"])
        mean = "" if one["mean_reward"] is None else f"{one['mean_reward']:+.3f}"
        table.add_row(
            str(one["number"]),
            parent,
            one["mutation"] or "the application's own",
            one["standing"],
            str(one["trials"]),
            mean,
            one["reason"],
        )
    return table
