"""What `understudy compare` asks a judge about doubtful findings, and what it tells of that.

Refuses a judge that cannot be asked before any answer is paid for.
"""

import time
from pathlib import Path

from understudy.cli.compose import Session, teacher_running
from understudy.cli.remote import find_server
from understudy.cli.terminal import Terminal
from understudy.config import Config
from understudy.errors import ServerError
from understudy.evaluate.answers_file import load
from understudy.evaluate.compare import Comparison
from understudy.evaluate.judge import judging_teacher
from understudy.evaluate.opinions import ask_opinions, list_claims


def check_judge(config: Config) -> None:
    """Before anything is asked that costs."""
    judging_teacher(config)
    if config.judge.enabled and find_server(config.data_dir) is not None:
        raise ServerError(
            "signals.judge: the server on this data folder spends [judge]'s money of the day; stop "
            "it, or set judge.enabled = false and restart it"
        )


def judge_findings(session: Session, folder: Path, console: Terminal) -> None:
    """Ask about the findings that the rules are not sure of; what is not answered stays as it was."""

    def wait(seconds: float) -> None:
        console.print(f"waiting {seconds:.0f} s (judge.per_minute)")
        time.sleep(seconds)

    plan, replies = load(folder)
    claims = list_claims(Comparison(session.function(plan.function), plan, replies))
    with teacher_running(session, session.config) as config:
        told = ask_opinions(folder, claims, config, time.time, wait)
    spent = f"{told['spent_usd']:.4f} USD today"
    console.print(f"{told['wanted'] - told['left']} replies with doubtful findings judged, {spent}")
    if told["left"]:
        why = told["last_error"] or f"{told['waiting_for']} allows no more"
        console.print(f"{told['left']} were not judged: {why}; run again", style="yellow")
