"""The demonstration's progress bars: how many questions were asked, how far the training is."""

import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

_REFRESHES_PER_S = 4


def build_bar(console: Console) -> Progress:
    columns = (
        TextColumn("  {task.description:<12}"),
        BarColumn(),
        TextColumn("{task.percentage:>3.0f} %"),
        TextColumn("{task.fields[note]}"),
        TimeElapsedColumn(),
    )
    return Progress(*columns, console=console, refresh_per_second=_REFRESHES_PER_S)


@contextmanager
def reporting(interval_s: float, update: Callable[[], None]) -> Iterator[None]:
    """Call `update` at this interval from a thread while the body runs, and once at its end."""
    stop = threading.Event()

    def loop() -> None:
        while not stop.wait(interval_s):
            update()

    thread = threading.Thread(target=loop)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()
        update()


def show_progress(bar: Progress, tasks: dict[str, Any], progress: Mapping[str, Any]) -> None:
    """One task for each stage that the trainer has named; those before the present one are done."""
    name = progress["stage"]
    if name == "idle":
        return
    if name not in tasks:
        for other in tasks.values():
            bar.update(other, completed=1.0)
        tasks[name] = bar.add_task(name, total=1.0, note="")
    bar.update(tasks[name], completed=progress["progress"] or 0.0, note=progress["message"])
