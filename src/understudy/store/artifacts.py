"""Folders and files kept under the hash of their content. Never overwrites, never shows a half copy."""

import errno
import hashlib
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

from understudy.errors import InputError, StoreError

CHUNK_BYTES = 1 << 20


def save_artifact(root: Path, source: Path) -> tuple[str, Path]:
    """Copy a file or folder to `root/<sha256>`; the same content is stored once."""
    if not source.exists():
        raise InputError(f"no file or folder at {source}; name one that exists")
    digest = hash_content(source)
    target = root / digest
    if target.exists():
        return digest, target
    try:
        root.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=root, prefix=".copy-") as folder:
            copy = Path(folder) / "content"
            if source.is_dir():
                shutil.copytree(source, copy)
            else:
                shutil.copy2(source, copy)
            _rename_once(copy, target)
    except OSError as error:
        if error.errno != errno.ENOSPC:
            raise
        raise StoreError(
            f"the disk that holds {root} is full; free space and save {source} again"
        ) from error
    return digest, target


def hash_content(source: Path) -> str:
    """SHA-256 over every file's relative name, size and bytes, in the order of the names."""
    total = hashlib.sha256()
    for name, path in _files(source):
        total.update(f"{name}\0{path.stat().st_size}\0".encode())
        with path.open("rb") as file:
            while chunk := file.read(CHUNK_BYTES):
                total.update(chunk)
    return total.hexdigest()


def _files(source: Path) -> Iterator[tuple[str, Path]]:
    if source.is_file():
        yield source.name, source
        return
    for path in sorted(path for path in source.rglob("*") if path.is_file()):
        yield path.relative_to(source).as_posix(), path


def _rename_once(copy: Path, target: Path) -> None:
    try:
        copy.rename(target)
    except OSError:
        # Another thread saved the same content first; any other failure leaves no target.
        if not target.exists():
            raise
