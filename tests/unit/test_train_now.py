"""A training that an operator asks for is refused at once where that can be told, and `status` says
how far the trainer is and what went wrong."""

import io
import sys
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest
from stagehands import FUNCTION
from test_trainer import APPLICATION, Stage, add_traces, stage  # noqa: F401 the last is a fixture

from understudy.cli.show import status_tables
from understudy.cli.terminal import Terminal
from understudy.daemon.trainer import Trainer
from understudy.errors import ConfigError, InputError, PermissionRefusedError, TrainingError
from understudy.records import TraceSource

NOTHING: Mapping[str, Any] = {"functions": {}, "releases": [], "counts": {}}


def shown(trainer: Trainer) -> str:
    paper = io.StringIO()
    for table in status_tables({**NOTHING, "trainer": trainer.status()}):
        Terminal(file=paper, width=200).print(table)
    return paper.getvalue()


def test_what_no_permission_covers_is_refused_before_a_training_begins(
    stage: Stage,  # noqa: F811
) -> None:
    trainer = stage.trainer(enabled=False)
    add_traces(stage.store, 5, 5.0, TraceSource.IMPORTED)
    with pytest.raises(PermissionRefusedError, match=r"teacher\.training_permission is 'none'"):
        trainer.train_now()
    assert trainer.status()["training_in_progress"] is False


def test_nothing_to_learn_from_is_refused_before_a_training_begins(
    stage: Stage,  # noqa: F811
) -> None:
    with pytest.raises(InputError, match="no trace is left to learn from: none was found"):
        stage.trainer(enabled=False).train_now()
    made = replace(APPLICATION, bootstrap=lambda _n, _seed: ())
    with pytest.raises(InputError, match="none was found"):
        stage.trainer(made, enabled=False, bootstrap_traces=0).train_now()


def test_a_missing_package_or_function_is_refused_before_a_training_begins(
    stage: Stage,  # noqa: F811
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with pytest.raises(ConfigError, match=r"trainer\.functions: no function 'triaje'; desk has"):
        stage.trainer(enabled=False, functions=("triaje",)).train_now()
    monkeypatch.setitem(sys.modules, "torch", None)
    with pytest.raises(TrainingError, match="training needs torch"):
        stage.trainer(enabled=False).train_now()


def test_status_shows_why_the_last_training_failed(stage: Stage) -> None:  # noqa: F811
    trainer = stage.trainer()
    add_traces(stage.store, 3, 5.0, TraceSource.CAPTURED)
    trainer.tick()
    trainer.wait_for_training()
    said = shown(trainer)
    assert "train failed" in said
    assert "teacher.training_permission is 'none'" in " ".join(said.replace("│", " ").split())
    assert "3 of 3" in said
    assert "in 0:01:00" in said


def test_status_shows_what_a_release_on_trial_waits_for(stage: Stage) -> None:  # noqa: F811
    student, trainer = stage.shadowed(), stage.trainer(enabled=False)
    stage.compare(student, 1.0, 4)
    trainer.tick()
    said = shown(trainer)
    assert f"{FUNCTION} on stage" in said
    assert "student@1: 4 of 10" in said
    assert "never (trainer.enabled)" in said
