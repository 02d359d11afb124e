"""What is written is its owner's alone, in a folder that was there before too; doctor finds what is not."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from cli_rig import Shell, environment, trace_line

from understudy.cli.doctor import examine_disk, examine_rights
from understudy.store import open_store

OTHERS = 0o077


def test_what_a_command_writes_into_an_open_folder_is_its_owners_alone(shell: Shell) -> None:
    shell.data_dir.mkdir(mode=0o755)
    shell.data_dir.chmod(0o755)
    before = os.umask(0o022)
    try:
        assert shell.call("bootstrap", "--traces", "16").code == 0
        assert shell.call("dataset", "build").code == 0
        assert os.umask(0o022) == 0o022
    finally:
        os.umask(before)
    assert list(shell.data_dir.glob("datasets/*/samples.jsonl"))
    made = [one for one in shell.data_dir.iterdir() if one.stat().st_mode & OTHERS]
    assert made == []
    assert examine_rights(shell.data_dir).ok


def test_doctor_finds_what_others_may_read(shell: Shell) -> None:
    assert examine_rights(shell.data_dir).ok
    (shell.data_dir / "datasets").mkdir(parents=True)
    (shell.data_dir / "datasets").chmod(0o755)
    shell.data_dir.chmod(0o755)
    found = examine_rights(shell.data_dir)
    assert (found.ok, found.required) == (False, False)
    assert found.found == "others may read datasets"
    assert found.do == f"chmod -R go= {shell.data_dir}"
    shell.data_dir.chmod(0o700)
    assert examine_rights(shell.data_dir).ok


def mount_read_only(shell: Shell, *command: str) -> "subprocess.CompletedProcess[str]":
    """A command while the data folder is mounted read-only, in a namespace of its own."""
    mounted = 'mount --bind "$0" "$0" && mount -o remount,bind,ro "$0" && exec "$@"'
    return subprocess.run(
        ["unshare", "-rm", "sh", "-c", mounted, str(shell.data_dir), *command],
        env={**environment(), "COLUMNS": "400"},
        capture_output=True,
        text=True,
        check=False,
    )


def can_mount() -> bool:
    if shutil.which("unshare") is None:
        return False
    tried = ["unshare", "-rm", "sh", "-c", "mount --bind /tmp /tmp"]
    return subprocess.run(tried, capture_output=True, check=False).returncode == 0


needs_mount = pytest.mark.skipif(not can_mount(), reason="no namespace to mount in")


def commanded(shell: Shell, *arguments: str) -> list[str]:
    return [sys.executable, "-m", "understudy.cli", "--config", str(shell.config), *arguments]


@needs_mount
def test_a_backup_on_a_read_only_mount_can_be_read(shell: Shell) -> None:
    file = shell.write("traces.jsonl", "\n".join(map(trace_line, range(3))))
    assert shell.call("import", file).code == 0
    assert not (shell.data_dir / "understudy.db-wal").exists()
    done = mount_read_only(shell, *commanded(shell, "status"))
    assert (done.returncode, done.stderr) == (0, "")
    assert "traces" in done.stdout


@needs_mount
def test_a_store_that_cannot_be_opened_or_written_is_told_as_such(shell: Shell) -> None:
    with open_store(shell.data_dir):
        copied = shell.folder / "copied"
        copied.mkdir()
        for name in ("understudy.db", "understudy.db-wal"):
            shutil.copy(shell.data_dir / name, copied)
    shutil.rmtree(shell.data_dir)
    copied.rename(shell.data_dir)
    assert (shell.data_dir / "understudy.db-wal").stat().st_size > 0
    done = mount_read_only(shell, *commanded(shell, "status"))
    assert (done.returncode, "Traceback" in done.stderr) == (1, False)
    assert "its folder has to be writable, to read it too" in done.stderr
    told = mount_read_only(shell, *commanded(shell, "doctor"))
    assert told.returncode == 1
    shown = " ".join(told.stdout.split())
    assert "cannot be written (Read-only file system)" in shown


def test_doctor_tries_to_write(shell: Shell) -> None:
    assert examine_disk(shell.data_dir).ok
    found = examine_disk(Path("/proc"))
    assert not found.ok
    assert found.found.startswith("/proc cannot be written (")
    assert "data_dir" in found.do
