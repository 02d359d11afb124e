"""The folder that a comparison keeps its answers in: whose they are, and what is no answer of it."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from compare_rig import build_plan, completion, failed, holdout, replied, teach

from understudy.cli.comparing import source_of
from understudy.config import Config
from understudy.errors import InputError
from understudy.evaluate.answers_file import ANSWERS_FILE, append, begin, load
from understudy.evaluate.replies import Place, Plan, Reply
from understudy.records import CycleState, Release, TokenConfidence

QUESTIONS = holdout("triage", 40, 1)
CONFIDENCE = TokenConfidence(mean=0.6, lowest=0.2, sure_share=0.25, tokens=9)


def taught(plan: Plan, variant: str, shift: int = 0) -> dict[Place, Reply]:
    """The scripted teacher's replies; shifted, each prompt gets the reply to another one."""
    prompts = [one.prompt for one in plan.asked]
    return dict(
        replied(variant, place, teach("triage", prompts[(place + shift) % len(prompts)]))
        for place in range(len(prompts))
    )


def test_a_folder_keeps_its_replies_and_drops_a_torn_line(tmp_path: Path) -> None:
    plan = build_plan(QUESTIONS[:3])
    assert begin(tmp_path, plan) == {}
    replies = taught(plan, "teacher")
    first = replies["teacher", 0]
    told = replace(first.completion or completion(""), confidence=CONFIDENCE)
    replies["teacher", 0] = replace(first, completion=told)
    for reply in replies.values():
        append(tmp_path, reply)
    with (tmp_path / ANSWERS_FILE).open("ab") as file:
        file.write(b'{"variant": "teach')
    assert begin(tmp_path, plan) == replies
    assert (tmp_path / ANSWERS_FILE).read_bytes().endswith(b"}\n")


def test_a_later_reply_takes_the_place_of_a_failed_one(tmp_path: Path) -> None:
    plan = build_plan(QUESTIONS[:1])
    begin(tmp_path, plan)
    place, broken = failed("teacher", 0, "away")
    append(tmp_path, broken)
    append(tmp_path, taught(plan, "teacher")[place])
    assert load(tmp_path)[1] == taught(plan, "teacher")


def test_a_folder_of_another_comparison_is_refused(tmp_path: Path) -> None:
    begin(tmp_path, build_plan(QUESTIONS[:3]))
    for other in (build_plan(QUESTIONS[1:4]), build_plan(QUESTIONS[:3], ("teacher", "student@2"))):
        with pytest.raises(InputError, match="other prompts or variants; name another --output"):
            begin(tmp_path, other)


def test_a_folder_that_another_model_answered_is_refused_by_both_names(tmp_path: Path) -> None:
    begin(tmp_path, build_plan(QUESTIONS[:3]))
    with pytest.raises(InputError, match=r"scripted-teacher answered as teacher, and now .*gpt-9"):
        begin(tmp_path, build_plan(QUESTIONS[:3], model="gpt-9"))


def test_another_model_address_file_or_temperature_is_another_source() -> None:
    release = Release(1, 1, ("triage",), CycleState.LIVE, None, "a" * 64, 9, {}, "", 0.0)
    teacher = {"kind": "openai", "base_url": "http://one", "model": "m"}

    def of(release: Release | None, **changes: dict[str, Any]) -> dict[str, str]:
        return source_of(Config.model_validate({"teacher": teacher, **changes}), release)

    every = [
        of(None),
        of(None, teacher=teacher | {"model": "n"}),
        of(None, teacher=teacher | {"base_url": "http://two"}),
        of(None, teacher={"kind": "anthropic", "model": "m"}),
        of(release),
        of(replace(release, gguf_sha256="b" * 64)),
        of(release, student={"temperature": 0.7}),
    ]
    assert len({str(one) for one in every}) == len(every)
    assert of(release) == of(release, teacher=teacher | {"model": "n"})
    assert of(None) == of(None, teacher=teacher | {"max_tokens": 9, "timeout_s": 1.0})


def test_a_broken_line_is_named_by_its_number(tmp_path: Path) -> None:
    begin(tmp_path, build_plan(QUESTIONS[:1]))
    for line, why in (
        (b"{}", "2 is no reply"),
        (b"[]", "2 is no JSON object"),
        (b"{", "2 is no JSON"),
    ):
        path = tmp_path / ANSWERS_FILE
        head = path.read_bytes().split(b"\n")[0]
        path.write_bytes(head + b"\n" + line + b"\n")
        with pytest.raises(InputError, match=why):
            load(tmp_path)
