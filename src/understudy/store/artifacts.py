"""Folders kept under the hash of their content. Never overwrites, never shows half of one."""

import hashlib
import shutil
from pathlib import Path

from understudy.errors import InputError

CHUNK_BYTES = 1 << 20


def save_artifact(root: Path, source: Path) -> Path:
    """Move a whole folder to `root/<sha256>` and return that path; the same content is kept once.

    `source` must be on the same disk: it appears there by one rename. Raises InputError when it is
    no folder.
    """
    if not source.is_dir():
        raise InputError(f"no folder at {source}; name one that exists")
    root.mkdir(parents=True, exist_ok=True)
    target = root / hash_folder(source)
    if target.exists():
        shutil.rmtree(source)
        return target
    return source.rename(target)


def hash_folder(source: Path) -> str:
    """SHA-256 over every file's relative name, size and bytes, in the order of the names."""
    total = hashlib.sha256()
    for path in sorted(path for path in source.rglob("*") if path.is_file()):
        name = path.relative_to(source).as_posix()
        total.update(f"{name}\0{path.stat().st_size}\0".encode())
        with path.open("rb") as file:
            while chunk := file.read(CHUNK_BYTES):
                total.update(chunk)
    return total.hexdigest()
