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


def test_a_grammar_and_logprobs_are_asked_for_only_where_wanted() -> None:
    prompt = Prompt("", (Message("user", "x"),))
    plain = orjson.loads(openai.render_request(prompt, "m", 5, 0.5))
    full = orjson.loads(
        openai.render_request(prompt, "m", 5, 0.5, grammar="root ::= [a]", logprobs=True)
    )
    assert plain == {
        "model": "m",
        "max_tokens": 5,
        "temperature": 0.5,
        "messages": [{"role": "user", "content": "x"}],
    }
    assert (full["grammar"], full["logprobs"]) == ("root ::= [a]", True)


def test_a_tool_call_is_kept_whole_and_the_same_however_it_came() -> None:
    function = {"name": "find_invoice", "arguments": '{"number": "7"}'}
    call = {"id": "call_1", "type": "function", "function": function}
    message = {"role": "assistant", "content": None, "tool_calls": [call]}
    choice = {"index": 0, "message": message, "finish_reason": "tool_calls"}
    whole = openai.parse_response(orjson.dumps({"choices": [choice]}))
    pieces = [
        {"index": 0, **call, "function": {"name": "find_invoice", "arguments": ""}},
        {"index": 0, "function": {"arguments": '{"number"'}},
        {"index": 0, "function": {"arguments": ': "7"}'}},
    ]
    events = [{"choices": [{"index": 0, "delta": {"tool_calls": [piece]}}]} for piece in pieces]
    events.append({"choices": [{"index": 0, "delta": {}, "finish_reason": "tool_calls"}]})
    stream = b"".join(b"data: " + orjson.dumps(event) + b"\n\n" for event in events)
    streamed = openai.parse_stream(stream)
    assert orjson.loads(whole.answer) == orjson.loads(streamed.answer) == call
    assert whole.stop_reason == streamed.stop_reason == "tool_use"


@pytest.mark.parametrize("calls", ["x", [3], [{"index": "a", "function": 7}], {"a": 1}])
def test_a_tool_call_of_no_known_form_breaks_nothing(calls: object) -> None:
    event = {"choices": [{"delta": {"content": "so", "tool_calls": calls}}]}
    assert openai.parse_stream(b"data: " + orjson.dumps(event)).answer.startswith("so")
