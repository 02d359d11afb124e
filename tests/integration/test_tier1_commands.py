"""`understudy tier1`: what was learned, what it would have earned, why an entry moved, a new start."""

import json
import os
import shutil
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
from understudy.learn.tier1.checkpoint_files import read_summary
from understudy.records import FeedbackKind
from understudy.store import open_store


@dataclass(frozen=True, slots=True)
class Taught:
    """A store with 60 judged answers and the checkpoint that came of them."""

    config: Path
    inference: str

    @property
    def folder(self) -> Path:
        return self.config.parent / "data" / "tier1" / "pick"

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
    assert "held out from training" in worth.output


def test_whatif_compares_any_two_checkpoints(taught: Taught) -> None:
    kept = taught.config.parent / "kept"
    shutil.copytree(taught.folder, kept)
    same = taught.run("whatif", "--checkpoint", str(kept), "--against", str(taught.folder))
    assert same.exit_code == 0, same.output
    assert "kept" in same.output
    assert "-1.000" not in same.output
    turned = taught.run("whatif", "--checkpoint", "order", "--against", str(kept))
    assert turned.output.index("-1.000") < turned.output.index("+1.000")
    neither = taught.run("whatif", "--checkpoint", "order")
    assert (neither.exit_code, "name a checkpoint" in neither.stderr) == (1, True)


def test_an_explanation_says_when_another_version_had_served(taught: Taught) -> None:
    first = taught.run("explain", taught.inference, "--entry", "drill").output
    assert "it was ordered by version" not in first
    with shop(taught.folder.parents[1]) as one:
        for number in range(30):
            one.rate(f"other thing {number}", f"user {number}")
        one.rig.drain()
        one.learner.learn()
        one.learner.close()
    told = taught.run("explain", taught.inference, "--entry", "drill").output
    assert "it was ordered by version" in told


def test_what_serves_first_is_on_disk_at_once(tmp_path: Path) -> None:
    with shop(tmp_path) as one:
        one.teach_drill(60)
        (file,) = one.learner_folder.glob("ranker-*")
        summary = read_summary(one.learner_folder)
        served = one.rankers.status()["functions"]["pick"]
    assert summary is not None
    assert (summary["fits"], summary["prior"]) == (1, served["prior"])
    assert summary["checkpoint"] == str(file)


def test_a_reset_moves_aside_what_was_learned(taught: Taught) -> None:
    again = taught.run("reset")
    assert again.exit_code == 0
    assert "starts anew" in again.output
    folders = sorted(one.name for one in taught.folder.parent.iterdir())
    assert len(folders) == 2
    assert folders[1].startswith("pick.")
    assert "no ranker has learned" in taught.run("status").output
    assert isinstance(taught.run("explain", taught.inference).exception, SystemExit)


@pytest.mark.parametrize(("arguments", "fits"), [((), 0), (("--relearn",), 1)])
def test_after_a_reset_the_old_feedback_is_learned_only_if_asked_for(
    taught: Taught, arguments: tuple[str, ...], fits: int
) -> None:
    assert taught.run("reset", *arguments).exit_code == 0
    with shop(taught.folder.parents[1]) as one:
        one.learner.learn()
        told = one.rankers.status()["functions"]
        assert told.get("pick", {}).get("fits", 0) == fits
        one.rate("one more", "bob")
        one.rig.drain()
        one.learner.learn()
        told = one.rankers.status()["functions"]["pick"]
    assert told["fits"] == fits + 1
    if not fits:
        assert told["replay"] + told["validation"] == 1


def test_a_reset_learns_nothing_old_after_a_restart_without_a_fit(taught: Taught) -> None:
    assert taught.run("reset").exit_code == 0
    for _ in range(2):
        with shop(taught.folder.parents[1]) as one:
            one.learner.close()
            assert one.rankers.status()["functions"] == {}
    assert taught.run("reset").exit_code == 0


def test_a_checkpoint_that_cannot_be_read_is_named_with_what_to_do(taught: Taught) -> None:
    (file,) = taught.folder.glob("ranker-*")
    file.write_bytes(file.read_bytes()[:1000])
    for command in (("status",), ("explain", taught.inference)):
        refused = taught.run(*command)
        assert refused.exit_code == 1
        assert str(file) in refused.stderr.replace("\n", "")
        assert "tier1 reset" in refused.stderr
    assert taught.run("reset").exit_code == 0
    assert taught.run("status").exit_code == 0


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
