"""A training job as a folder: what to train on, from what, with which settings; and its result.

Loads without torch: the server writes jobs and reads results, a child process runs them.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson
import tomlkit

from understudy.config import SECRETS, Config, load_config
from understudy.errors import InputError, TrainingError

CONFIG = "config.resolved.toml"
METRICS = "metrics.jsonl"
BEFORE = "before"
_JOB = "job.json"
_RESULT = "result.json"


@dataclass(frozen=True, slots=True)
class Job:
    """`base` is the folder of an earlier student; None starts from `student.base`. The bootstrap
    dataset is learned first, and only then."""

    folder: Path
    config: Config
    dataset_folder: Path
    base: Path | None
    bootstrap_folder: Path | None
    seed: int


@dataclass(frozen=True, slots=True)
class RunResult:
    folder: Path
    metrics: Mapping[str, Any]
    merged: Path


def write_job(job: Job) -> Path:
    """Make the run folder; the job appears last, so that a half-written one is no job."""
    job.folder.mkdir(parents=True, exist_ok=True)
    values = job.config.model_dump(mode="json", exclude=_secrets())
    _write(job.folder / CONFIG, tomlkit.dumps(values).encode())
    document = {
        "dataset_folder": str(job.dataset_folder.resolve()),
        "base": str(job.base.resolve()) if job.base else None,
        "bootstrap_folder": str(job.bootstrap_folder.resolve()) if job.bootstrap_folder else None,
        "seed": job.seed,
    }
    _write(job.folder / _JOB, orjson.dumps(document, option=orjson.OPT_INDENT_2))
    return job.folder


def load_job(folder: Path) -> Job:
    """Raises InputError when the folder holds no job."""
    try:
        document = orjson.loads((folder / _JOB).read_bytes())
    except (OSError, ValueError) as error:
        raise InputError(f"{folder} holds no training job ({error}); start it again") from error
    return Job(
        folder=folder,
        # Without the environment: the job's settings were resolved when it was written.
        config=load_config(folder / CONFIG, {}).config,
        dataset_folder=Path(document["dataset_folder"]),
        base=Path(document["base"]) if document["base"] else None,
        bootstrap_folder=Path(document["bootstrap_folder"])
        if document["bootstrap_folder"]
        else None,
        seed=document["seed"],
    )


def write_result(result: RunResult) -> None:
    """The last file of a run: a folder without it did not finish."""
    document = {"metrics": dict(result.metrics), "merged": result.merged.name}
    _write(result.folder / _RESULT, orjson.dumps(document, option=orjson.OPT_INDENT_2))


def load_result(folder: Path) -> RunResult:
    """Raises TrainingError when the run did not finish."""
    try:
        document = orjson.loads((folder / _RESULT).read_bytes())
    except (OSError, ValueError) as error:
        raise TrainingError(f"the run in {folder} did not finish ({error}); train again") from error
    return RunResult(folder, document["metrics"], folder / document["merged"])


def _secrets() -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for name in SECRETS:
        section, _, field = name.partition(".")
        found.setdefault(section, set()).add(field)
    return found


def _write(path: Path, content: bytes) -> None:
    temporary = path.with_name(f".{path.name}.partial")
    temporary.write_bytes(content)
    temporary.rename(path)
