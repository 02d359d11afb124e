"""The files of a ranker's folder, and what the last checkpoint says of itself without being loaded."""

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import orjson
from safetensors import SafetensorError, safe_open

from understudy.errors import TrainingError

NAME = "ranker-{:08d}.safetensors"
# Where a ranker that was started anew begins to read the store's feedback.
_START = "start.json"


def read_summary(folder: Path) -> dict[str, Any] | None:
    """What the last checkpoint says of itself, without loading it; None where there is none. Raises
    TrainingError when it cannot be read."""
    files = find_files(folder)
    if not files:
        return None
    with reading(files[-1]):
        with safe_open(files[-1], "numpy") as file:
            document = orjson.loads(file.metadata()["document"])
        return _summary(document, files[-1])


def _summary(document: dict[str, Any], file: Path) -> dict[str, Any]:
    prior, share = document["served_choice"]
    return {
        "items": len(document["items"]),
        "fits": document["fits"],
        "cursor": document["cursor"],
        "replay": len(document["replay"]),
        "validation": len(document["validation"]),
        "prior": prior,
        "network_share": share,
        "learning_rate": document["learning_rate"],
        "embedder": document["identity"]["embedder"],
        "checkpoint": str(file),
    }


def written_at(folder: Path) -> float:
    """When the last checkpoint was written; it learned from nothing later."""
    return find_files(folder)[-1].stat().st_mtime


def save_start(folder: Path, cursor: int) -> None:
    """In a new folder: whoever learns there leaves out the feedback up to here."""
    folder.mkdir(parents=True)
    (folder / _START).write_bytes(orjson.dumps({"cursor": cursor}))


def read_cursor(folder: Path) -> int:
    """How far in the store's feedback was learned; loads no model."""
    saved = read_summary(folder)
    if saved is not None:
        return int(saved["cursor"])
    start = folder / _START
    with reading(start):
        return int(orjson.loads(start.read_bytes())["cursor"]) if start.exists() else 0


def find_files(folder: Path) -> list[Path]:
    """The checkpoints, the last one at the end."""
    return sorted(f for f in folder.glob("ranker-*.safetensors") if re.search(r"-\d{8}\.", f.name))


@contextmanager
def reading(file: Path) -> Iterator[None]:
    """What is wrong with it becomes a TrainingError that names it."""
    try:
        yield
    except (SafetensorError, OSError, LookupError, TypeError, ValueError) as error:
        raise TrainingError(
            f"{file} cannot be read ({error}); put a copy of it back, or start anew with "
            "`understudy tier1 reset`"
        ) from error


def sync(path: Path) -> None:
    """On the disk, so that a rename never shows a file that is not."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
