"""The backup that README describes, taken beside the process that writes, holds what was stored."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest
from record_builders import make_trace

from understudy.keys import SECRET_FILE, load_secret
from understudy.store import open_store

ROOT = Path(__file__).parents[2]
pytestmark = pytest.mark.skipif(
    shutil.which("sqlite3") is None, reason="no sqlite3 on this machine"
)


def test_the_backup_of_the_readme_can_be_served(tmp_path: Path) -> None:
    found = re.search(r"## Backup\n.*?```\n(.*?)```", (ROOT / "README.md").read_text(), re.DOTALL)
    assert found is not None
    data = tmp_path / "understudy-data"
    with open_store(data) as store:
        (data / "spool").mkdir()
        (data / "spool" / "segment").write_text("waiting")
        (data / "artifacts" / "release").mkdir(parents=True)
        load_secret(data)
        (data / "server.json").write_text("{}")
        store.insert_traces([make_trace()])
        assert (data / "understudy.db-wal").stat().st_size > 0
        subprocess.run(["sh", "-ec", found[1]], cwd=tmp_path, check=True)
    backup = tmp_path / "backup"
    assert backup.stat().st_mode & 0o777 == 0o700
    copied = {path.name for path in backup.iterdir()}
    assert copied == {"understudy.db", "spool", "artifacts", SECRET_FILE, "writer.lock"}
    assert (backup / "spool" / "segment").read_text() == "waiting"
    assert load_secret(backup) == load_secret(data)
    with open_store(backup) as restored:
        assert restored.count_traces() == 1
