"""Importing chat files: OpenAI, Anthropic, ShareGPT."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import orjson
import pytest
from record_builders import APPLICATION, TICKETS, ticket_answer

from understudy.capture.importers import import_file
from understudy.capture.importing import ImportReport
from understudy.config import Config
from understudy.records import Message, Trace
from understudy.store import Store, open_store

CHATS: dict[str, dict[str, Any]] = {
    "openai": {
        "messages": [
            {"role": "system", "content": "Sort."},
            {"role": "user", "content": "It crashes"},
            {"role": "assistant", "content": ticket_answer(), "reasoning_content": "A bug."},
        ]
    },
    "anthropic": {
        "system": [{"type": "text", "text": "Sort."}],
        "messages": [
            {"role": "user", "content": [{"type": "text", "text": "It crashes"}]},
            {
                "role": "assistant",
                "content": [
                    {"type": "thinking", "thinking": "A bug.", "signature": "x"},
                    {"type": "text", "text": ticket_answer()},
                ],
            },
        ],
    },
    "sharegpt": {
        "conversations": [
            {"from": "system", "value": "Sort."},
            {"from": "human", "value": "It crashes"},
            {"from": "gpt", "value": f"<think>\nA bug.\n</think>\n{ticket_answer()}"},
        ]
    },
}

ASKED = {"role": "user", "content": "It crashes"}
SAID = {"role": "assistant", "content": "I look."}


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with open_store(tmp_path / "data") as opened:
        yield opened


def load(path: Path, store: Store, *rows: Any) -> ImportReport:
    path.write_bytes(b"".join(orjson.dumps(row) + b"\n" for row in rows))
    return import_file(path, store, APPLICATION, Config())


def only_trace(store: Store) -> Trace:
    (trace,) = store.find_traces()
    return trace


@pytest.mark.parametrize("name", CHATS)
def test_a_chat_becomes_a_trace(store: Store, tmp_path: Path, name: str) -> None:
    load(tmp_path / "chat.jsonl", store, CHATS[name])

    trace = only_trace(store)
    assert (trace.prompt.system, trace.prompt.messages) == (
        "Sort.",
        (Message("user", "It crashes"),),
    )
    assert (trace.thinking, trace.answer) == ("A bug.", ticket_answer())
    assert trace.function == TICKETS.name


def test_a_chat_of_a_mere_question_goes_through_the_prompt_builder(
    store: Store, tmp_path: Path
) -> None:
    turns = [
        {"role": "user", "content": "It crashes"},
        {"role": "assistant", "content": "Sorry to hear that."},
    ]
    load(tmp_path / "c.jsonl", store, {"messages": turns, "function": "reply"})
    assert only_trace(store).function == "reply"
    assert only_trace(store).prompt.system == "Reply."


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ({"messages": "none"}, "messages is no list"),
        ({"messages": []}, "does not end in an answer"),
        ({"messages": [{"role": "user", "content": "x"}]}, "does not end in an answer"),
        ({"messages": [{"role": "assistant", "content": "x"}]}, "asks nothing"),
        ({"messages": [{"role": "wizard", "content": "x"}]}, "role is 'wizard'"),
        ({"messages": [7]}, "role is None"),
        ({"messages": [{"role": "user", "content": [{"type": "image"}]}]}, "'image'"),
        (
            {"messages": [ASKED, {**SAID, "content": [{"type": "tool_use"}]}]},
            "'tool_use'; only text",
        ),
        ({"messages": [ASKED, {**SAID, "tool_calls": [{"id": "1"}]}]}, "'tool_calls'; only text"),
        ({"messages": [ASKED, {**SAID, "function_call": {"name": "f"}}]}, "'function_call'; only"),
        ({"messages": [{**SAID, "tool_calls": [{}]}, ASKED, SAID]}, "'tool_calls'; only text"),
    ],
)
def test_a_chat_that_teaches_nothing_is_skipped_with_its_reason(
    store: Store, tmp_path: Path, row: dict[str, Any], reason: str
) -> None:
    report = load(tmp_path / "c.jsonl", store, CHATS["openai"], row)
    assert report.imported == 1
    assert reason in report.skipped[0][1]


def test_a_chat_whose_list_of_calls_is_empty_is_text(store: Store, tmp_path: Path) -> None:
    load(tmp_path / "c.jsonl", store, {"messages": [ASKED, {**SAID, "tool_calls": []}]})
    assert only_trace(store).answer == "I look."
