"""What others wrote (reasons, names, lines of a file) is shown as it stands: it forges nothing on the
terminal and ends no command."""

import io
import json
from dataclasses import replace
from pathlib import Path

import pytest
from cli_rig import Shell

from understudy.cli.dataset_tables import sample_panels
from understudy.cli.terminal import Terminal
from understudy.curate.samples import Sample, SampleKind
from understudy.records import CycleState, Dataset, Message, Prompt, TraceSource
from understudy.store import open_store

FUNCTION = "select_widgets"
TAG = "answers looked [/bad]"
FORGED = "[bold green]OK[/] all lines imported :tada:"
ESCAPES = "\x1b]0;owned\x07\x1b[2J\x9b1A\u202ereversed"
SHOWN_ESCAPES = "�]0;owned��[2J�1A�reversed"


def insert_release(shell: Shell, reason: str) -> None:
    with open_store(shell.data_dir) as store:
        store.insert_dataset(Dataset("d", Path("d"), (FUNCTION,), (), {}, {}, 0.0))
        run = store.insert_run("sft", "d", "hash", 0, Path("runs"), 0.0)
        made = store.insert_release(run.id, (FUNCTION,), 0.0, CycleState.ROLLED_BACK)
        store.update_release(replace(made, reason=reason))


@pytest.mark.parametrize("reason", [TAG, FORGED, "a trailing \\"])
def test_a_reason_is_shown_letter_by_letter(shell: Shell, reason: str) -> None:
    insert_release(shell, reason)
    done = shell.call("status")
    assert done.code == 0
    assert reason in done.out


def test_a_reason_sends_nothing_to_the_terminal(shell: Shell) -> None:
    insert_release(shell, ESCAPES)
    done = shell.call("status")
    assert SHOWN_ESCAPES in done.out
    assert not {"\x1b", "\x07", "\x9b", "\u202e"} & set(done.out)


def test_a_keys_name_hides_no_key(shell: Shell) -> None:
    name = "[/red]evil\x1b[2J"
    identity = shell.call("keys", "create", name).out.strip().split("_")[1]
    listed = shell.call("keys", "list")
    assert (listed.code, identity in listed.out) == (0, True)
    assert "[/red]evil�[2J" in listed.out
    revoked = shell.call("keys", "revoke", identity)
    assert f"{identity} ([/red]evil�[2J) opens nothing any more" in revoked.out


def test_a_line_of_an_import_cannot_pass_for_its_result(shell: Shell) -> None:
    wizards = [json.dumps({"messages": [{"role": role, "content": "x"}]}) for role in (TAG, FORGED)]
    chat = [{"role": "user", "content": "hi"}, {"role": "assistant", "content": "hello"}]
    file = shell.write("[b]some.jsonl", "\n".join([json.dumps({"messages": chat}), *wizards]))
    done = shell.call("import", file)
    assert (done.code, done.err) == (0, "")
    assert "imported from [b]some.jsonl" in " ".join(done.out.split())
    shown = " ".join(done.out.replace("│", " ").split())
    assert "role is 'answers looked [/bad]'" in shown
    assert "[bold green]OK[/] all lines" in shown


def test_an_error_sends_nothing_to_the_terminal(shell: Shell) -> None:
    done = shell.call("import", shell.folder / f"{TAG}\x1b[2J.jsonl")
    done.refused("[/bad]�[2J.jsonl", "name one that exists")
    assert "\x1b" not in done.err


def test_a_sample_of_a_dataset_is_shown_letter_by_letter() -> None:
    prompt = Prompt("", (Message("user", f"{TAG} {ESCAPES}"),))
    sample = Sample(
        kind=SampleKind.ANSWER,
        function="[/name]",
        prompt=prompt,
        prefix=FORGED,
        completion="[red]{}[/]",
        trace_id="t",
        source=TraceSource.CAPTURED,
    )
    paper = io.StringIO()
    for panel in sample_panels([sample], 1):
        Terminal(file=paper, width=200).print(panel)
    for text in (TAG, SHOWN_ESCAPES, FORGED, "[red]{}[/]", "[/name]"):
        assert text in paper.getvalue()


def test_every_command_prints_on_the_terminal() -> None:
    """A console of rich's own would take data for markup again."""
    folder = Path(__file__).parents[2] / "src" / "understudy" / "cli"
    own = [file.name for file in folder.glob("*.py") if "rich.markup" in file.read_text()]
    made = [file.name for file in folder.glob("*.py") if " Console(" in file.read_text()]
    assert (own, made) == ([], [])
