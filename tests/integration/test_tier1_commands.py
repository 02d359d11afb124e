"""`understudy tier1`: what was learned, what it would have earned, why an entry moved, a new start."""

import json
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from embedding_rig import embedding_endpoint
from record_builders import make_feedback
from shop_rig import shop
from typer.testing import CliRunner, Result

from understudy.cli import app
from understudy.cli.remote import save_address
from understudy.daemon.tier1 import PART
from understudy.records import FeedbackKind
from understudy.store import open_store


@dataclass(frozen=True, slots=True)
class Taught:
    """A store with 60 judged answers and the checkpoint that came of them."""

    config: Path
    inference: str

    def run(self, *arguments: str) -> Result:
        return CliRunner().invoke(app, ["--config", str(self.config), "tier1", *arguments])


@pytest.fixture
def taught(tmp_path: Path) -> Iterator[Taught]:
    data = tmp_path / "data"
    with shop(data) as one:
        one.teach_drill(40)
        for number in range(20):
            one.rate(f"dull thing {number}", "ann")
        one.rig.drain()
        one.learner.learn()
        inference = one.ask("dull knife").headers["x-understudy-inference"]
        one.learner.close()
    with embedding_endpoint() as endpoint:
        config = tmp_path / "understudy.toml"
        config.write_text(
            f'application = "shop_rig:TOOLS"\ndata_dir = "{data}"\n'
            f'[embedding]\nkind = "openai"\nbase_url = "{endpoint.url}"\n'
            "[ranker]\ngate_events = 5\nvalidation_share = 0.4\nbatch_events = 8\n"
        )
        yield Taught(config, inference)


def test_the_commands_tell_what_was_learned(taught: Taught) -> None:
    told = taught.run("status")
    assert told.exit_code == 0
    assert "pick" in told.output
    summary = json.loads(taught.run("status", "--json").output)["functions"]["pick"]
    assert (summary["fits"], summary["items"]) == (2, 4)

    why = taught.run("explain", taught.inference, "--entry", "drill")
    assert why.exit_code == 0
    assert "drill: +" in why.output
    assert "memory" in why.output

    worth = taught.run("whatif")
    assert worth.exit_code == 0, worth.output
    # Whoever asks wants the drill alone: the teacher's own first entry earns -1.
    assert "+1.000" in worth.output
    assert "-1.000" in worth.output
    assert "position bias: " in worth.output


def test_a_reset_moves_aside_what_was_learned(taught: Taught) -> None:
    again = taught.run("reset")
    assert again.exit_code == 0
    assert "starts anew" in again.output
    folders = sorted(one.name for one in (taught.config.parent / "data" / "tier1").iterdir())
    assert len(folders) == 1
    assert folders[0].startswith("pick.")
    assert "no ranker has learned" in taught.run("status").output
    assert isinstance(taught.run("explain", taught.inference).exception, SystemExit)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("explain", "unknown"), "no inference 'unknown'"),
        (("whatif", "--days", "0"), "look back further"),
        (("whatif", "--function", "other"), "no function 'other'"),
    ],
)
def test_what_is_not_there_is_said_with_what_to_do(
    taught: Taught, arguments: tuple[str, ...], said: str
) -> None:
    refused = taught.run(*arguments)
    assert refused.exit_code == 1
    assert said in refused.stderr


def test_an_answer_that_cannot_be_read_is_left_out_and_told(taught: Taught) -> None:
    with open_store(taught.config.parent / "data") as store:
        kind, one = FeedbackKind.DEMONSTRATION, taught.inference
        store.insert_feedback([make_feedback("correction", {"x": 1}, inference=one, kind=kind)])
    worth = taught.run("whatif")
    assert worth.exit_code == 0, worth.output
    assert "1 answers are left out" in worth.output
    assert taught.inference in worth.output.replace("\n", "")


def test_why_the_last_fit_failed_is_told(tmp_path: Path) -> None:
    data = tmp_path / "data"
    config = tmp_path / "understudy.toml"
    config.write_text(f'application = "shop_rig:TOOLS"\ndata_dir = "{data}"\n')
    with shop(data) as one:
        fault = {PART: {"at": 1.0, "error": "the embedding endpoint is down"}}
        told = {"tier1": one.learner.status(), "errors": fault}
        one.rig.state.actions.trainer_status = lambda: told
        save_address(data, one.rig.url, one.rig.key, os.getpid())
        status = CliRunner().invoke(app, ["--config", str(config), "tier1", "status"])
    assert "the last fit failed: the embedding endpoint is down" in status.output
