"""`understudy prompts`: the versions, what one says differently, and the way back."""

import json
from pathlib import Path

import pytest
from prompt_rig import BRIEF, CAREFUL, application, desk
from test_prompt_versions_served import with_other
from typer.testing import CliRunner, Result

from understudy.cli import app

TICKETS = application(CAREFUL)


def run(config: Path, *arguments: str) -> Result:
    return CliRunner().invoke(app, ["--config", str(config), "prompts", *arguments])


@pytest.fixture
def evolved(tmp_path: Path) -> Path:
    """The config of a store whose function has one version beside the base."""
    data = tmp_path / "data"
    with desk(data) as one:
        with_other(one)
    config = tmp_path / "understudy.toml"
    named = f'application = "test_prompt_commands:TICKETS"\ndata_dir = "{data}"\n'
    config.write_text(f"{named}[prompts]\nenabled = true\n")
    return config


def test_the_commands_show_versions_and_take_them_back(evolved: Path) -> None:
    table = run(evolved, "status")
    assert table.exit_code == 0
    assert "reorder rules" in table.output
    (row,) = json.loads(run(evolved, "status", "--json").output)["functions"].values()
    assert [one["standing"] for one in row["versions"]] == ["serving", "serving"]

    told = run(evolved, "diff", "1")
    assert told.exit_code == 0
    assert "0 (base) → 1 (reorder rules)" in told.output
    assert f"-1. {BRIEF}" in told.output
    assert f"+1. {CAREFUL}" in told.output

    back = run(evolved, "rollback", "--reason", "too curt")
    assert back.exit_code == 0
    (row,) = json.loads(run(evolved, "status", "--json").output)["functions"].values()
    assert [one["standing"] for one in row["versions"]] == ["serving", "retired"]
    assert row["versions"][1]["reason"] == "too curt"


def test_what_is_not_there_is_one_sentence(evolved: Path) -> None:
    unknown = run(evolved, "diff", "7")
    assert (unknown.exit_code, "there are 0, 1" in unknown.stderr) == (1, True)
    other = run(evolved, "diff", "1", "--function", "nobody")
    assert (other.exit_code, "can be made of: route" in other.stderr) == (1, True)
