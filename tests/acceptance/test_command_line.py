"""The commands as an operator meets them: help, version, exit codes, speed, and their figures."""

import importlib.metadata
import json
import subprocess
import sys

import typer
from cli_rig import Shell, environment
from gateway_rig import broken_release

from understudy.cli import app
from understudy.cli.evaluating import summarise

COMMANDS = (
    *(
        "demo",
        "serve",
        "status",
        "import",
        "bootstrap",
        "dataset",
        "train",
        "evaluate",
        "compare",
        "judge",
    ),
    *(
        "export",
        "promote",
        "rollback",
        "erase",
        "prune",
        "doctor",
        "config",
        "keys",
        "tier1",
        "prompts",
    ),
)
MEASURES = {"n", "coverage", "r_precision", "f1", "first_expected", "json_valid", "schema_valid"}


def test_without_arguments_it_prints_its_help(shell: Shell) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "understudy.cli"],
        cwd=shell.folder,
        env=environment(),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 2
    printed = done.stdout + done.stderr
    assert "Usage: understudy" in printed
    for command in COMMANDS:
        assert f" {command} " in printed


def test_the_help_explains_every_argument_and_the_exit_codes() -> None:
    group = typer.main.get_command(app)
    assert set(group.commands) == set(COMMANDS)
    for code in ("0 done", "1 failed", "2 wrong usage", "3 held by the gate"):
        assert code in (group.epilog or "")
    keys = group.commands["keys"]
    for command in (group, *group.commands.values(), *keys.commands.values()):
        assert command.help, command.name
        for parameter in command.params:
            assert parameter.help, (command.name, parameter.name)


def test_the_version_is_printed(shell: Shell) -> None:
    done = shell.call("--version")
    version = importlib.metadata.version("understudy")
    assert (done.code, done.out) == (0, f"understudy {version}\n")


def test_wrong_usage_exits_with_two(shell: Shell) -> None:
    for arguments in (("sattus",), ("export", "seven", "x"), ("import",), ("evaluate", "--nope")):
        done = shell.call(*arguments)
        assert done.code == 2, arguments
        assert "Usage: " in done.err


def test_light_commands_leave_the_training_stack_alone(shell: Shell) -> None:
    chat = [{"role": "user", "content": "hi"}, {"role": "assistant", "content": "hello"}]
    file = shell.write("chats.jsonl", json.dumps({"messages": chat}))
    script = (
        "import sys\nfrom understudy.cli import app\n"
        "for command in (['import', sys.argv[2]], ['status'], ['config'], ['doctor']):\n"
        "    app(['--config', sys.argv[1], *command], standalone_mode=False)\n"
        "print('loaded:', {'torch', 'transformers', 'trl', 'datasets', 'xllamacpp'} & set(sys.modules))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script, shell.config, file],
        env=environment(),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stdout.endswith("loaded: set()\n"), (done.stdout, done.stderr)


def test_evaluate_measures_the_teacher_alone_before_there_is_a_store(shell: Shell) -> None:
    shell.settings(teacher={"kind": "scripted"})
    lines = [
        {"id": "q1", "question": "Show me pump 1", "expected_scenarios": ["kpi", "trend"]},
        {"id": "q2", "question": "Any alarms on the chillers?", "expected_scenarios": ["alerts"]},
    ]
    file = shell.write("questions.jsonl", "\n".join(json.dumps(line) for line in lines))
    target = shell.folder / "out.json"
    done = shell.run("evaluate", "--questions", file, "--json", target)
    assert (done.code, done.err) == (0, "")
    assert "no release is live for select_widgets: the teacher alone was measured" in done.out
    figures = json.loads(target.read_text())
    assert "student" not in figures
    assert figures["teacher"].keys() >= MEASURES
    assert all(isinstance(figures["teacher"][name], int | float) for name in MEASURES)
    assert figures["teacher"]["n"] == 2
    assert figures["teacher"]["json_valid"] == figures["teacher"]["schema_valid"] == 1
    assert figures["teacher"]["latency_ms"].keys() == {"p50", "p95", "mean"}
    assert not shell.data_dir.exists()


def test_the_figures_are_plain_numbers_for_both() -> None:
    interval = {"mean": 0.5, "low": 0.25, "high": 0.75, "n": 4}
    latency = {"p50": 1.0, "p95": 2.0, "mean": 1.5}
    measured = {"n": 4, "failed": 0, "errors": {}, "coverage": interval, "latency_ms": latency}
    report = {"variants": {"teacher": measured, "student@1": measured}}
    figures = summarise(report, broken_release())
    assert figures["teacher"] == {"n": 4, "coverage": 0.5, "latency_ms": latency}
    assert figures["student"] == figures["teacher"]
    assert figures["release"] == "student@1"
