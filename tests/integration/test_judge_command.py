"""`understudy judge`: verdicts on stored answers, as feedback, within what may be spent."""

import os
from pathlib import Path
from typing import Any

import pytest
from gateway_rig import rig
from judge_rig import served
from typer.testing import CliRunner, Result

from understudy.cli import app
from understudy.cli.remote import save_address
from understudy.records import Inference
from understudy.store import open_store

FREE = "usd_per_million_input = 0\nusd_per_million_output = 0\n"


def configured(folder: Path, judge: str = "per_minute = 99\n", prices: str = FREE) -> Path:
    config = folder / "understudy.toml"
    config.write_text(
        f'application = "commandcenter.application:APPLICATION"\ndata_dir = "{folder / "data"}"\n'
        f'[teacher]\nkind = "scripted"\nmodel = "m"\n{prices}[judge]\n{judge}'
    )
    return config


def stored(folder: Path, *answers: Inference) -> list[str]:
    with open_store(folder / "data") as store:
        store.insert_inferences(answers)
    return [one.id for one in answers]


def verdicts(folder: Path, **wanted: Any) -> list[Any]:
    with open_store(folder / "data", read_only=True) as store:
        return store.find_feedback(**wanted)


def run(config: Path, *arguments: str) -> Result:
    return CliRunner().invoke(app, ["--config", str(config), "judge", *arguments])


def test_named_answers_are_judged_once(tmp_path: Path) -> None:
    config = configured(tmp_path)
    (one,) = stored(tmp_path, served())
    done = run(config, one)
    assert done.exit_code == 0, done.output
    assert "1 judged, 0 left" in done.output
    (verdict,) = verdicts(tmp_path, inference=[one], name="evaluation")
    assert verdict.confidence > 0
    assert run(config, one).exit_code == 0
    assert len(verdicts(tmp_path, inference=[one], name="evaluation")) == 1


def test_two_answers_to_one_request_are_compared(tmp_path: Path) -> None:
    good, bad = served(), served(text='{"heading":"?","widgets":[]}')
    ids = stored(tmp_path, good, bad)
    done = run(configured(tmp_path), "--pair", *ids)
    assert done.exit_code == 0, done.output
    assert "1 judged" in done.output
    assert len(verdicts(tmp_path, inference=ids)) == 1


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["nobody"], "no inference 'nobody'"),
        (["--pair", "one"], "compares two answers, 1"),
        ([], "no answer of the last day"),
        (["--function", "nothing"], "nothing"),
    ],
)
def test_what_cannot_be_judged_is_one_sentence(
    tmp_path: Path, arguments: list[str], words: str
) -> None:
    config = configured(tmp_path)
    stored(tmp_path)
    done = run(config, *arguments)
    assert (done.exit_code, words in done.stderr) == (1, True), done.stderr


def test_a_mistyped_folder_becomes_no_store(tmp_path: Path) -> None:
    done = run(configured(tmp_path))
    assert done.exit_code == 1
    assert "no store" in done.stderr
    assert not (tmp_path / "data").exists()


def test_without_money_nothing_is_asked_and_the_setting_is_named(tmp_path: Path) -> None:
    config = configured(tmp_path, prices="")
    (one,) = stored(tmp_path, served())
    done = run(config, one)
    assert (done.exit_code, "judge.usd_per_day" in done.stderr) == (1, True), done.stderr
    assert verdicts(tmp_path, inference=[one]) == []


def test_beside_a_server_it_says_what_judges_there(tmp_path: Path) -> None:
    config = configured(tmp_path)
    with rig(tmp_path / "data") as running:
        save_address(tmp_path / "data", running.url, running.key, os.getpid())
        done = run(config)
    assert (done.exit_code, "judge.enabled = true" in done.stderr) == (1, True), done.stderr
