"""Command Center behind the seam: its questions, its prompts, its held-out set."""

from pathlib import Path

import orjson
import pytest

from commandcenter.application import APPLICATION, command_center, read_question
from commandcenter.catalog import CATALOG
from understudy.config import Config, Evaluation
from understudy.errors import InputError, NotFoundError
from understudy.evaluate.questions import held_out, load_questions
from understudy.function import load_application

SELECT = APPLICATION.functions["select_widgets"]


def test_the_default_config_names_this_application() -> None:
    assert load_application(Config().application) is APPLICATION


def test_a_line_becomes_a_question_with_its_expectation_and_slice() -> None:
    row = {"id": 7, "question": "pump 1?", "category": "live", "expected_scenarios": ["kpi"]}
    question = read_question(row)
    assert (question.id, question.expected, question.slice) == ("7", ("kpi",), "live")
    assert (
        SELECT.build_prompt(question.request).messages[-1].content.startswith("Question: pump 1?")
    )


def test_a_question_without_an_expectation_is_not_scored() -> None:
    question = read_question({"id": "a", "question": "pump 1?"})
    assert question.expected is None
    assert SELECT.score(question.expected, {"widgets": [{"scenario": "kpi"}]}) == {}


def test_a_missing_plan_scores_nothing() -> None:
    assert set(SELECT.score(("kpi",), None).values()) == {0.0}


@pytest.mark.parametrize(
    ("line", "said"),
    [
        (b'{"id": "a"}', "'question'"),
        (b'{"question": "pump 1?"}', "'id'"),
        (b'{"id": "a", "question": " "}', "holds no text"),
        (b'{"id": "a", "question": "b", "expected_scenarios": ["pie"]}', "pie"),
        (b'{"id": "a", "question": "b", "expected_scenarios": "kpi"}', "kpi"),
    ],
)
def test_a_wrong_line_is_refused_by_file_line_and_column(
    tmp_path: Path, line: bytes, said: str
) -> None:
    path = tmp_path / "questions.jsonl"
    path.write_bytes(b'{"id": "x", "question": "is chiller 1 on"}\n' + line + b"\n")
    with pytest.raises(InputError, match=r"questions\.jsonl:2") as raised:
        load_questions(path, SELECT)
    assert said in str(raised.value)


def test_held_out_questions_are_different_and_say_what_is_expected() -> None:
    offered = command_center(0).holdout
    assert offered is not None
    questions = offered("select_widgets", 300, 4)
    assert len({question.request["question"] for question in questions}) == 300
    assert all(set(question.expected) <= set(CATALOG) for question in questions)
    assert all(question.slice for question in questions)
    assert questions[:50] == offered("select_widgets", 50, 4)


def test_the_engine_finds_enough_held_out_questions() -> None:
    config = Config(evaluation=Evaluation(questions=30))
    for function in APPLICATION.functions.values():
        assert len(held_out(APPLICATION, function, config)) == 30


def test_a_spoken_question_carries_facts_that_the_teacher_can_say() -> None:
    assert APPLICATION.holdout is not None
    assert APPLICATION.scripted_teacher is not None
    question = APPLICATION.holdout("speak", 1, 0)[0]
    prompt = APPLICATION.functions["speak"].build_prompt(question.request)
    spoken = orjson.loads(APPLICATION.scripted_teacher("speak", prompt).answer)
    assert str(question.request["facts"][0]["value"]).split(".")[0] in spoken["text"]


def test_an_unknown_function_has_no_held_out_questions() -> None:
    assert APPLICATION.holdout is not None
    with pytest.raises(NotFoundError, match="sing"):
        APPLICATION.holdout("sing", 1, 0)
