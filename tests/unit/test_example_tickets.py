"""The example application of the docs: short, unrelated, and enough for the engine's stages."""

import importlib.util
from pathlib import Path

import orjson
import pytest
from jsonschema import Draft202012Validator

from understudy.config import Config, Evaluation, Samples
from understudy.curate.funnel import sift
from understudy.evaluate.questions import held_out
from understudy.function import Application, agreement, load_application

PATH = Path(__file__).parents[2] / "docs" / "example_tickets.py"


@pytest.fixture
def tickets(monkeypatch: pytest.MonkeyPatch) -> Application:
    monkeypatch.syspath_prepend(str(PATH.parent))
    return load_application("example_tickets:APPLICATION")


def test_the_example_is_under_sixty_lines_and_knows_nothing_of_command_center() -> None:
    text = PATH.read_text()
    assert len(text.splitlines()) < 60
    assert "import commandcenter" not in text
    assert "from commandcenter" not in text


def test_importing_the_example_needs_nothing_but_the_engine() -> None:
    spec = importlib.util.spec_from_file_location("tickets_alone", PATH)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    assert module.APPLICATION.name == "tickets"


def test_its_synthetic_traces_survive_the_dataset_builder(tickets: Application) -> None:
    assert tickets.bootstrap is not None
    traces = list(tickets.bootstrap(60, 0))
    config = Config(samples=Samples(holdout_share=1e-12))
    funnel = sift(traces, tickets.functions, config, {})
    assert len(funnel.kept) == 60


def test_its_teacher_answers_within_the_schema_and_is_right(tickets: Application) -> None:
    function = tickets.functions["classify_ticket"]
    assert tickets.holdout is not None
    assert tickets.scripted_teacher is not None
    for question in tickets.holdout("classify_ticket", 40, 1):
        prompt = function.build_prompt(question.request)
        answer = orjson.loads(tickets.scripted_teacher("classify_ticket", prompt).answer)
        Draft202012Validator(function.schema).validate(answer)
        assert answer["queue"] == question.expected
        assert agreement(function, {"queue": question.expected}, answer) == 1.0


def test_the_engine_finds_its_held_out_questions(tickets: Application) -> None:
    config = Config(evaluation=Evaluation(questions=20), samples=Samples(holdout_share=0.2))
    found = held_out(tickets, tickets.functions["classify_ticket"], config)
    assert len({question.request["text"] for question in found}) == 20
