"""The commands. Each composes parts, prints what it did and exits non-zero when it did not.

Imports are nested so that `status` loads no torch.
"""

import importlib.metadata
from pathlib import Path
from typing import Annotated

import rich
import typer
from rich.text import Text

from understudy.cli.bootstrapping import bootstrap
from understudy.cli.boundary import FAILED, Commands, complain, complaints
from understudy.cli.compare_command import compare
from understudy.cli.compose import open_session
from understudy.cli.datasets import dataset_app
from understudy.cli.erasing import erase
from understudy.cli.judge_command import judge
from understudy.cli.keys import keys_app
from understudy.cli.prompts import prompts_app
from understudy.cli.pruning import prune
from understudy.cli.terminal import Terminal, clean
from understudy.cli.tier1 import tier1_app
from understudy.errors import GateError, UnderstudyError
from understudy.function import load_named
from understudy.keys import KEY_HEADER, ApiKey

HELD = 3
console = Terminal()

app = typer.Typer(
    cls=Commands,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    help="Understudy learns the role of the LLM behind your application and takes it over only "
    "when it is measurably as good.",
    epilog="Exit codes: 0 done; 1 failed, and one sentence on stderr says why and what to do; "
    "2 wrong usage; 3 held by the gate.",
)
app.add_typer(dataset_app, name="dataset")
app.add_typer(keys_app, name="keys")
app.add_typer(tier1_app, name="tier1")
app.add_typer(prompts_app, name="prompts")
app.command()(compare)
app.command()(judge)
app.command()(erase)
app.command()(prune)
ConfigOption = Annotated[
    Path | None,
    typer.Option(
        help="Config file, given before the command; else UNDERSTUDY_CONFIG, else ./understudy.toml "
        "when it is there."
    ),
]
ReleaseArgument = Annotated[str, typer.Argument(help="A release: student@N or N.")]
JsonOption = Annotated[Path | None, typer.Option("--json", help="Also write the figures here.")]


def _show_version(wanted: bool) -> None:
    if wanted:
        print(f"understudy {importlib.metadata.version('understudy')}")
        raise typer.Exit


@app.callback()
def _settings(
    ctx: typer.Context,
    config: ConfigOption = None,
    _version: Annotated[
        bool,
        typer.Option("--version", callback=_show_version, is_eager=True, help="Print the version."),
    ] = False,
) -> None:
    ctx.obj = config


@app.command()
def config(
    ctx: typer.Context,
    markdown: Annotated[bool, typer.Option(help="The table of docs/config.md.")] = False,
) -> None:
    """Print every setting, its resolved value, where it came from and what it means."""
    from understudy.cli.show import settings_markdown, settings_table
    from understudy.config import Config, Resolved, load_config

    if markdown:
        print(settings_markdown(Resolved(Config(), {}).settings()))
        return
    resolved = load_config(ctx.obj)
    console.print(settings_table(resolved.settings()))
    console.print(f"config hash {resolved.hash}")


@app.command()
def doctor(ctx: typer.Context) -> None:
    """Say what is installed, reachable, missing, and what to do. Exits 1 when something is."""
    from understudy.cli.doctor import examine
    from understudy.cli.show import findings_table

    findings = list(examine(open_session(ctx.obj).config))
    console.print(findings_table(findings))
    if any(finding.required and not finding.ok for finding in findings):
        raise typer.Exit(FAILED)


@app.command()
def serve(
    ctx: typer.Context,
    port: Annotated[
        int | None, typer.Option(help="Overrides server.port; 0 takes a free one.")
    ] = None,
) -> None:
    """Start the gateway, the feedback API and the background trainer.

    Prints its address and runs until Ctrl-C or SIGTERM."""
    from understudy.cli.serving import run_server

    made: list[str] = []

    def show_key(text: str, key: ApiKey) -> None:
        made.append(key.name)
        scopes = ", ".join(sorted(scope.value for scope in key.scopes))
        # Plain print: a terminal's width must not break a key in two.
        print(f"API key for the {key.name} ({scopes}), shown this once:\n  {text}")

    session = open_session(ctx.obj)

    def ready(url: str) -> None:
        if made:
            print(f"send a key as the header {KEY_HEADER}, or as the client's own api_key")
        console.print("listening on", Text(url, "bold"))

    run_server(session, port, show_key, ready)


@app.command()
def status(ctx: typer.Context) -> None:
    """Show who serves, the releases, the counts and, beside a server, how far its trainer is."""
    from understudy.cli.operations import read_status
    from understudy.cli.show import status_tables

    for table in status_tables(read_status(open_session(ctx.obj))):
        console.print(table)


@app.command("import")
def import_(
    ctx: typer.Context,
    file: Annotated[
        Path, typer.Argument(help="JSON Lines: traces, a request log, chats, OTLP spans.")
    ],
) -> None:
    """Take existing traces or logs into the store; a broken line is reported and skipped.

    Reads the original system's traces and request log, OpenAI, Anthropic and ShareGPT chats, and
    what an OpenTelemetry collector's file exporter wrote. Run again, it adds only what is missing."""
    from understudy.cli.operations import import_traces
    from understudy.cli.show import import_table

    console.print(import_table(import_traces(open_session(ctx.obj), file, complaints), file))


app.command()(bootstrap)


@app.command()
def train(ctx: typer.Context) -> None:
    """Build a dataset, train, export, evaluate and gate a release; a running server does it.

    Exits 3 when the gate held the release."""
    from understudy.cli.operations import train_now

    message, passed = train_now(open_session(ctx.obj), console)
    console.print(message)
    if not passed:
        raise typer.Exit(HELD)


@app.command()
def evaluate(
    ctx: typer.Context,
    questions: Annotated[
        Path | None,
        typer.Option(help="JSONL of questions; the application's held-out set if absent."),
    ] = None,
    json: JsonOption = None,
    function: Annotated[str, typer.Option(help="The function to evaluate.")] = "",
    release: Annotated[str, typer.Option(help="student@N; the live release if absent.")] = "",
) -> None:
    """Ask teacher and student the same questions and compare the answers.

    Where no release is live, the teacher alone. Exits 1 when the teacher answered none of them."""
    from understudy.cli.evaluating import evaluate_variants
    from understudy.cli.show import report_table

    report = evaluate_variants(open_session(ctx.obj), questions, function, release, json, console)
    console.print(report_table(report))


@app.command()
def export(
    ctx: typer.Context,
    run: Annotated[int, typer.Argument(help="Number of a finished run.")],
    output: Annotated[Path, typer.Argument(help="A new folder for the GGUF and its manifest.")],
) -> None:
    """Write a run's student as GGUF with its grammars and manifest."""
    from understudy.cli.operations import export_run

    made = export_run(open_session(ctx.obj), run, output)
    console.print(f"{made.path}  {made.size_bytes / 1e6:.1f} MB  {made.quantisation}")
    console.print(f"sha256 {made.sha256}")


@app.command()
def promote(
    ctx: typer.Context,
    release: ReleaseArgument,
    force: Annotated[
        bool, typer.Option(help="Past a gate that held; the timeline says so.")
    ] = False,
) -> None:
    """Put a release back on its way to live: the gate first, then the canary steps.

    Exits 3 when the gate held it."""
    from understudy.cli.operations import promote_release

    try:
        console.print(promote_release(open_session(ctx.obj), release, force=force))
    except GateError as error:
        complain(str(error))
        raise typer.Exit(HELD) from error


@app.command()
def rollback(
    ctx: typer.Context,
    function: Annotated[str | None, typer.Option(help="Only this function.")] = None,
    reason: Annotated[str, typer.Option(help="Written to the timeline.")] = "by the operator",
) -> None:
    """Give the stage back to the last champion, at once."""
    from understudy.cli.operations import roll_back

    console.print(roll_back(open_session(ctx.obj), function, reason))


@app.command()
def demo(
    ctx: typer.Context,
    folder: Annotated[Path, typer.Option(help="Where the report goes.")] = Path("demo"),
    questions: Annotated[
        Path, typer.Option(help="Real operators' questions to measure at the end, if there.")
    ] = Path("../shared/data/operator_questions.jsonl"),
) -> None:
    """Run the whole loop on this machine: capture, train, canary, live, slip, rollback."""
    session = open_session(ctx.obj)
    if not session.application.demo:
        raise UnderstudyError(f"{session.application.name} brings no demonstration")
    run_demo = load_named(session.application.demo)
    page: Path = run_demo(session.config, ctx.obj, folder, questions, rich.get_console())
    console.print("report:", Text(clean(str(page)), "bold"), f"and {page.with_suffix('.json')}")
