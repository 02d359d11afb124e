"""A fresh folder for each test that runs commands."""

from pathlib import Path

import pytest
from cli_rig import Shell


@pytest.fixture
def shell(tmp_path: Path) -> Shell:
    made = Shell(tmp_path)
    made.settings()
    return made
