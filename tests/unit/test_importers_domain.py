"""What an import asks of the application's own code: where that fails, one line is lost and told."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import orjson
import pytest
from record_builders import APPLICATION, TICKETS, ticket_answer, ticket_prompt

from understudy.capture.importers import import_file
from understudy.capture.importing import ImportReport
from understudy.config import Config
from understudy.errors import InputError
from understudy.function import Application, Function, Question
from understudy.records import Prompt
from understudy.store import Store, open_store


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with open_store(tmp_path / "data") as opened:
        yield opened


def load(store: Store, folder: Path, function: Function, *questions: str) -> ImportReport:
    application: Application = replace(APPLICATION, functions={function.name: function})
    lines = [orjson.dumps({"messages": chat(question)}) for question in questions]
    path = folder / "chats.jsonl"
    path.write_bytes(b"\n".join(lines))
    return import_file(path, store, application, Config())


def chat(question: str) -> list[dict[str, str]]:
    answer = {"role": "assistant", "content": ticket_answer()}
    return [{"role": "user", "content": question}, answer]


def by_text(request: Any) -> Prompt:
    return ticket_prompt({"question": request["text"]})


def third_word(prompt: Prompt) -> str:
    return prompt.messages[-1].content.split()[2]


def test_a_family_that_fails_on_a_line_costs_that_line(store: Store, tmp_path: Path) -> None:
    fragile = replace(TICKETS, family=third_word)
    report = load(store, tmp_path, fragile, "It crashes daily", "Crash", "Where is it")
    assert report.imported == 2
    ((line, reason),) = report.skipped
    assert line == 2
    assert "family of sort_ticket failed on it (IndexError('list index out of range'))" in reason
    assert store.count_traces() == 2


def test_a_prompt_builder_that_fails_on_a_line_costs_that_line(
    store: Store, tmp_path: Path
) -> None:
    def build(request: Any) -> Prompt:
        if "crash" in request["question"]:
            raise StopIteration
        return ticket_prompt(request)

    report = load(store, tmp_path, replace(TICKETS, build_prompt=build), "A crash", "Where is it")
    assert (report.imported, report.skipped[0][0]) == (1, 1)
    assert "build_prompt of sort_ticket failed on it (StopIteration())" in report.skipped[0][1]


def test_a_builder_that_wants_more_than_a_question_says_what_to_give_the_function(
    store: Store, tmp_path: Path
) -> None:
    wanting = replace(TICKETS, build_prompt=by_text, read_question=None)
    with pytest.raises(InputError) as refused:
        load(store, tmp_path, wanting, "It crashes")
    assert "build_prompt of sort_ticket needs 'text'" in str(refused.value)
    assert "give the function a read_question" in str(refused.value)
    assert "one JSON object a line" not in str(refused.value)


def test_a_chat_is_asked_as_read_question_says(store: Store, tmp_path: Path) -> None:
    def read(row: Any) -> Question:
        return Question("imported", {"text": row["question"]})

    own = replace(TICKETS, build_prompt=by_text, read_question=read)
    assert load(store, tmp_path, own, "It crashes").skipped == []
    (trace,) = store.find_traces()
    assert trace.prompt == ticket_prompt({"question": "It crashes"})


def test_a_read_question_that_fails_leaves_the_question_as_it_is(
    store: Store, tmp_path: Path
) -> None:
    def read(row: Any) -> Question:
        raise IndexError(row)

    assert load(store, tmp_path, replace(TICKETS, read_question=read), "It crashes").imported == 1
