"""A function's schema says what its answers are: an object, a list, or the bare text."""

import asyncio
from dataclasses import replace
from pathlib import Path
from typing import Any

import orjson
import pytest
from record_builders import (
    REPLIES,
    TICKETS,
    make_completion,
    make_feedback,
    make_inference,
    make_trace,
    ticket_answer,
)

from understudy.capture.importers import import_file
from understudy.config import Config, Evaluation, Gate
from understudy.curate.answers import Reader
from understudy.curate.eligibility import SCHEMA_INVALID, wrong_answer
from understudy.curate.rewards import spoken_text
from understudy.curate.samples import build_samples
from understudy.daemon.item_events import build_event
from understudy.evaluate.suite import evaluate
from understudy.function import Application, Function, ListedItem, Listing, Question
from understudy.learn.prompts.validate import build_score
from understudy.records import Experience, FeedbackKind, Reward
from understudy.release.gate import judge
from understudy.store import open_store
from understudy.wire.answers import read_answer

TEXT = {"type": "string"}
LIST = {"type": "array", "items": {"type": "string"}}
TAGS = replace(TICKETS, name="tag", schema=LIST, items=lambda answer: list(answer))
SPOKEN = replace(REPLIES, items=lambda answer: answer.lower().split())


@pytest.mark.parametrize(
    ("text", "schema", "answer"),
    [
        (" Hello, it is open.\n", TEXT, "Hello, it is open."),
        ('{"a": 1}', TEXT, '{"a": 1}'),
        (" \n", TEXT, None),
        ('["a", "b"]', LIST, ["a", "b"]),
        ('Here:\n```json\n["a"]\n```', LIST, ["a"]),
        ("a and b", LIST, None),
        ('{"a": 1}', {"type": "object"}, {"a": 1}),
        ('["a"]', {"type": "object"}, None),
        ('["a"]', {}, None),
        ("4", {"type": "integer"}, 4),
        ("4", {}, None),
        ("null", {"type": ["object", "null"]}, None),
    ],
)
def test_the_schemas_type_says_what_an_answer_is(
    text: str, schema: dict[str, Any], answer: Any
) -> None:
    assert read_answer(text, schema) == answer


def report_of(function: Function, teacher: str, student: str) -> dict[str, Any]:
    async def teach(_: Any) -> Any:
        return make_completion(answer=teacher)

    async def perform(_: Any) -> Any:
        return make_completion(answer=student)

    questions = [Question(str(n), {"question": f"q{n}"}) for n in range(60)]
    variants = {"teacher": teach, "student@1": perform}
    report = asyncio.run(evaluate(function, questions, variants, Evaluation(), prices={}))
    return {**report, "champion": "teacher", "candidate": "student@1"}


@pytest.mark.parametrize(
    ("function", "teacher", "good", "bad"),
    [
        (SPOKEN, "Your ticket is open.", "your ticket is open.", "No idea what you mean."),
        (REPLIES, "Your ticket is open.", "Your ticket is open.\n", "your ticket is open."),
        (TAGS, '["pump", "leak"]', '["leak","pump"]', '["fan"]'),
        (TAGS, '["pump", "leak"]', '["leak","pump"]', '{"pump": "leak"}'),
    ],
)
def test_text_and_lists_pass_the_gate_where_they_agree(
    function: Function, teacher: str, good: str, bad: str
) -> None:
    report = report_of(function, teacher, good)
    assert report["variants"]["teacher"]["schema_valid"]["mean"] == 1.0
    assert judge(report, Gate()).promote, judge(report, Gate()).reason
    assert not judge(report_of(function, teacher, bad), Gate()).promote


@pytest.mark.parametrize("ending", ["max_tokens", "refusal"])
def test_a_text_that_was_cut_short_or_refused_is_no_answer(ending: str) -> None:
    said = make_completion(answer="Your ticket is", stop_reason=ending)
    assert Reader(REPLIES).read(said) == (False, None)


def test_what_teaches_is_what_is_served() -> None:
    quoted = make_trace(function="reply", answer=' "Hello {"a": 1}\n')
    assert build_samples(quoted, schema=TEXT)[0].completion == '"Hello {"a": 1}'
    braces = make_trace(function="reply", answer='{"a": 1}')
    assert build_samples(braces, schema=TEXT)[0].completion == '{"a": 1}'
    listed = make_trace(function="tag", answer='```json\n["a", "b"]\n```')
    assert build_samples(listed, schema=LIST)[0].completion == '["a","b"]'
    assert wrong_answer('["a"]', TAGS) is None
    assert wrong_answer("[1]", TAGS) == SCHEMA_INVALID
    assert (
        wrong_answer(" billing\n", replace(REPLIES, schema={"enum": ["billing"], **TEXT})) is None
    )


def test_a_list_is_not_spoken() -> None:
    assert spoken_text('["a", "b"]') is None
    assert spoken_text("It is open.") == "It is open."


@pytest.mark.parametrize(
    ("answer", "belongs"),
    [("It is open.", "reply"), ('["a", "b"]', "tag"), (ticket_answer(), "sort_ticket")],
)
def test_an_imported_answer_belongs_to_a_function_that_reads_it(
    tmp_path: Path, answer: str, belongs: str
) -> None:
    application = Application("desk", {one.name: one for one in (TICKETS, SPOKEN, TAGS)})
    turns = [{"role": "user", "content": "Is it?"}, {"role": "assistant", "content": answer}]
    (tmp_path / "chats.jsonl").write_bytes(orjson.dumps({"messages": turns}))
    with open_store(tmp_path) as store:
        import_file(tmp_path / "chats.jsonl", store, application, Config())
        (trace,) = store.find_traces()
    assert trace.function == belongs
    assert wrong_answer(trace.answer, application.functions[belongs]) is None


def test_a_prompt_version_is_scored_by_texts_and_lists() -> None:
    def score(function: Function, shown: str, said: str, *corrections: Any) -> float:
        about = make_inference(function=function.name, completion=make_completion(answer=shown))
        told = [
            make_feedback("correction", one, kind=FeedbackKind.DEMONSTRATION) for one in corrections
        ]
        liked = Experience(about, tuple(told), Reward(1.0, {}))
        return build_score(function)(liked, make_completion(answer=said))

    assert score(SPOKEN, "It is open.", "it is open.") == 1.0
    assert score(SPOKEN, "It is open.", "it is open.", "Not yet.") == 0.0
    assert score(TAGS, '["a"]', '["b"]', ["b"]) == 1.0


def test_the_order_of_a_bare_list_is_learned() -> None:
    listing = Listing(
        lambda prompt: prompt.messages[-1].content,
        lambda answer: [ListedItem(one, one) for one in answer],
        lambda answer, order: [answer[place] for place in order],
    )
    shown = make_inference(function="tag", completion=make_completion(answer='["a", "b"]'))
    corrected = make_feedback("correction", ["b", "a"], kind=FeedbackKind.DEMONSTRATION)
    event = build_event(shown, [corrected], listing, Config())
    assert event is not None
    assert [one.key for one in event.items] == ["a", "b"]
    assert set(event.rewards) == {"a", "b"}
