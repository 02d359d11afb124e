"""Starts a training job as a child process, follows its metrics, and reads its result.

The job never opens the store. A job that fails raises TrainingError with what it said last.
"""

import importlib.util
import subprocess
import sys
import threading
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import orjson

from understudy.errors import TrainingError
from understudy.learn.job import METRICS, RunResult, load_job, load_result

LOG = "job.log"
PACKAGES = ("torch", "transformers", "trl", "peft", "datasets", "tokenizers", "gguf")
ENVIRONMENT = (
    # Threads spin a quarter of a millisecond for each other, then sleep: without an end they made a
    # step ten times slower beside a busy process, without a beginning a fifth (experiments 3, 64).
    "GOMP_SPINCOUNT=20000",
    # TRL would tell its makers of every run.
    "HF_HUB_DISABLE_TELEMETRY=1",
)
OnMetrics = Callable[[Mapping[str, Any]], None]
_POLL_S = 0.2
_STOP_TIMEOUT_S = 10.0
_TAIL_LINES = 4


def check_packages() -> None:
    """Raises TrainingError before a cycle begins that could not be carried out; imports nothing."""
    missing = [name for name in PACKAGES if importlib.util.find_spec(name) is None]
    if missing:
        raise TrainingError(
            f"training needs {', '.join(missing)}, not installed here; "
            "pip install 'understudy[train,local]'"
        )


def run_job(
    folder: Path,
    *,
    on_metrics: OnMetrics | None = None,
    stop: threading.Event | None = None,
) -> RunResult:
    """Blocks until the job is done; `stop` ends it and raises TrainingError saying so."""
    load_job(folder)
    halt = stop if stop is not None else threading.Event()
    seen = _Metrics(folder / METRICS)
    command = ["env", *ENVIRONMENT, sys.executable, "-m", "understudy.learn.run", str(folder)]
    with (folder / LOG).open("ab") as log:
        child = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=log, stderr=log)
    try:
        while child.poll() is None and not halt.wait(_POLL_S):
            _report(seen, on_metrics)
        stopped = child.poll() is None
    finally:
        _end(child)
    _report(seen, on_metrics)
    if stopped:
        raise TrainingError(
            f"the training job in {folder} was stopped; start it again to go on from its last "
            "checkpoint"
        )
    if child.returncode != 0:
        raise TrainingError(_reason(folder, child.returncode))
    return load_result(folder)


class _Metrics:
    """Reads the whole lines that were added since the last look."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._at = path.stat().st_size if path.exists() else 0

    def read(self) -> list[dict[str, Any]]:
        if not self._path.exists():
            return []
        with self._path.open("rb") as file:
            file.seek(self._at)
            text = file.read()
        whole = text[: text.rfind(b"\n") + 1]
        self._at += len(whole)
        return [orjson.loads(line) for line in whole.splitlines()]


def _report(seen: _Metrics, on_metrics: OnMetrics | None) -> None:
    for line in seen.read():
        if on_metrics is not None:
            on_metrics(line)


def _end(child: subprocess.Popen[bytes]) -> None:
    if child.stdin is not None:
        child.stdin.close()
    if child.poll() is None:
        child.terminate()
    try:
        child.wait(_STOP_TIMEOUT_S)
    except subprocess.TimeoutExpired:
        child.kill()
        child.wait()


def _reason(folder: Path, code: int) -> str:
    """The job's own sentence where it raised one of ours, else the end of its log."""
    lines = (folder / LOG).read_text(errors="replace").strip().splitlines()
    for line in reversed(lines[-_TAIL_LINES:]):
        name, _, sentence = line.partition("Error: ")
        if name in ("Training", "Input", "Config", "PermissionRefused") and sentence:
            return sentence
    tail = " | ".join(lines[-_TAIL_LINES:]) or "(empty)"
    return f"the training job in {folder} failed (exit {code}); its log {LOG} ends: {tail}"
