"""Writes a command's figures where `--json` says, and complains before the work when it cannot."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from understudy.errors import InputError


def check_writable(target: Path) -> None:
    """Before minutes of work, not after them."""
    if target.is_dir():
        raise InputError(f"{target} is a folder; name a file for --json")
    if not target.parent.is_dir():
        raise InputError(f"no folder {target.parent} for --json; make it or name another")


def write_figures(target: Path, figures: Mapping[str, Any]) -> None:
    try:
        target.write_text(json.dumps(figures, indent=1, allow_nan=False) + "\n", encoding="utf-8")
    except OSError as error:
        raise InputError(
            f"{target} cannot be written ({error.strerror}); free space, or name another file for "
            "--json"
        ) from error
