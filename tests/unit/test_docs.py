"""Generated documents equal what the code generates today."""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_the_settings_document_is_current() -> None:
    command = [sys.executable, "-m", "understudy.cli", "config", "--markdown"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    assert (ROOT / "docs" / "config.md").read_text() == done.stdout, "run `make docs`"


def test_the_command_document_is_current(tmp_path: Path) -> None:
    target = tmp_path / "cli.md"
    command = [sys.executable, "-m", "typer", "understudy.cli.app", "utils", "docs"]
    command += ["--name", "understudy", "--output", str(target)]
    subprocess.run(command, cwd=ROOT, capture_output=True, check=True)
    assert (ROOT / "docs" / "cli.md").read_text() == target.read_text(), "run `make docs`"


def test_the_document_of_signals_is_current() -> None:
    command = [sys.executable, "-m", "understudy.curate.signals.document"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    assert (ROOT / "docs" / "signals.md").read_text() == done.stdout, "run `make docs`"
