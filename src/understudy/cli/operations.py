"""What the commands do: through the running server where there is one, else on the store itself."""

from pathlib import Path
from typing import Any

from rich.progress import BarColumn, DownloadColumn, TextColumn, TimeElapsedColumn
from rich.progress import Progress as Bar

from understudy.capture.importing import ImportReport
from understudy.cli import steer
from understudy.cli.compose import Session, teacher_running
from understudy.cli.remote import ask_server, find_server
from understudy.cli.terminal import Terminal
from understudy.errors import NotFoundError, StoreError
from understudy.records import CycleState, RunState, Variant
from understudy.store import Store, has_store, open_store


def read_status(session: Session) -> dict[str, Any]:
    """The server's own account, or what the store alone says."""
    running = find_server(session.config.data_dir)
    if running is not None:
        return {"server": running.url, **ask_server(running, "/api/status")}
    from understudy.release.cycle import find_traffic

    with open_store(session.config.data_dir, read_only=True) as store:
        traffic = {name: find_traffic(store, name) for name in session.application.functions}
        return {
            "server": None,
            "functions": {
                name: {
                    "champion": str(row.champion),
                    "candidate": None if row.candidate is None else str(row.candidate),
                    "share": row.share,
                    "shadow": row.shadow,
                }
                for name, row in traffic.items()
            },
            "releases": [
                {"number": r.number, "state": r.state.value, "reason": r.reason}
                for r in store.find_releases()
            ],
            "counts": {
                "inferences": store.count_inferences(),
                "traces": store.count_traces(),
                "feedback": store.count_feedback(),
            },
        }


def import_traces(session: Session, file: Path, console: Terminal) -> ImportReport:
    """Raises StoreError while a server holds the store: it is the one writer."""
    from understudy.capture.importers import import_file

    refuse_beside_server(session, "import")
    columns = (
        BarColumn(),
        DownloadColumn(),
        TextColumn("{task.fields[lines]} lines", markup=False),
    )
    with (
        open_store(session.config.data_dir) as store,
        # A terminal alone is shown it: a log file wants the result, and scripts read stderr.
        Bar(
            *columns,
            TimeElapsedColumn(),
            console=console,
            transient=True,
            disable=not console.is_terminal,
        ) as bar,
    ):
        task = bar.add_task("import", total=_size(file), lines=0)
        return import_file(
            file,
            store,
            session.application,
            session.config,
            on_progress=lambda lines, end: bar.update(task, completed=end, lines=lines),
        )


def refuse_beside_server(session: Session, action: str) -> None:
    """Raises StoreError while a server holds the store: it is the one writer."""
    running = find_server(session.config.data_dir)
    if running is not None:
        raise StoreError(
            f"the server at {running.url} holds the store; stop it, {action}, start it again"
        )


def train_now(session: Session, console: Terminal) -> tuple[str, bool]:
    """The outcome in words, and whether a release came of it (or will, on the server)."""
    running = find_server(session.config.data_dir)
    if running is not None:
        return str(ask_server(running, "/api/train", {})["message"]), True
    from understudy.cli.serving import build_context
    from understudy.daemon.context import Progress
    from understudy.daemon.pipeline import train_release
    from understudy.daemon.recovery import recover

    columns = (TextColumn("{task.description:<11}"), BarColumn(), TextColumn("{task.fields[note]}"))
    with (
        Bar(*columns, TimeElapsedColumn(), console=console) as bar,
        teacher_running(session, session.config) as config,
        open_store(config.data_dir) as store,
    ):
        tasks: dict[str, Any] = {}

        def show(progress: Progress) -> None:
            if progress.stage not in tasks:
                for task in tasks.values():
                    bar.update(task, completed=1.0)
                tasks[progress.stage] = bar.add_task(progress.stage, total=1.0, note="")
            bar.update(tasks[progress.stage], completed=progress.share, note=progress.message)

        context = build_context(session, config, show)
        recover(store, context.clock())
        release = train_release(store, session.application, config, context)
    passed = release.state is not CycleState.REJECTED
    return f"{release.variant} is {release.state.value}: {release.reason}", passed


def export_run(session: Session, number: int, output: Path) -> Any:
    """Raises NotFoundError for a run that is unknown or did not finish."""
    from understudy.learn.job import load_result
    from understudy.release.export import export_release

    with open_store(session.config.data_dir, read_only=True) as store:
        run = store.find_run(number)
        known = ", ".join(str(r.id) for r in store.find_runs() if r.state is RunState.DONE)
    if run is None or run.state is not RunState.DONE:
        raise NotFoundError(f"no finished run {number}; finished: {known or 'none, train first'}")
    names = [r.functions for r in _releases(session) if r.run == number]
    functions = {name: session.function(name) for name in (names[0] if names else ())}
    config = session.config
    merged = load_result(run.folder).merged
    return export_release(merged, output, config.export, functions, config.student)


def promote_release(session: Session, text: str, *, force: bool) -> str:
    number = read_release(text)
    running = find_server(session.config.data_dir)
    if running is not None:
        body = {"release": number, "force": force}
        return str(ask_server(running, "/api/promote", body)["message"])
    with open_existing(session.config.data_dir) as store:
        return steer.promote(store, session.config, number, force)


def roll_back(session: Session, function: str | None, reason: str) -> str:
    if function is not None:
        session.function(function)
    running = find_server(session.config.data_dir)
    if running is not None:
        body = {"function": function, "reason": reason}
        return str(ask_server(running, "/api/rollback", body)["message"])
    with open_existing(session.config.data_dir) as store:
        return steer.roll_back(store, function, reason)


def read_release(text: str) -> int:
    """`student@3` or `3`. Raises NotFoundError for anything else."""
    try:
        number = Variant.parse(text if text.startswith("student@") else f"student@{text}").release
    except ValueError as error:
        raise NotFoundError(f"{text!r} names no release; write student@N") from error
    return number or 0


def open_existing(data_dir: Path) -> Store:
    """A mistyped data_dir must not become an empty store. Raises StoreError where there is none."""
    return open_store(data_dir, read_only=not has_store(data_dir))


def _size(file: Path) -> int | None:
    return file.stat().st_size if file.is_file() else None


def _releases(session: Session) -> list[Any]:
    with open_store(session.config.data_dir, read_only=True) as store:
        return store.find_releases()
