"""A dataset's folder: the rows, README.md and, last, dataset.json. Appears whole or not at all."""

import errno
import hashlib
import tempfile
from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import orjson

from understudy.curate.dataset_card import render_card
from understudy.curate.samples import Sample, sample_row
from understudy.errors import InputError, NotFoundError, StoreError

FOLDER = "datasets"
SAMPLES, MANIFEST, CARD = "samples.jsonl", "dataset.json", "README.md"
ID_LENGTH = 16


def render_rows(samples: Sequence[Sample]) -> tuple[str, bytes]:
    """The dataset's id (the hash of its rows) and the rows as JSON lines."""
    content = b"".join(orjson.dumps(sample_row(one)) + b"\n" for one in samples)
    return hashlib.sha256(content).hexdigest()[:ID_LENGTH], content


def write_dataset(
    folder: Path,
    content: Mapping[str, bytes],
    manifest: Mapping[str, Any],
    add: Callable[[Path], Mapping[str, Any]] | None = None,
) -> None:
    """A folder that is there already has this content: its name is the content's hash. What `add`
    writes is written anew, and what it returns about that is put into the manifest."""
    if add is None and (folder / MANIFEST).exists():
        return
    with _whole(folder) as whole:
        for name, rows in content.items():
            (whole / name).write_bytes(rows)
        full = manifest if add is None else {**manifest, **add(whole)}
        (whole / CARD).write_text(render_card(full), encoding="utf-8")
        (whole / MANIFEST).write_bytes(orjson.dumps(full, option=orjson.OPT_INDENT_2))


def load_manifest(folder: Path) -> dict[str, Any]:
    """Raises InputError for a folder that is no dataset."""
    try:
        found = orjson.loads((folder / MANIFEST).read_bytes())
    except (OSError, ValueError) as error:
        raise InputError(
            f"{folder} holds no readable {MANIFEST} ({error}); build the dataset again"
        ) from error
    return dict(found)


def find_folder(data_dir: Path, dataset_id: str = "") -> Path:
    """The folder of an id or the beginning of one; of none: the newest. Raises NotFoundError."""
    root = data_dir / FOLDER
    folders = sorted(path.parent for path in root.glob(f"*/{MANIFEST}"))
    if not folders:
        raise NotFoundError(f"{root} holds no dataset; `understudy dataset build` makes one")
    if not dataset_id:
        return max(folders, key=lambda folder: load_manifest(folder).get("created_at", 0.0))
    matching = [folder for folder in folders if folder.name.startswith(dataset_id)]
    if len(matching) != 1:
        known = ", ".join(folder.name for folder in folders)
        several = "several datasets begin" if matching else "no dataset begins"
        raise NotFoundError(f"{several} with {dataset_id!r}; there are {known}")
    return matching[0]


@contextmanager
def _whole(folder: Path) -> Generator[Path]:
    """A folder to write into that takes its name when all of it is there."""
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=folder.parent, prefix=".dataset-") as temporary:
            whole = Path(temporary) / "whole"
            whole.mkdir()
            yield whole
            if folder.exists():
                # Aside first: nobody finds half a folder under the name, whatever ends the process.
                folder.rename(Path(temporary) / "before")
            whole.rename(folder)
    except OSError as error:
        if error.errno != errno.ENOSPC:
            raise
        raise StoreError(
            f"the disk that holds {folder.parent} is full; free space and build the dataset again"
        ) from error
