"""A dataset's folder: samples.jsonl, README.md and, last, dataset.json. Appears whole or not at all."""

import errno
import hashlib
import shutil
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import orjson

from understudy.curate.samples import Sample, sample_row
from understudy.errors import StoreError

SAMPLES, MANIFEST, CARD = "samples.jsonl", "dataset.json", "README.md"
ID_LENGTH = 16


def render_rows(samples: Sequence[Sample]) -> tuple[str, bytes]:
    """The dataset's id (the hash of its rows) and the rows as JSON lines."""
    content = b"".join(orjson.dumps(sample_row(one)) + b"\n" for one in samples)
    return hashlib.sha256(content).hexdigest()[:ID_LENGTH], content


def write_dataset(folder: Path, content: bytes, manifest: Mapping[str, Any]) -> None:
    """A folder that is there already has this content: its name is the content's hash."""
    if (folder / MANIFEST).exists():
        return
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=folder.parent, prefix=".dataset-") as temporary:
            whole = Path(temporary) / "whole"
            whole.mkdir()
            (whole / SAMPLES).write_bytes(content)
            (whole / CARD).write_text(_card(manifest), encoding="utf-8")
            (whole / MANIFEST).write_bytes(orjson.dumps(manifest, option=orjson.OPT_INDENT_2))
            if folder.exists():
                shutil.rmtree(folder)
            whole.rename(folder)
    except OSError as error:
        if error.errno != errno.ENOSPC:
            raise
        raise StoreError(
            f"the disk that holds {folder.parent} is full; free space and build the dataset again"
        ) from error


def _card(manifest: Mapping[str, Any]) -> str:
    counts, skipped = manifest["counts"], manifest["skipped"]
    lines = [
        f"# Dataset {manifest['id']}",
        "",
        f"For the functions {', '.join(manifest['functions'])}: {counts['rows']} rows from "
        f"{counts['kept']} of {counts['found']} traces that were found.",
        "",
        "| rows | number |",
        "|---|---|",
        *(f"| {name.removeprefix('rows_')} | {n} |" for name, n in _rows(counts)),
        "",
        "| traces left out because | number |",
        "|---|---|",
        *(f"| {reason} | {n} |" for reason, n in skipped.items()),
        "",
        "| teacher's permission | traces |",
        "|---|---|",
        *(f"| {permission} | {n} |" for permission, n in manifest["permissions"].items()),
        "",
        "Each line of `samples.jsonl` has `prompt` (the system message first), `prefix` (what the "
        "assistant has already written) and `completion` (what is learned).",
        "",
    ]
    return "\n".join(lines)


def _rows(counts: Mapping[str, int]) -> list[tuple[str, int]]:
    return [(name, n) for name, n in counts.items() if name.startswith("rows_")]
