"""`understudy judge`: have answers judged now, within [judge]'s rate and money.

Refuses beside a running server, which judges by itself: the store has one writer.
"""

import time
from typing import Annotated, Any

import typer

from understudy.cli.compose import Session, open_session, teacher_running
from understudy.cli.terminal import Terminal
from understudy.errors import InputError, NotFoundError, ServerError, UpstreamError

Answers = Annotated[
    list[str] | None,
    typer.Argument(help="The x-understudy-inference of answers; else the newest.", show_default=""),
]


def judge(
    ctx: typer.Context,
    answers: Answers = None,
    last: Annotated[
        int,
        typer.Option(
            min=1, help="How many of the last day's newest (at most 200 a function), without ids."
        ),
    ] = 20,
    function: Annotated[str | None, typer.Option(help="Only this function's newest.")] = None,
    pair: Annotated[
        bool, typer.Option("--pair", help="Compare two answers to one request, in both orders.")
    ] = False,
) -> None:
    """Have a model judge served answers, and store its verdicts as feedback.

    Spends no more than judge.usd_per_day; who judges is said by judge.kind."""
    from understudy.cli.remote import find_server

    session, console = open_session(ctx.obj), Terminal()
    running = find_server(session.config.data_dir)
    if running is not None:
        raise ServerError(
            f"the server at {running.url} holds the store; set judge.enabled = true and it judges the "
            "newest answers by itself, or stop it first"
        )
    ids = list(answers or [])
    if pair and len(ids) != 2:
        raise InputError(f"--pair compares two answers, {len(ids)} were named")
    if function is not None:
        session.function(function)
    found = _judge(session, ids, last, function, pair, console)
    _tell(found, console)


def _judge(
    session: Session,
    ids: list[str],
    last: int,
    function: str | None,
    pair: bool,
    console: Terminal,
) -> dict[str, Any]:
    from understudy.cli.operations import open_existing
    from understudy.evaluate.judging import Judging

    def wait(seconds: float) -> None:
        console.print(f"waiting {seconds:.0f} s (judge.per_minute)")
        time.sleep(seconds)

    functions = session.application.functions
    with (
        teacher_running(session, session.config) as config,
        open_existing(config.data_dir) as store,
    ):
        judging = Judging(store, functions, config, time.time)
        if pair:
            first, second = ids
            return judging.compare([(first, second)], wait)
        return judging.judge(ids or judging.find_unjudged(function, last), wait)


def _tell(found: dict[str, Any], console: Terminal) -> None:
    if not found["judged"] and not found["left"]:
        raise NotFoundError("no answer of the last day is left to be judged")
    spent = f"{found['spent_usd']:.4f} USD today"
    console.print(f"{len(found['judged'])} judged, {len(found['left'])} left; {spent}")
    if found["left"]:
        refused = "; ".join(found["refusals"])
        why = found["last_error"] or refused or f"{found['waiting_for']} allows no more"
        raise UpstreamError(f"{len(found['left'])} answers were not judged: {why}")
