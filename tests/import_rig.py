"""Files for the importers' tests, and the real ones where they are beside the clone."""

from pathlib import Path
from typing import Any

import orjson
import pytest

SHARED = Path(__file__).parents[2] / "shared" / "data"
shared = pytest.mark.skipif(not SHARED.exists(), reason="the shared data is not beside the clone")


def write_lines(path: Path, *rows: Any) -> Path:
    """A row of bytes as it is, any other as JSON."""
    lines = [row if isinstance(row, bytes) else orjson.dumps(row) for row in rows]
    path.write_bytes(b"\n".join(lines) + b"\n")
    return path
