"""A comparison counts what was answered, names what failed, and says in words what differs."""

import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from compare_rig import FUNCTION, build_plan, completion, failed, holdout, replied, said, teach

from understudy.config import Config
from understudy.errors import InputError
from understudy.evaluate.answers_file import append, begin, load
from understudy.evaluate.asking import missing
from understudy.evaluate.compare import LISTED, Comparison
from understudy.evaluate.compare_figures import build_figures
from understudy.evaluate.compare_page import render, segments
from understudy.evaluate.compare_pairs import build_pairs
from understudy.evaluate.compare_prompts import build_prompts, report_json
from understudy.evaluate.replies import Place, Plan, Reply
from understudy.records import Message, Prompt, ReasoningKind, TokenConfidence

QUESTIONS = holdout("triage", 40, 1)
CONFIDENCE = TokenConfidence(mean=0.6, lowest=0.2, sure_share=0.25, tokens=9)
NO_PAIRS = {"compared": 0, "written": 0, "skipped": {}, "refused": ""}


def taught(plan: Plan, variant: str, shift: int = 0) -> dict[Place, Reply]:
    """The scripted teacher's replies; shifted, each prompt gets the reply to another one."""
    prompts = [one.prompt for one in plan.asked]
    return dict(
        replied(variant, place, teach("triage", prompts[(place + shift) % len(prompts)]))
        for place in range(len(prompts))
    )


def figures(plan: Plan, replies: dict[Place, Reply]) -> dict[str, Any]:
    """As report.json holds them."""
    comparison = Comparison(FUNCTION, plan, replies)
    return dict(
        json.loads("".join(report_json(build_figures(comparison), build_prompts(comparison))))
    )


def page_of(report: dict[str, Any]) -> str:
    return "".join(render(report | {"pairs": NO_PAIRS}, report["prompts"]))


def test_the_teacher_is_like_itself_and_clearly_less_like_a_shuffled_corpus() -> None:
    plan = build_plan(QUESTIONS, ("teacher", "teacher#2"))
    same = figures(plan, taught(plan, "teacher") | taught(plan, "teacher#2"))["against"]
    assert same["teacher#2"]["similarity"]["mean"] == 1.0
    assert same["teacher#2"]["agreement"]["mean"] == same["teacher#2"]["same_text"]["mean"] == 1.0
    assert same["teacher#2"]["differences"] == []
    shuffled = figures(plan, taught(plan, "teacher") | taught(plan, "teacher#2", 1))["against"]
    assert shuffled["teacher#2"]["similarity"]["mean"] < 0.8
    assert shuffled["teacher#2"]["agreement"]["mean"] < 0.8


def test_a_failed_call_is_listed_and_never_a_difference() -> None:
    plan = build_plan(QUESTIONS)
    replies = taught(plan, "teacher") | taught(plan, "student@1")
    replies |= dict([failed("student@1", 3, "StudentError: no answer"), failed("teacher", 7, "x")])
    found = figures(plan, replies)
    assert found["against"]["student@1"]["n"] == 38
    assert found["against"]["student@1"]["similarity"]["mean"] == 1.0
    assert found["against"]["student@1"]["differences"] == []
    assert found["variants"]["student@1"]["failed"] == 1
    assert found["prompts"][3]["against"] == {}
    assert [(one["variant"], one["reason"]) for one in found["failures"]] == [
        ("student@1", "StudentError: no answer"),
        ("teacher", "x"),
    ]


NO_ANSWERS = {
    "truncated answer (stop reason max_tokens); raise teacher.max_tokens": completion(
        '{"teams": ["ma', "", "max_tokens"
    ),
    "refusal (stop reason content_filter)": completion("", "", "content_filter"),
    "refusal (stop reason end_turn)": completion("I'm sorry, but I can't do that."),
    "empty answer (stop reason end_turn)": completion(" \n", "I assume it is mail."),
    "a call for a tool in place of an answer (stop reason tool_use)": completion(
        '{"name": "look", "type": "tool_use"}', "", "tool_use"
    ),
}


@pytest.mark.parametrize("reason", NO_ANSWERS)
def test_what_is_no_answer_counts_as_failed_and_becomes_no_pair(reason: str) -> None:
    plan = build_plan(QUESTIONS)
    replies = taught(plan, "teacher") | taught(plan, "student@1")
    replies |= dict(replied(variant, 3, NO_ANSWERS[reason]) for variant in ("teacher", "student@1"))
    replies |= dict([replied("student@1", 5, NO_ANSWERS[reason])])
    found = figures(plan, replies)
    assert found["variants"]["student@1"]["failed"] == 2
    assert found["against"]["student@1"]["differences"] == []
    assert {one["reason"] for one in found["failures"]} == {reason}
    told = build_pairs(Comparison(FUNCTION, plan, replies), Config())[1]
    assert (told["written"], told["compared"]) == (0, 38)
    assert ("student@1", 5) in missing(plan, replies)


def test_differences_are_ranked_and_said_in_words() -> None:
    plan = build_plan(QUESTIONS)
    curt = {
        place: replace(reply, completion=completion(said("desk")))
        for place, reply in taught(plan, "student@1").items()
    }
    row = figures(plan, taught(plan, "teacher") | curt)["against"]["student@1"]
    sizes = [one["deviations"] for one in row["differences"]]
    assert sizes == sorted(sizes, reverse=True)
    words = {one["dimension"]: one["words"] for one in row["differences"]}
    assert words["reasoning_steps"].startswith("takes fewer steps: 0 vs ")


def test_sureness_by_tokens_is_shown_and_held_against_a_variant_only_where_both_told() -> None:
    plan = build_plan(QUESTIONS[:8])
    sure, silent = taught(plan, "student@1"), taught(plan, "teacher")
    for place, reply in sure.items():
        told = replace(reply.completion or completion(""), confidence=CONFIDENCE)
        sure[place] = replace(reply, completion=told)
    one = figures(plan, silent | sure)
    assert one["variants"]["student@1"]["token_confidence"]["mean"] == CONFIDENCE.mean
    assert "token_confidence" not in one["variants"]["teacher"]
    assert one["against"]["student@1"]["similarity"]["mean"] == 1.0
    assert "token confidence 0.60, least 0.20" in page_of(one)
    both = sure | {("teacher", place): replace(r, variant="teacher") for (_, place), r in sure.items()}  # fmt: skip
    vector = figures(plan, both)["variants"]["teacher"]["vector"]
    assert vector["overall_confidence"] == pytest.approx(CONFIDENCE.mean)


def test_slices_hold_each_prompt_once() -> None:
    plan = build_plan(QUESTIONS)
    found = figures(plan, taught(plan, "teacher") | taught(plan, "student@1"))["slices"]
    assert sum(one["student@1"]["n"] for one in found.values()) == 40
    assert set(found) == {"mail", "network", "desk"}


def test_the_page_escapes_what_a_model_wrote_and_marks_what_was_found() -> None:
    plan = build_plan(QUESTIONS[:2])
    evil = completion("<script>alert(1)</script>", "I assume that <b>x</b> holds.")
    replies = taught(plan, "teacher") | dict(replied("student@1", one, evil) for one in range(2))
    page = page_of(figures(plan, replies))
    assert "<script>" not in page
    assert "&lt;script&gt;alert(1)" in page
    assert 'data-kind="assumption"' in page
    assert page.count("<svg") == 1
    assert "http" not in page


def test_a_long_reply_lists_its_first_findings_and_counts_the_rest() -> None:
    plan = build_plan(QUESTIONS[:1], ("teacher",))
    many = completion("I assume that it runs. " * 300, "I assume that it is off. " * 1000)
    report = figures(plan, dict([replied("teacher", 0, many)]))
    reply = report["prompts"][0]["replies"]["teacher"]
    listed = Counter(one["where"] for one in reply["findings"])
    assert listed == {"thinking": LISTED, "answer": LISTED}
    assert reply["findings_left_out"] == 1300 - 2 * LISTED
    assert reply["vector"]["assumptions"] == 1300
    assert f"{1300 - 2 * LISTED} further findings counted, not marked" in page_of(report)


def test_the_report_is_written_a_prompt_at_a_time() -> None:
    plan = build_plan(QUESTIONS[:3], ("teacher",))
    comparison = Comparison(FUNCTION, plan, taught(plan, "teacher"))
    asked = []

    def prompts() -> Iterator[dict[str, Any]]:
        for prompt in build_prompts(comparison):
            asked.append(prompt["id"])
            yield prompt

    pieces = report_json(build_figures(comparison), prompts())
    page = render(build_figures(comparison) | {"pairs": NO_PAIRS}, prompts())
    before = [next(pieces), next(pieces)]
    assert len(asked) == 1
    whole = json.loads("".join([*before, *pieces]))
    assert [one["id"] for one in whole["prompts"]] == asked
    assert "".join(page).count("<details>") == 3


def test_a_finding_in_an_earlier_turn_can_be_found_again() -> None:
    turns = (
        Message("user", "ticket 1"), Message("assistant", "Well. I assume that it is mail."),
        Message("user", "ticket 2"),
    )  # fmt: skip
    plan = build_plan(QUESTIONS[:1], ("teacher",))
    asked = replace(plan.asked[0], prompt=Prompt("Name the team.", turns))
    plan = replace(plan, asked=(asked,))
    prompt = figures(plan, dict([replied("teacher", 0, completion(said("mail")))]))["prompts"][0]
    (found,) = prompt["replies"]["teacher"]["findings"]
    text = prompt["earlier_turns"][found["index"]]["content"]
    assert (found["where"], text[found["start"] : found["end"]]) == (
        "turn", "I assume that it is mail."
    )  # fmt: skip
    assert text[found["cue_start"] : found["cue_end"]].lower() in "i assume that"


def test_marks_lose_no_character() -> None:
    finding = {"kind": "k", "where": "answer", "confidence": 1.0, "found_by": "r"}
    found = [{**finding, "start": 2, "end": 4}, {**finding, "start": 3, "end": 5}]
    cut = segments("abcdef", found, "answer")
    assert "".join(one.text for one in cut) == "abcdef"
    assert [one.text for one in cut if one.kind] == ["cd"]


@pytest.mark.parametrize(
    "text",
    ["", "\ud800 lone", "שלום " * 50, "I assume. " * 100_000, '"' * 5000],
    ids=["empty", "surrogate", "right to left", "1 MB", "quotes"],
)
def test_any_text_is_compared_stored_and_shown(text: str, tmp_path: Path) -> None:
    plan = build_plan(QUESTIONS[:1])
    strange = replace(completion(text), thinking=text, reasoning_kind=ReasoningKind.RAW)
    replies = taught(plan, "teacher") | dict([replied("student@1", 0, strange)])
    begin(tmp_path, plan)
    for reply in replies.values():
        append(tmp_path, reply)
    held, stored = load(tmp_path)
    assert (held, stored) == (plan, replies)
    assert page_of(figures(plan, replies))


def test_the_report_says_who_answered_and_when() -> None:
    plan = build_plan(QUESTIONS[:2], ("teacher",), model="gpt-9")
    replies = {at: replace(one, at=86400.0 + at[1]) for at, one in taught(plan, "teacher").items()}
    report = figures(plan, replies)
    assert report["sources"] == {"teacher": {"kind": "openai", "model": "gpt-9"}}
    assert report["answered"] == {
        "first": "1970-01-02T00:00:00+00:00", "last": "1970-01-02T00:00:01+00:00"
    }  # fmt: skip
    assert "model gpt-9" in page_of(report)


def test_without_any_answer_the_first_reason_is_named() -> None:
    plan = build_plan(QUESTIONS[:1])
    with pytest.raises(InputError, match="UpstreamError: away"):
        Comparison(FUNCTION, plan, dict([failed("teacher", 0, "UpstreamError: away")]))
