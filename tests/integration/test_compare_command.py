"""`understudy compare` against a teacher over HTTP: it goes on where it stopped, and replays."""

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from cli_rig import Done, Shell
from compare_rig import BROKEN, TRIAGE
from gateway_rig import rig
from opinion_rig import DOUBTED, settings

from understudy.cli.remote import save_address
from understudy.curate.comparison_pairs import FOLDER, load_pairs
from understudy.evaluate.answers_file import ANSWERS_FILE
from understudy.testing import Behaviour, ScriptedUpstream

BATCH = 8


@pytest.fixture(scope="module")
def upstream() -> Iterator[ScriptedUpstream]:
    with ScriptedUpstream(TRIAGE) as served:
        yield served


@pytest.fixture
def desk(tmp_path: Path, upstream: ScriptedUpstream) -> Shell:
    upstream.behaviour = Behaviour()
    upstream.received.clear()
    shell = Shell(tmp_path)
    shell.settings(
        application="compare_rig:TRIAGE",
        teacher={"kind": "anthropic", "base_url": upstream.url, "model": "scripted-teacher"},
    )
    return shell


def compare(shell: Shell, *arguments: str) -> Done:
    output = ("--output", str(shell.folder / "out"))
    return shell.call("compare", *output, "--batch", str(BATCH), "--retries", "0", *arguments)


def report_of(shell: Shell) -> dict[str, Any]:
    return dict(json.loads((shell.folder / "out" / "report.json").read_text()))


def test_the_teacher_against_itself_over_http_is_alike_and_replays_to_the_same_report(
    desk: Shell, upstream: ScriptedUpstream
) -> None:
    done = compare(desk, "--variants", "teacher,teacher")
    assert done.code == 0, done.out + done.err
    assert len(upstream.received) == 2 * BATCH
    report = report_of(desk)
    assert report["against"]["teacher#2"]["similarity"]["mean"] == 1.0
    assert report["failures"] == []
    written = (desk.folder / "out" / "report.json").read_bytes()
    for name in ("report.json", "report.html", "pairs.jsonl"):
        (desk.folder / "out" / name).unlink()
    assert compare(desk, "--replay").code == 0
    assert (desk.folder / "out" / "report.json").read_bytes() == written
    assert len(upstream.received) == 2 * BATCH


def test_a_second_run_asks_only_what_is_missing(desk: Shell, upstream: ScriptedUpstream) -> None:
    assert compare(desk, "--variants", "teacher,teacher").code == 0
    answers = desk.folder / "out" / ANSWERS_FILE
    lines = answers.read_bytes().splitlines(keepends=True)
    answers.write_bytes(b"".join(lines[:-3]) + lines[-3][:20])
    upstream.received.clear()
    assert compare(desk, "--variants", "teacher,teacher").code == 0
    assert len(upstream.received) == 3
    upstream.received.clear()
    done = compare(desk, "--variants", "teacher,teacher")
    assert done.code == 0
    assert upstream.received == []
    today = report_of(desk)["answered"]["first"][:10]
    assert f"nobody was asked: all {2 * BATCH} answers are from {today}" in done.out


def test_answers_of_another_model_are_not_taken_for_this_ones(
    desk: Shell, upstream: ScriptedUpstream
) -> None:
    assert compare(desk, "--variants", "teacher,teacher").code == 0
    desk.config.write_text(desk.config.read_text().replace('"scripted-teacher"', '"another"'))
    said = refusal(desk, "--variants", "teacher,teacher")
    assert "model scripted-teacher" in said
    assert "model another" in said
    assert "name another --output folder" in said
    assert compare(desk, "--replay").code == 0
    assert report_of(desk)["sources"]["teacher"]["model"] == "scripted-teacher"


def test_failed_calls_are_named_and_asked_again(desk: Shell, upstream: ScriptedUpstream) -> None:
    upstream.behaviour = Behaviour(status=529)
    assert "no variant answered any" in str(refusal(desk, "--variants", "teacher,teacher"))
    upstream.behaviour = Behaviour()
    assert compare(desk, "--variants", "teacher,teacher").code == 0
    assert report_of(desk)["variants"]["teacher"]["failed"] == 0


def test_a_difference_becomes_a_pair_only_where_the_teacher_permits(
    desk: Shell, upstream: ScriptedUpstream
) -> None:
    arguments = ("--variants", "teacher,teacher", "--families", "training")
    assert compare(desk, *arguments).code == 0
    # The second half of the replies is lost, and then comes back in another form.
    answers = desk.folder / "out" / ANSWERS_FILE
    kept = [line for line in answers.read_bytes().splitlines(keepends=True) if b'#2", ' not in line]
    answers.write_bytes(b"".join(kept))
    upstream.behaviour = Behaviour(answer=BROKEN)
    assert compare(desk, *arguments).code == 0
    pairs = desk.folder / "out" / "pairs.jsonl"
    assert pairs.read_bytes() == b""
    assert "teacher.training_permission is 'none'" in report_of(desk)["pairs"]["refused"]

    desk.config.write_text(
        desk.config.read_text().replace(
            "[teacher]\n", '[teacher]\ntraining_permission = "written_permission"\n'
        )
    )
    done = compare(desk, "--replay")
    assert done.code == 0
    assert "`understudy dataset build` takes them" in done.out
    (kept,) = (desk.data_dir / FOLDER).iterdir()
    assert kept.read_bytes() == pairs.read_bytes()
    assert len(list(load_pairs(desk.data_dir))) == BATCH
    rows = [json.loads(line) for line in pairs.read_text().splitlines()]
    assert len(rows) == BATCH
    assert {(row["chosen_variant"], row["rejected_variant"]) for row in rows} == {
        ("teacher", "teacher#2")
    }


def test_a_file_of_prompts_is_asked_and_scored(desk: Shell) -> None:
    rows = [{"id": f"q{one}", "text": f"ticket {one}", "team": "desk"} for one in range(3)]
    file = desk.write("prompts.jsonl", "".join(json.dumps(row) + "\n" for row in rows))
    assert compare(desk, "--variants", "teacher,teacher", "--prompts", str(file)).code == 0
    report = report_of(desk)
    assert [prompt["id"] for prompt in report["prompts"]] == ["q0", "q1", "q2"]
    assert report["variants"]["teacher"]["right"]["mean"] == 1.0


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ((), "no release of triage is live; name two with --variants"),
        (("--variants", "teacher"), "name two with --variants"),
        (("--variants", "teacher,pupil"), "'pupil' is no variant"),
        (("--variants", "teacher,student@7"), "no release student@7"),
        (("--variants", "teacher,before@7"), "no release student@7"),
        (("--variants", "teacher,before@0"), "or `before@N`"),
        (("--replay",), "answers.jsonl cannot be read"),
    ],
)
def test_what_cannot_be_compared_is_refused_in_one_sentence(
    desk: Shell, arguments: tuple[str, ...], words: str
) -> None:
    assert words in refusal(desk, *arguments)


def test_a_folder_of_other_prompts_is_refused(desk: Shell) -> None:
    assert compare(desk, "--variants", "teacher,teacher").code == 0
    said = refusal(desk, "--variants", "teacher,teacher", "--families", "training")
    assert "other prompts or variants; name another --output folder" in said


def refusal(shell: Shell, *arguments: str) -> str:
    done = compare(shell, *arguments)
    assert done.code == 1, done.out
    assert "Traceback" not in done.out + done.err
    return done.err


def test_a_judge_is_asked_about_doubtful_findings_and_a_replay_asks_nobody(
    desk: Shell,
) -> None:
    with ScriptedUpstream(DOUBTED) as doubted:
        sections = settings(doubted.url)
        teacher = {"kind": "anthropic", "base_url": doubted.url, "model": "scripted-teacher"}
        desk.settings(application="opinion_rig:DOUBTED", teacher=teacher, **sections)
        done = compare(desk, "--variants", "teacher,teacher")
        assert done.code == 0, done.err
        report = report_of(desk)
        numbers = [int(one["question"].split()[-1]) for one in report["prompts"]]
        doubtful = sum(number % 3 == 0 for number in numbers)
        assert f"{doubtful} replies with doubtful findings judged" in done.out
        assert report["judge"] == "scripted/a-judge"
        assert "judged by scripted/a-judge" in (desk.folder / "out" / "report.html").read_text()
        counts = [one["replies"]["teacher"]["vector"]["assumptions"] for one in report["prompts"]]
        assert counts == [2 if number % 6 == 3 else 1 for number in numbers]
        asked = len(doubted.received)
        sections["signals"]["judge"] = False
        desk.settings(application="opinion_rig:DOUBTED", teacher=teacher, **sections)
        assert compare(desk, "--replay").code == 0
        assert report_of(desk) == report
        assert len(doubted.received) == asked


@pytest.mark.parametrize("beside", [False, True])
def test_a_judge_that_cannot_be_asked_is_refused_before_anything_costs(
    desk: Shell, upstream: ScriptedUpstream, beside: bool
) -> None:
    sections = settings(upstream.url, **({"enabled": True} if beside else {"model": ""}))
    teacher = {"kind": "anthropic", "base_url": upstream.url, "model": "scripted-teacher"}
    desk.settings(application="compare_rig:TRIAGE", teacher=teacher, **sections)
    with rig(desk.data_dir) as running:
        save_address(desk.data_dir, running.url, running.key, os.getpid())
        said = refusal(desk, "--variants", "teacher,teacher")
    assert ("judge.enabled = false" if beside else "needs judge.model") in said
    assert upstream.received == []


def test_a_file_is_no_output_folder(desk: Shell) -> None:
    desk.write("out", "")
    assert "is a file; name a folder" in refusal(desk, "--variants", "teacher,teacher")
