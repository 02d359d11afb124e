"""Chat completions, where servers differ from each other."""

import orjson
import pytest

from understudy.records import Message, Prompt, ReasoningKind
from understudy.wire import openai


def answer_body(message: dict[str, object], finish_reason: str = "stop") -> bytes:
    return orjson.dumps({"choices": [{"message": message, "finish_reason": finish_reason}]})


@pytest.mark.parametrize(
    "message",
    [
        {"content": "<think>\nhm\n</think>\n{}"},
        {"content": "{}", "reasoning_content": "hm"},
        {"content": "{}", "reasoning": "hm"},
    ],
)
def test_thinking_is_found_wherever_a_server_puts_it(message: dict[str, object]) -> None:
    completion = openai.parse_response(answer_body(message))
    assert (completion.thinking, completion.answer) == ("hm", "{}")
    assert completion.reasoning_kind is ReasoningKind.RAW


@pytest.mark.parametrize(
    ("theirs", "ours"),
    [("stop", "end_turn"), ("length", "max_tokens"), ("content_filter", "refusal"), ("new", "new")],
)
def test_stop_reasons_are_one_vocabulary(theirs: str, ours: str) -> None:
    assert openai.parse_response(answer_body({"content": "x"}, theirs)).stop_reason == ours


def test_system_and_developer_messages_are_the_system_text() -> None:
    body = orjson.dumps(
        {
            "messages": [
                {"role": "system", "content": "Pick widgets."},
                {"role": "developer", "content": [{"type": "text", "text": "Be brief."}]},
                {"role": "user", "content": "pumps?"},
            ]
        }
    )
    expected = Prompt("Pick widgets.\n\nBe brief.", (Message("user", "pumps?"),))
    assert openai.parse_request(body).prompt == expected


def test_a_grammar_and_stops_are_sent_only_where_given() -> None:
    prompt = Prompt("", (Message("user", "x"),))
    plain = orjson.loads(openai.render_request(prompt, "m", 5, 0.5))
    full = orjson.loads(
        openai.render_request(prompt, "m", 5, 0.5, grammar="root ::= [a]", stop=["z"])
    )
    assert plain == {
        "model": "m",
        "max_tokens": 5,
        "temperature": 0.5,
        "messages": [{"role": "user", "content": "x"}],
    }
    assert (full["grammar"], full["stop"]) == ("root ::= [a]", ["z"])
