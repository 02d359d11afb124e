"""Datasets, runs and releases as table rows and back, and where their files lie: what is in the data
folder is known by its name there, so that the folder can be moved. No SQL, no file is read.
"""

from pathlib import Path
from typing import Any

from understudy.records import CycleState, Dataset, Release, Run, RunState
from understudy.store.rows import Row

_INSIDE = "data_dir:"


def write_place(path: Path, home: Path) -> str:
    """`home` is the data folder."""
    absolute, within = path.resolve(), home.resolve()
    if not absolute.is_relative_to(within):
        return str(path)
    return f"{_INSIDE}{absolute.relative_to(within).as_posix()}"


def read_place(text: str, home: Path) -> Path:
    """Stores of before have paths as they were given."""
    return home / text.removeprefix(_INSIDE) if text.startswith(_INSIDE) else Path(text)


def dataset_row(dataset: Dataset, home: Path) -> dict[str, Any]:
    return {
        "id": dataset.id,
        "folder": write_place(dataset.folder, home),
        "functions": list(dataset.functions),
        "trace_ids": list(dataset.trace_ids),
        "counts": dict(dataset.counts),
        "skipped": dict(dataset.skipped),
        "created_at": dataset.created_at,
    }


def read_dataset(row: Row, home: Path) -> Dataset:
    return Dataset(
        id=row["id"],
        folder=read_place(row["folder"], home),
        functions=tuple(row["functions"]),
        trace_ids=tuple(row["trace_ids"]),
        counts=row["counts"],
        skipped=row["skipped"],
        created_at=row["created_at"],
    )


def run_row(run: Run, home: Path) -> dict[str, Any]:
    return {
        "id": run.id,
        "learner": run.learner,
        "dataset": run.dataset,
        "config_hash": run.config_hash,
        "seed": run.seed,
        "state": run.state.value,
        "folder": write_place(run.folder, home),
        "metrics": dict(run.metrics),
        "created_at": run.created_at,
        "error": run.error,
        "traces_end": run.traces_end,
    }


def read_run(row: Row, home: Path) -> Run:
    folder = read_place(row["folder"], home)
    return Run(**{**row, "state": RunState(row["state"]), "folder": folder})


def release_row(release: Release, home: Path) -> dict[str, Any]:
    return {
        "number": release.number,
        "run": release.run,
        "functions": list(release.functions),
        "state": release.state.value,
        "gguf": None if release.gguf is None else write_place(release.gguf, home),
        "gguf_sha256": release.gguf_sha256,
        "size_bytes": release.size_bytes,
        "report": dict(release.report),
        "reason": release.reason,
        "created_at": release.created_at,
    }


def read_release(row: Row, home: Path) -> Release:
    gguf = None if row["gguf"] is None else read_place(row["gguf"], home)
    changed = {"functions": tuple(row["functions"]), "state": CycleState(row["state"])}
    return Release(**{**row, **changed, "gguf": gguf})
