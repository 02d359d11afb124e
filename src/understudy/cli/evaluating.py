"""`understudy evaluate`: teacher and release on the same questions, as a table and as JSON."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from rich.progress import BarColumn, TextColumn, TimeElapsedColumn
from rich.progress import Progress as Bar

from understudy.cli.compose import Session, teacher_running
from understudy.cli.figures import check_writable, write_figures
from understudy.cli.operations import read_release
from understudy.cli.serving import build_context
from understudy.cli.terminal import Terminal
from understudy.config import Config
from understudy.daemon.assessment import Match, measure
from understudy.daemon.context import Context, Progress
from understudy.daemon.pipeline import evaluate_release
from understudy.errors import NotFoundError, UpstreamError
from understudy.evaluate.questions import held_out, load_questions
from understudy.function import Function, Question
from understudy.records import TEACHER, Release, Variant
from understudy.release.cycle import find_traffic
from understudy.store import Store, has_store, open_store


def evaluate_variants(
    session: Session,
    file: Path | None,
    function_name: str,
    release_text: str,
    target: Path | None,
    console: Terminal,
) -> dict[str, Any]:
    """Writes `target` when given. Without a live release only the teacher is measured.

    Raises UpstreamError, after writing, when the teacher answered nothing.
    """
    if target is not None:
        check_writable(target)
    function = session.function(function_name or next(iter(session.application.functions)))
    questions = _questions(session, function, file)
    columns = (TextColumn("{task.description:<20}", markup=False), BarColumn(), TimeElapsedColumn())
    with (
        Bar(*columns, console=console, transient=True) as bar,
        teacher_running(session, session.config) as config,
    ):
        task = bar.add_task("evaluating", total=1.0)

        def show(progress: Progress) -> None:
            bar.update(task, completed=progress.share, description=progress.message)

        context = build_context(session, config, show)
        release, report = _evaluate(config, context, function, questions, release_text)
    if release is None:
        console.print(f"no release is live for {function.name}: the teacher alone was measured")
    if target is not None:
        write_figures(target, summarise(report, release))
    _check_answered(report, config)
    return report


def _evaluate(
    config: Config,
    context: Context,
    function: Function,
    questions: Sequence[Question],
    release_text: str,
) -> tuple[Release | None, dict[str, Any]]:
    if not has_store(config.data_dir) and not release_text:
        # Before the first capture nobody but the teacher can be on stage.
        return None, measure(config, context, Match(function, questions, (), TEACHER))
    with open_store(config.data_dir, read_only=True) as store:
        release = _release(store, function, release_text)
        return release, evaluate_release(store, config, context, function, release, questions)


def _check_answered(report: Mapping[str, Any], config: Config) -> None:
    teacher = report["variants"][str(TEACHER)]
    if teacher["failed"] == teacher["n"]:
        raise UpstreamError(
            f"the teacher answered none of {teacher['n']} questions ({next(iter(teacher['errors']))}); "
            f"check teacher.base_url = {config.teacher.base_url} and teacher.api_key"
        )


def summarise(report: Mapping[str, Any], release: Release | None) -> dict[str, Any]:
    """Plain means under `teacher` and `student`, and the full report with its intervals."""
    names = {"teacher": str(TEACHER)}
    if release is not None:
        names["student"] = str(release.variant)
    short = {role: _means(report["variants"][name]) for role, name in names.items()}
    student = {} if release is None else {"release": str(release.variant)}
    return {**short, **student, "report": report}


def _means(variant: Mapping[str, Any]) -> dict[str, Any]:
    means = {
        name: value["mean"]
        for name, value in variant.items()
        if isinstance(value, Mapping) and "low" in value
    }
    return {"n": variant["n"], **means, "latency_ms": variant["latency_ms"]}


def _questions(session: Session, function: Function, file: Path | None) -> Sequence[Question]:
    if file is None:
        return held_out(session.application, function, session.config)
    return load_questions(file, function)


def _release(store: Store, function: Function, text: str) -> Release | None:
    variant = Variant(read_release(text)) if text else find_traffic(store, function.name).champion
    if variant == TEACHER or variant.release is None:
        return None
    found = store.find_release(variant.release)
    if found is None:
        raise NotFoundError(f"no release {variant}; `understudy status` lists them")
    return found
