"""`understudy doctor` on each kind of teacher, and what a recorded permission covers."""

from pathlib import Path
from typing import Any

import pytest
from claude_rig import install
from gateway_rig import TICKETS
from record_builders import make_trace

from understudy.cli.doctor import Finding, examine_teacher
from understudy.config import Config
from understudy.curate.eligibility import NOT_PERMITTED, effective_permission, why_not
from understudy.records import TraceSource, TrainingPermission
from understudy.testing import ScriptedUpstream


def config(**teacher: Any) -> Config:
    return Config.model_validate({"teacher": teacher})


def found(**teacher: Any) -> Finding:
    return examine_teacher(config(**teacher))


def test_a_server_that_answers_is_found() -> None:
    with ScriptedUpstream(TICKETS) as upstream:
        finding = found(kind="openai", base_url=f"{upstream.url}/v1")
    assert finding.ok
    assert upstream.url in finding.found


def test_a_server_that_does_not_answer_is_named() -> None:
    finding = found(kind="openai", base_url="http://127.0.0.1:9")
    assert (finding.ok, finding.do) == (False, "check teacher.base_url")


def test_a_command_is_found_with_its_version(tmp_path: Path) -> None:
    command = install(tmp_path, "2.1.0 (Claude Code)\n")
    finding = found(kind="claude_cli", command=[str(command.path)])
    assert finding.ok
    assert "2.1.0" in finding.found
    assert command.calls[0]["words"] == ["--version"]


@pytest.mark.parametrize(
    ("name", "said"), [("nowhere-to-be-found", "not on PATH"), ("false", "exit status")]
)
def test_a_command_that_is_missing_or_broken_says_what_to_do(name: str, said: str) -> None:
    finding = found(kind="claude_cli", command=[name])
    assert not finding.ok
    assert said in finding.found
    assert finding.do


@pytest.mark.parametrize("kind", ["anthropic", "claude_cli", "openai"])
def test_no_teacher_but_the_scripted_one_may_be_trained_on_unless_recorded(kind: str) -> None:
    trace = make_trace(training_permission=TrainingPermission.NONE, source=TraceSource.REPLAYED)
    settings = config(kind=kind, base_url="http://there")
    assert why_not(trace, TICKETS.functions["classify"], settings) == NOT_PERMITTED
    assert "teacher.training_permission" in NOT_PERMITTED


@pytest.mark.parametrize(
    ("teacher", "permission"),
    [
        ({"kind": "openai", "model": "deepseek-r1"}, TrainingPermission.NONE),
        ({"kind": "openai", "model": "anthropic/claude-sonnet-4"}, TrainingPermission.OPEN),
        ({"kind": "claude_cli"}, TrainingPermission.OPEN),
        ({"kind": "anthropic"}, TrainingPermission.OPEN),
    ],
)
def test_an_open_models_licence_says_nothing_about_claudes_traces(
    teacher: dict[str, str], permission: TrainingPermission
) -> None:
    trace = make_trace(
        teacher="claude-haiku-4-5",
        training_permission=TrainingPermission.NONE,
        source=TraceSource.CAPTURED,
    )
    settings = config(base_url="http://there", training_permission="open", **teacher)
    assert effective_permission(trace, settings) is permission


@pytest.mark.parametrize(
    ("teacher", "permission"),
    [
        ({"kind": "scripted"}, TrainingPermission.NONE),
        ({"kind": "openai", "model": "deepseek-r1"}, TrainingPermission.NONE),
        ({"kind": "openai"}, TrainingPermission.NONE),
        (
            {"kind": "anthropic", "training_permission": "narrow_only"},
            TrainingPermission.NARROW_ONLY,
        ),
    ],
)
def test_an_open_stamp_on_claudes_trace_opens_nothing(
    teacher: dict[str, str], permission: TrainingPermission
) -> None:
    trace = make_trace(teacher="claude-sonnet-4-5", training_permission=TrainingPermission.OPEN)
    settings = config(**{"base_url": "http://there", "training_permission": "open", **teacher})
    assert effective_permission(trace, settings) is permission
