"""The whole loop on one machine, stage by stage; every figure it writes comes from the run."""

import asyncio
import itertools
import shutil
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from rich.console import Console

from commandcenter.application import APPLICATION, PLANT_SEED
from commandcenter.demo import operators_online as online
from commandcenter.demo.commands import compare_with_untrained, measure_real_questions
from commandcenter.demo.progress import build_bar, reporting, show_progress
from commandcenter.demo.report import load_ran, write_report
from commandcenter.demo.server import DemoServer
from commandcenter.operators import Need, stream
from commandcenter.plant import Plant
from understudy.config import Config
from understudy.errors import InputError, TrainingError
from understudy.function import Function
from understudy.store import check_unused

MARK = ".understudy-demo"
DATA = "data"
POLL_S = 0.4
# Each look costs the machine something that the training would rather have.
TRAINING_POLL_S = 2.0
ON_STAGE = ("shadow", "canary", "live")
ENDED = ("failed", "cancelled")
LIVE_REQUESTS = 60
MOST_QUESTIONS = 1_000_000
STAGE_LIMIT_S = 600.0


@dataclass(frozen=True, slots=True)
class DemoPlan:
    """What the demonstration is asked to do."""

    config: Config
    config_path: Path | None
    folder: Path
    questions: Path | None
    requests: int = 5000
    seed: int = 1
    slip_temperature: float = 2.0
    noise: float = 0.05
    spoken_share: float = 0.05


@dataclass(slots=True)
class Stage:
    """The running demonstration: its server, its operators, its clock."""

    plan: DemoPlan
    server: DemoServer
    function: Function
    plant: Plant
    console: Console
    started: float
    needs: Iterator[Need]
    tally: online.Tally = field(default_factory=online.Tally)
    seconds: dict[str, float] = field(default_factory=dict)
    notes: list[dict[str, Any]] = field(default_factory=list)

    @contextmanager
    def timed(self, name: str, title: str) -> Iterator[None]:
        began = time.monotonic()
        self.console.rule(f"[bold]{title}[/]  [dim]{began - self.started:.0f} s[/]", align="left")
        yield
        self.seconds[name] = round(time.monotonic() - began, 2)

    def note(self, event: str, reason: str) -> None:
        self.notes.append({"at": time.time(), "event": event, "reason": reason})
        self.console.print(f"  [bold]{event}[/]: {reason}")


def run_demo(
    config: Config, config_path: Path | None, folder: Path, questions: Path | None, console: Console
) -> Path:
    """Run every stage with the usual numbers of questions; see `perform`."""
    return perform(DemoPlan(config, config_path, folder, questions), console)


def perform(plan: DemoPlan, console: Console) -> Path:
    """Run every stage and write report.html and report.json into the plan's folder.

    Everything it makes lies in the plan's folder. Raises InputError when that holds something else
    than an earlier demonstration, StoreError while a server runs on that one's data, and
    TrainingError, after writing the report, when the gate held the student.
    """
    function = APPLICATION.functions[online.PLAN]
    config = plan.config.model_copy(update={"data_dir": plan.folder / DATA})
    plan = replace(plan, config=config)
    _clear(plan.folder)
    started, began_at = time.monotonic(), time.time()
    console.print("starting the server and the scripted teacher")
    server = DemoServer(plan.config_path, plan.config.data_dir, plan.folder / "server.log")
    plant = Plant(PLANT_SEED)
    needs = stream(plan.seed, MOST_QUESTIONS, plant)
    stage = Stage(plan, server, function, plant, console, started, needs)
    try:
        _capture(stage)
        release = _learn(stage)
        promoted = release["state"] in ON_STAGE
        if promoted:
            _climb(stage, release, "canary", "The student goes on stage, step by step")
            _slip(stage, release)
            _recover(stage, release)
        final = server.status()
    finally:
        server.stop()
    number = int(release["number"])
    with stage.timed("real_questions", "Teacher and release on real operators' questions"):
        measured = {"real_questions": measure_real_questions(plan, number, console)}
    with stage.timed("comparison", "Teacher and student, before and after it saw the answers"):
        measured["training"] = compare_with_untrained(plan, function.name, number, console)
    stage.seconds["total"] = round(time.monotonic() - started, 2)
    page = write_report(stage, final, load_ran(plan.config.data_dir, number), measured, began_at)
    if not promoted:
        raise TrainingError(
            f"the gate held {release['name']} ({release['reason']}): the teacher serves on. The "
            f"report {page} shows how far it came; train longer (sft.epochs) and run again"
        )
    return page


def _clear(folder: Path) -> None:
    if folder.exists() and any(folder.iterdir()) and not (folder / MARK).exists():
        raise InputError(f"{folder} holds other files; name an empty folder with --folder")
    check_unused(folder / DATA)
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    (folder / MARK).touch()


def _capture(stage: Stage) -> None:
    total = stage.plan.requests
    with stage.timed("capture", f"{total} questions to the teacher, through the gateway"):
        bar = build_bar(stage.console)
        task = bar.add_task("asked", total=total, note="")
        with bar, reporting(POLL_S, lambda: bar.update(task, completed=stage.tally.questions)):
            _work(stage, itertools.islice(stage.needs, total))
        _await_drained(stage)
        counts = stage.server.status()["counts"]
        stage.console.print(
            f"  captured {counts['captured']}, dropped {counts['dropped']}, "
            f"traces {counts['traces']}, feedback {counts['feedback']}"
        )


def _await_drained(stage: Stage) -> None:
    deadline = time.monotonic() + 30
    asked = stage.tally.asked
    while time.monotonic() < deadline:
        if stage.server.status()["counts"]["inferences"] >= asked:
            return
        time.sleep(POLL_S)


def _learn(stage: Stage) -> dict[str, Any]:
    """The release with its verdict: on stage or rejected. Raises TrainingError when none comes."""
    with stage.timed("learn", "Train, export, evaluate, gate"):
        stage.server.ask("/api/train", {})
        bar = build_bar(stage.console)
        tasks: dict[str, Any] = {}
        with bar:
            while True:
                status = stage.server.status()
                show_progress(bar, tasks, status["trainer"])
                release = status["releases"][-1] if status["releases"] else {}
                if release.get("state") in (*ON_STAGE, "rejected"):
                    break
                error = status["trainer"]["errors"].get("train", {}).get("error")
                if error or release.get("state") in ENDED:
                    raise TrainingError(
                        f"no release came of the run: {error or release['reason']}; see the log "
                        f"{stage.server.log}"
                    )
                time.sleep(TRAINING_POLL_S)
    stage.console.print(f"  gate: {release['reason']}")
    return release


def _climb(stage: Stage, release: Mapping[str, Any], name: str, title: str) -> None:
    with stage.timed(name, title):
        seen = _drive_until(stage, lambda status: _state(status, release) == "live")
        if not seen:
            raise TrainingError(f"the release did not reach live in time; see {stage.server.log}")
        _work(stage, itertools.islice(stage.needs, LIVE_REQUESTS))


def _slip(stage: Stage, release: Mapping[str, Any]) -> None:
    heat = stage.plan.slip_temperature
    with stage.timed("slip", "A forced slip: somebody raises the serving temperature"):
        stage.server.ask("/api/student", {"temperature": heat})
        stage.note("temperature raised", f"to {heat}, on purpose; the JSON stays valid")
        if not _drive_until(stage, lambda status: _state(status, release) == "rolled_back"):
            raise TrainingError(f"the slip was not noticed; see {stage.server.log}")
        reason = next(
            r["reason"]
            for r in stage.server.status()["releases"]
            if r["number"] == release["number"]
        )
        stage.console.print(f"  [bold]rolled back by itself[/]: {reason}")
        _work(stage, itertools.islice(stage.needs, LIVE_REQUESTS))


def _recover(stage: Stage, release: Mapping[str, Any]) -> None:
    heat = stage.plan.config.student.temperature
    with stage.timed("recover", "The cause is mended and the operator promotes the release again"):
        stage.server.ask("/api/student", {"temperature": heat})
        stage.note("temperature restored", f"to {heat}")
        stage.server.ask("/api/promote", {"release": release["number"]})
        if not _drive_until(stage, lambda status: _state(status, release) == "live"):
            raise TrainingError(f"the release did not come back; see {stage.server.log}")


def _state(status: Mapping[str, Any], release: Mapping[str, Any]) -> str:
    number = release["number"]
    return next(str(r["state"]) for r in status["releases"] if r["number"] == number)


def _drive_until(stage: Stage, reached: Callable[[Mapping[str, Any]], bool]) -> bool:
    """Operators keep asking until the status says so; prints each event of the timeline once."""
    stop, found = threading.Event(), False
    worker = threading.Thread(target=lambda: _work(stage, stage.needs, stop.is_set))
    worker.start()
    shown = len(stage.server.status()["timeline"])
    deadline = time.monotonic() + STAGE_LIMIT_S
    try:
        while not found and time.monotonic() < deadline and worker.is_alive():
            status = stage.server.status()
            for event in status["timeline"][shown:]:
                share = f"{event['student_share']:.0%}"
                stage.console.print(f"  {event['event']} [cyan]{share}[/] {event['reason']}")
            shown = len(status["timeline"])
            found = reached(status)
            time.sleep(POLL_S)
    finally:
        stop.set()
        worker.join()
    return found


def _work(stage: Stage, needs: Iterator[Need], done: Callable[[], bool] = lambda: False) -> None:
    room = online.ControlRoom(
        url=stage.server.url,
        key=stage.server.key,
        functions=APPLICATION.functions,
        plant=stage.plant,
        model=stage.plan.config.teacher.model,
        concurrency=4,
        spoken_share=stage.plan.spoken_share,
        noise=stage.plan.noise,
    )
    asyncio.run(online.work(room, needs, stage.tally, done))
