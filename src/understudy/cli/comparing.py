"""`understudy compare`: variants side by side on the same prompts, as a page, as JSON and as pairs."""

import asyncio
import contextlib
import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeElapsedColumn
from rich.progress import Progress as Bar
from rich.table import Table
from rich.text import Text

from understudy.capture.traces import permission_of
from understudy.cli.compose import Session, teacher_running
from understudy.cli.second_opinions import check_judge, judge_findings
from understudy.cli.terminal import Terminal, clean
from understudy.config import Config
from understudy.curate.comparison_pairs import FOLDER, save_pairs
from understudy.daemon.assessment import student_serving
from understudy.daemon.context import configured_teacher
from understudy.errors import InputError, NotFoundError
from understudy.evaluate.answers_file import append, begin, load
from understudy.evaluate.asking import Patience, Round, missing
from understudy.evaluate.compare import Comparison
from understudy.evaluate.compare_figures import build_figures
from understudy.evaluate.compare_page import render
from understudy.evaluate.compare_pairs import build_pairs
from understudy.evaluate.compare_prompts import build_prompts, report_json
from understudy.evaluate.opinions import load_opinions
from understudy.evaluate.questions import Families, load_questions, offered
from understudy.evaluate.replies import Place, Plan, list_asked
from understudy.evaluate.suite import Ask
from understudy.function import Function, Question
from understudy.records import TEACHER, Completion, Prompt, Release, Variant
from understudy.release.before import before_training
from understudy.release.cycle import find_traffic
from understudy.store import has_store, open_store
from understudy.wire.connections import open_session

LEADING_DIFFERENCES = 5


@dataclass(frozen=True, slots=True)
class Wanted:
    """What the command line asks for; `variants` empty means teacher and live release."""

    batch: int
    prompts: Path | None
    families: Families
    variants: str
    function: str
    output: Path
    retries: int


def compare_variants(session: Session, wanted: Wanted, console: Terminal) -> dict[str, Any]:
    """Ask what the folder lacks, then write its report and pairs.

    Raises InputError for a folder of another comparison, or when nobody answered anything.
    """
    if session.config.signals.judge:
        check_judge(session.config)
    function = session.function(wanted.function or next(iter(session.application.functions)))
    questions = _questions(session, function, wanted, console)
    releases = _releases(session, function, wanted.variants)
    plan = Plan(
        function.name,
        tuple(releases),
        list_asked(function, questions),
        session.config.evaluation.confidence,
        session.config.evaluation.seed,
        session.config.teacher.model,
        permission_of(session.config.teacher).value,
        {name: source_of(session.config, release) for name, release in releases.items()},
        session.config.samples.holdout_share,
        session.config.gate.min_agreement,
    )
    left = missing(plan, begin(wanted.output, plan))
    if left:
        console.print(f"{len(left)} of {len(plan.asked) * len(plan.variants)} answers to ask for")
        _ask(session, wanted, plan, _Asking(function, questions, releases), left, console)
    if session.config.signals.judge:
        judge_findings(session, wanted.output, console)
    report = replay(session, wanted.output, console)
    if not left:
        first, last = (report["answered"][name][:10] for name in ("first", "last"))
        dates = first if first == last else f"{first} to {last}"
        console.print(
            f"nobody was asked: all {len(plan.asked) * len(releases)} answers are from {dates}"
        )
    return report


def replay(session: Session, folder: Path, console: Terminal) -> dict[str, Any]:
    """Every figure again from the folder's answers alone; nobody is asked. Returns the report but
    for its prompts."""
    plan, replies = load(folder)
    opinions = load_opinions(folder)
    comparison = Comparison(session.function(plan.function), plan, replies, opinions)
    pairs, told = build_pairs(comparison, session.config)
    report = build_figures(comparison) | {"pairs": told}
    report["judge"] = None if opinions is None else opinions.name
    _write(folder / "pairs.jsonl", (json.dumps(pair) + "\n" for pair in pairs))
    _write(folder / "report.html", render(report, build_prompts(comparison)))
    _write(folder / "report.json", report_json(report, build_prompts(comparison)))
    console.print(comparison_table(report))
    console.print("report:", Text(clean(f"{folder / 'report.html'}"), "bold"), "and report.json")
    save_pairs(session.config.data_dir, plan.identity, pairs)
    if pairs:
        home = session.config.data_dir / FOLDER
        console.print(
            f"{len(pairs)} pairs, kept in {home} too: `understudy dataset build` takes them"
        )
    if told["refused"]:
        console.print(told["refused"], style="yellow")
    return report


def comparison_table(report: Mapping[str, Any]) -> Table:
    table = Table("measure", *report["against"], title=f"{report['function']} against {report['reference']}")  # fmt: skip
    for name in ("n", "similarity", "agreement", "same_text"):
        table.add_row(name, *(_cell(row[name]) for row in report["against"].values()))
    failed = {name: str(one["failed"]) for name, one in report["variants"].items()}
    table.add_row("failed calls", *(failed[name] for name in report["against"]))
    table.add_row(f"failed calls of {report['reference']}", failed[report["reference"]])
    for place in range(LEADING_DIFFERENCES):
        words = [
            row["differences"][place]["words"] if place < len(row["differences"]) else ""
            for row in report["against"].values()
        ]
        if any(words):
            table.add_row(f"difference {place + 1}", *words)
    table.add_row("pairs for training", str(report["pairs"]["written"]))
    return table


def source_of(config: Config, release: Release | None) -> dict[str, str]:
    """Who answers: an answer of another model, or sampled otherwise, is not this variant's."""
    teacher, student = config.teacher, config.student
    if release is not None:
        return {"gguf_sha256": release.gguf_sha256, "temperature": f"{student.temperature}"}
    ways = {"claude_cli": {"command": " ".join(teacher.command)}, "scripted": {}}
    way = ways.get(teacher.kind, {"base_url": teacher.base_url})
    return {"kind": teacher.kind, "model": teacher.model, **way}


@dataclass(frozen=True, slots=True)
class _Asking:
    """Who is asked: the function, its questions, and each variant's release (None: the teacher)."""

    function: Function
    questions: Sequence[Question]
    releases: Mapping[str, Release | None]


def _ask(
    session: Session,
    wanted: Wanted,
    plan: Plan,
    asking: _Asking,
    left: Sequence[Place],
    console: Terminal,
) -> None:
    columns = (TextColumn("{task.description:<20}", markup=False), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())  # fmt: skip
    with (
        Bar(*columns, console=console, transient=True) as bar,
        teacher_running(session, session.config) as config,
    ):
        tasks = {name: bar.add_task(name, total=None) for name in plan.variants}

        def tell(variant: str, done: int, total: int) -> None:
            bar.update(tasks[variant], completed=done, total=total)

        async def run() -> None:
            async with contextlib.AsyncExitStack() as stack:
                round_ = Round(
                    asking.function,
                    asking.questions,
                    await _variants(stack, config, asking),
                    Patience(config.evaluation.concurrency, wanted.retries),
                    lambda reply: append(wanted.output, reply),
                    tell,
                )
                await round_.ask(plan, left)

        asyncio.run(run())


async def _variants(
    stack: contextlib.AsyncExitStack, config: Config, asking: _Asking
) -> dict[str, Ask]:
    """Each variant as something to ask; a release is served by its own llama.cpp server."""
    web = await stack.enter_async_context(open_session())
    name = asking.function.name
    ask_configured = configured_teacher(config.teacher)

    async def teacher(prompt: Prompt) -> Completion:
        return await ask_configured(web, name, prompt)

    found: dict[str, Ask] = {}
    for variant, release in asking.releases.items():
        if release is None:
            found[variant] = teacher
        else:
            serving = student_serving(config, web, release, name, logprobs=True)
            found[variant] = await stack.enter_async_context(serving)
    return found


def _questions(
    session: Session, function: Function, wanted: Wanted, console: Terminal
) -> list[Question]:
    if wanted.prompts is not None:
        found = load_questions(wanted.prompts, function)
        if len(found) > wanted.batch:
            console.print(f"the first {wanted.batch} of {len(found)} prompts; --batch takes more")
        return found[: wanted.batch]
    evaluation = session.config.evaluation.model_copy(update={"questions": wanted.batch})
    config = session.config.model_copy(update={"evaluation": evaluation})
    return offered(session.application, function, config, wanted.families)


def _releases(session: Session, function: Function, text: str) -> dict[str, Release | None]:
    """The variants in their order. A variant named twice is asked twice, as `teacher#2`."""
    variants = text.split(",") if text else list(_live(session.config, function))
    if len(variants) < 2:
        raise InputError(
            f"nothing to compare the teacher with: no release of {function.name} is live; name "
            "two with --variants, as teacher,student@3"
        )
    found: dict[str, Release | None] = {}
    for variant in map(str.strip, variants):
        times = sum(name.partition("#")[0] == variant for name in found)
        found[f"{variant}#{times + 1}" if times else variant] = _release(session, variant)
    return found


def _live(config: Config, function: Function) -> Iterator[str]:
    yield str(TEACHER)
    if has_store(config.data_dir):
        with open_store(config.data_dir, read_only=True) as store:
            champion = find_traffic(store, function.name).champion
        if champion != TEACHER:
            yield str(champion)


def _release(session: Session, name: str) -> Release | None:
    """The release that a variant is served from; None for the teacher."""
    config, before = session.config, re.fullmatch(r"before@([1-9]\d*)", name)
    try:
        variant = Variant.parse(f"student@{before[1]}" if before else name)
    except ValueError as error:
        raise InputError(f"--variants: {error}, or `before@N`") from error
    if variant.release is None:
        return None
    release = run = None
    if has_store(config.data_dir):
        with open_store(config.data_dir, read_only=True) as store:
            release = store.find_release(variant.release)
            run = None if release is None else store.find_run(release.run)
    if release is None or run is None:
        raise NotFoundError(f"no release {variant}; `understudy status` lists them")
    if before is None:
        return release
    return before_training(config, release, run)


def _write(path: Path, pieces: Iterable[str]) -> None:
    """Whole or not at all. A lone surrogate of a model's answer has no UTF-8 form."""
    partial = path.with_name(f".{path.name}.new")
    with partial.open("w", encoding="utf-8", errors="replace", newline="") as file:
        file.writelines(pieces)
    partial.replace(path)


def _cell(value: Any) -> str:
    if not isinstance(value, Mapping):
        return str(value)
    if value["mean"] is None:
        return "-"
    if value["low"] is None:
        return f"{value['mean']:.3f}"
    return f"{value['mean']:.3f} [{value['low']:.3f}, {value['high']:.3f}]"
