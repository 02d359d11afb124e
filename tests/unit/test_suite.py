"""Every variant gets the same questions, and a call that failed counts as a wrong answer."""

import asyncio
import io
import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from understudy.cli.show import report_table
from understudy.cli.terminal import Terminal
from understudy.config import Config, Evaluation, Gate
from understudy.curate.split import is_holdout
from understudy.errors import InputError, StudentError, UpstreamError
from understudy.evaluate.questions import held_out, load_questions
from understudy.evaluate.suite import Ask, Price, evaluate
from understudy.function import Application, Function, Question
from understudy.records import Completion, Message, Prompt, ReasoningKind, Usage
from understudy.release.gate import judge

pytestmark = pytest.mark.anyio
SETTINGS = Evaluation(concurrency=2, seed=5)


def build_prompt(request: Mapping[str, Any]) -> Prompt:
    return Prompt("Name the team.", (Message("user", str(request["text"])),))


def read_question(row: Mapping[str, Any]) -> Question:
    return Question(row["id"], {"text": row["text"]}, row.get("team"), row.get("kind", ""))


def score(expected: Any, answer: Mapping[str, Any] | None) -> dict[str, float]:
    return {"right": float(answer is not None and expected in answer["teams"])}


def no_score(_expected: Any, _answer: Mapping[str, Any] | None) -> dict[str, float]:
    return {}


FUNCTION = Function(
    name="triage",
    schema={
        "type": "object",
        "required": ["teams"],
        "properties": {"teams": {"type": "array", "items": {"type": "string"}}},
    },
    build_prompt=build_prompt,
    items=lambda answer: list(answer["teams"]),
    family=lambda prompt: prompt.messages[0].content,
    score=score,
    read_question=read_question,
)
QUESTIONS = [
    Question(f"q{n}", {"text": f"ticket {n}"}, "network" if n % 2 else "mail", f"kind {n % 2}")
    for n in range(60)
]


def completion(text: str) -> Completion:
    return Completion(text, None, ReasoningKind.OMITTED, "end_turn", Usage(100, 10))


def right_teams(prompt: Prompt) -> list[str]:
    number = int(prompt.messages[0].content.split()[-1])
    return ["network", "desk"] if number % 2 else ["mail", "desk"]


async def teacher(prompt: Prompt) -> Completion:
    return completion(json.dumps({"teams": right_teams(prompt)}))


async def run(student: Ask, teach: Ask = teacher) -> dict[str, Any]:
    variants = {"teacher": teach, "student@1": student}
    prices = {"teacher": Price(1.0, 5.0)}
    return await evaluate(FUNCTION, QUESTIONS, variants, SETTINGS, prices=prices)


async def test_a_perfect_student_agrees_and_passes_the_gate() -> None:
    report = await run(teacher)
    student = report["variants"]["student@1"]
    assert student["agreement"]["mean"] == student["plan_exact"]["mean"] == 1.0
    assert student["right"]["mean"] == student["json_valid"]["mean"] == 1.0
    assert report["variants"]["teacher"]["agreement"]["mean"] == 1.0
    assert report["differences"]["student@1"]["teacher"]["right"]["mean"] == 0.0
    judged = judge({**report, "candidate": "student@1", "champion": "teacher"}, Gate())
    assert judged.promote, judged.reason


async def test_a_report_is_plain_json_with_prices_and_latencies() -> None:
    report = json.loads(json.dumps(await run(teacher), allow_nan=False))
    assert report["variants"]["teacher"]["tokens"] == {"input": 6000, "output": 600}
    assert report["variants"]["teacher"]["cost_usd"] == pytest.approx(0.009)
    assert report["variants"]["student@1"]["cost_usd"] == 0.0
    assert set(report["variants"]["teacher"]["latency_ms"]) == {"p50", "p95", "mean"}
    assert set(report["slices"]) == {"kind 0", "kind 1"}
    assert report["slices"]["kind 0"]["student@1"]["n"] == 30


async def test_the_table_shows_the_measure_that_the_gate_compares_first() -> None:
    own = replace(FUNCTION, primary="right")
    report = await evaluate(own, QUESTIONS, {"teacher": teacher}, SETTINGS, prices={})
    paper = io.StringIO()
    Terminal(file=paper, width=200).print(report_table(report))
    title, *lines = paper.getvalue().splitlines()
    rows = [line.split("│")[1].strip() for line in lines if line.startswith("│")]
    assert "the gate compares right" in title
    assert rows[:5] == ["right", "json_valid", "schema_valid", "agreement", "plan_exact"]
    assert "coverage" not in rows


async def test_the_order_of_the_items_counts_for_plan_exact_only() -> None:
    async def turned(prompt: Prompt) -> Completion:
        return completion(json.dumps({"teams": right_teams(prompt)[::-1]}))

    student = (await run(turned))["variants"]["student@1"]
    assert student["agreement"]["mean"] == 1.0
    assert student["plan_exact"]["mean"] == 0.0


@pytest.mark.parametrize(("said", "passes"), [("Pump 1 is fine.", True), ("x", False)])
async def test_answers_that_list_nothing_agree_only_when_they_are_equal(
    said: str, passes: bool
) -> None:
    speak = replace(FUNCTION, schema={"required": ["text"]}, items=lambda _: [], score=no_score)

    async def speaker(_: Prompt) -> Completion:
        return completion('{"text": "Pump 1 is fine."}')

    async def student(_: Prompt) -> Completion:
        return completion(json.dumps({"text": said}))

    variants = {"teacher": speaker, "student@1": student}
    report = await evaluate(speak, QUESTIONS, variants, SETTINGS, prices={})
    judged = judge({**report, "candidate": "student@1", "champion": "teacher"}, Gate())
    assert judged.promote is passes, judged.reason
    measured = report["variants"]["student@1"]
    assert measured["agreement"]["mean"] == measured["plan_exact"]["mean"] == float(passes)


async def test_a_failed_call_is_an_invalid_answer_and_keeps_its_error() -> None:
    async def failing(prompt: Prompt) -> Completion:
        if prompt.messages[0].content.endswith("7"):
            raise StudentError("no answer within 10 s")
        return await teacher(prompt)

    report = await run(failing)
    student = report["variants"]["student@1"]
    assert student["n"] == 60
    assert student["failed"] == 6
    assert student["errors"] == {"StudentError: no answer within 10 s": 6}
    for measure in ("json_valid", "schema_valid", "right", "agreement"):
        assert student[measure]["mean"] == pytest.approx(0.9)
        assert student[measure]["n"] == 60
    assert report["examples"][0]["error"] == "StudentError: no answer within 10 s"


async def test_json_that_breaks_the_schema_is_valid_json_and_scores_nothing() -> None:
    async def wrong(_: Prompt) -> Completion:
        return completion('{"teams": "mail"}')

    student = (await run(wrong))["variants"]["student@1"]
    assert student["json_valid"]["mean"] == 1.0
    assert student["schema_valid"]["mean"] == student["agreement"]["mean"] == 0.0


async def test_an_outage_of_the_teacher_neither_blames_nor_flatters_the_student() -> None:
    async def away(prompt: Prompt) -> Completion:
        if int(prompt.messages[0].content.split()[-1]) < 20:
            raise UpstreamError("overloaded")
        return await teacher(prompt)

    report = await run(teacher, away)
    student = report["variants"]["student@1"]
    assert student["agreement"] == student["agreement"] | {"mean": 1.0, "n": 40}
    assert report["differences"]["student@1"]["teacher"]["right"]["n"] == 40
    judged = judge({**report, "candidate": "student@1", "champion": "teacher"}, Gate())
    assert "answers compared with the teacher 40 < 50" in judged.reason


async def test_a_teacher_that_never_answered_holds_the_gate() -> None:
    async def away(_: Prompt) -> Completion:
        raise UpstreamError("overloaded")

    report = await run(teacher, away)
    assert report["variants"]["student@1"]["agreement"]["mean"] is None
    judged = judge({**report, "candidate": "student@1", "champion": "teacher"}, Gate())
    assert not judged.promote


async def test_questions_without_expectation_are_compared_and_not_scored() -> None:
    bare = [replace(question, expected=None) for question in QUESTIONS]
    variants = {"teacher": teacher, "student@1": teacher}
    report = await evaluate(FUNCTION, bare, variants, SETTINGS, prices={})
    assert report["measures"] == ["json_valid", "schema_valid", "agreement", "plan_exact"]


async def test_no_more_calls_are_in_flight_than_the_config_allows() -> None:
    in_flight, most = 0, 0

    async def counting(prompt: Prompt) -> Completion:
        nonlocal in_flight, most
        in_flight += 1
        most = max(most, in_flight)
        await asyncio.sleep(0)
        in_flight -= 1
        return await teacher(prompt)

    await run(counting)
    assert most == SETTINGS.concurrency


async def test_progress_counts_every_question_of_every_variant() -> None:
    told: list[tuple[str, int, int]] = []
    variants = {"teacher": teacher, "student@1": teacher}
    await evaluate(
        FUNCTION,
        QUESTIONS,
        variants,
        SETTINGS,
        prices={},
        on_progress=lambda *given: told.append(given),
    )
    assert told[59] == ("teacher", 60, 60)
    assert told[-1] == ("student@1", 60, 60)


async def test_a_score_outside_its_range_is_refused() -> None:
    wild = replace(FUNCTION, score=lambda expected, answer: {"right": 7.0})
    with pytest.raises(InputError, match="a score lies in"):
        await evaluate(wild, QUESTIONS, {"teacher": teacher}, SETTINGS, prices={})


async def test_no_question_is_refused() -> None:
    with pytest.raises(InputError, match="at least one"):
        await evaluate(FUNCTION, [], {"teacher": teacher}, SETTINGS, prices={})


def test_questions_are_read_and_a_broken_line_is_named(tmp_path: Path) -> None:
    file = tmp_path / "questions.jsonl"
    file.write_text('{"id": "a", "text": "no mail", "team": "mail"}\n\n')
    assert load_questions(file, FUNCTION) == [Question("a", {"text": "no mail"}, "mail", "")]
    for broken, sentence in [
        ('{"id": "a", "text": "x"}\n{"id"', r"questions.jsonl:2 is no JSON"),
        ('{"id": "a"}\n', r"questions.jsonl:1 lacks the column 'text'"),
        ("[1]\n", r"questions.jsonl:1 is no JSON object"),
        ("\n", r"holds no question"),
    ]:
        file.write_text(broken)
        with pytest.raises(InputError, match=sentence):
            load_questions(file, FUNCTION)
    with pytest.raises(InputError, match="cannot be read"):
        load_questions(tmp_path / "absent.jsonl", FUNCTION)
    with pytest.raises(InputError, match="give it a read_question"):
        load_questions(file, replace(FUNCTION, read_question=None))


def application(offered: int) -> Application:
    def holdout(_: str, n: int, seed: int) -> list[Question]:
        return [Question(str(i), {"text": f"{seed} {i // 2}"}) for i in range(min(n, offered))]

    return Application("desk", {"triage": FUNCTION}, holdout=holdout)


def test_held_out_questions_are_of_families_that_are_never_trained_on() -> None:
    config = Config(evaluation=Evaluation(questions=50))
    questions = held_out(application(100_000), FUNCTION, config)
    prompts = [build_prompt(question.request) for question in questions]
    assert len({prompt.hash for prompt in prompts}) == 50
    share = config.samples.holdout_share
    assert all(is_holdout(FUNCTION.family(prompt), share) for prompt in prompts)


def test_an_application_with_few_questions_gives_what_it_has() -> None:
    config = Config(evaluation=Evaluation(questions=50))
    assert 0 < len(held_out(application(200), FUNCTION, config)) < 50
    with pytest.raises(InputError, match="outside the training families"):
        held_out(application(1), FUNCTION, config)
    with pytest.raises(InputError, match="--questions"):
        held_out(replace(application(1), holdout=None), FUNCTION, config)
