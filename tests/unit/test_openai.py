"""Chat completions, where servers differ from each other."""

from typing import Any

import orjson
import pytest

from understudy.records import Message, Prompt, ReasoningKind
from understudy.wire import openai
from understudy.wire.messages import WireRequest


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
    assert whole.aside == streamed.aside == '{"in_answer":"function"}'
    assert not whole.text_only


@pytest.mark.parametrize("calls", ["x", [3], [{"index": "a", "function": 7}], {"a": 1}])
def test_a_tool_call_of_no_known_form_breaks_nothing(calls: object) -> None:
    event = {"choices": [{"delta": {"content": "so", "tool_calls": calls}}]}
    assert openai.parse_stream(b"data: " + orjson.dumps(event)).answer.startswith("so")


def read_request(*turns: dict[str, Any], **fields: Any) -> WireRequest:
    messages = [{"role": "user", "content": "invoice?"}, *turns]
    return openai.parse_request(orjson.dumps({"messages": messages, **fields}))


def call_of(number: str) -> dict[str, Any]:
    function = {"name": "find_invoice", "arguments": number}
    return {"id": "call_1", "type": "function", "function": function}


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ({"tool_calls": [call_of("7")]}, {"tool_calls": [call_of("8")]}),
        ({"function_call": {"name": "a"}}, {"function_call": {"name": "b"}}),
        ({"refusal": "No."}, {"refusal": "I cannot."}),
    ],
)
def test_requests_that_differ_in_what_the_assistant_did_have_different_hashes(
    first: dict[str, Any], second: dict[str, Any]
) -> None:
    turn = {"role": "assistant", "content": None}
    one, other, none = (read_request({**turn, **more}) for more in (first, second, {}))
    assert len({read.prompt.hash for read in (one, other, none)}) == 3
    assert (one.text_only, none.text_only) == (False, True)


@pytest.mark.parametrize("stream", [False, True])
def test_the_words_of_a_refusal_are_the_answer(stream: bool) -> None:
    pieces = [{"refusal": "I cannot "}, {"refusal": "help."}] if stream else []
    message = {"content": None, "refusal": "I cannot help."}
    events = [{"choices": [{"delta": piece}]} for piece in pieces]
    streamed = b"".join(b"data: " + orjson.dumps(event) + b"\n\n" for event in events)
    read = openai.parse_stream(streamed) if stream else openai.parse_response(answer_body(message))
    assert (read.answer, read.stop_reason, read.text_only) == ("I cannot help.", "refusal", True)


def test_what_an_answer_holds_besides_text_is_kept_apart() -> None:
    cited = [{"type": "url_citation", "url_citation": {"url": "http://there"}}]
    whole = openai.parse_response(answer_body({"content": "{}", "annotations": cited}))
    events = [
        {"choices": [{"delta": {"content": "{}", "annotations": cited}}]},
        {"type": "weather", "sky": "clear"},
        {"choices": [], "usage": {"prompt_tokens": 1}},
    ]
    streamed = openai.parse_stream(
        b"".join(b"data: " + orjson.dumps(event) + b"\n\n" for event in events)
    )
    assert [orjson.loads(one) for one in whole.aside.splitlines()] == [{"annotations": cited}]
    assert streamed.aside.splitlines() == [whole.aside, '{"sky":"clear","type":"weather"}']
    assert whole.answer == streamed.answer == "{}"
    assert whole.text_only


def test_of_several_streamed_answers_the_first_is_read() -> None:
    pieces = [(0, "a"), (1, "x"), (0, "b"), (1, "y")]
    events = [{"choices": [{"index": at, "delta": {"content": text}}]} for at, text in pieces]
    stream = b"".join(b"data: " + orjson.dumps(event) + b"\n\n" for event in events)
    assert openai.parse_stream(stream).answer == "ab"


@pytest.mark.parametrize(
    "fields",
    [
        {"n": 3},
        {"logprobs": True},
        {"top_logprobs": 2},
        {"functions": [{"name": "f"}]},
        {"audio": {"voice": "x"}},
        {"web_search_options": {}},
        {"response_format": {"type": "grammar"}},
    ],
)
def test_what_no_student_can_give_is_marked(fields: dict[str, Any]) -> None:
    assert not read_request(**fields).text_only


@pytest.mark.parametrize(
    "fields",
    [
        {"n": 1, "logprobs": False, "functions": [], "audio": None},
        {"response_format": {"type": "text"}},
        {"response_format": {"type": "json_object"}},
        {"response_format": {"type": "json_schema", "json_schema": {"schema": {}}}},
    ],
)
def test_a_request_that_asks_for_one_text_may_go_to_a_student(fields: dict[str, Any]) -> None:
    read = read_request(**fields)
    assert (read.text_only, read.shows_thinking) == (True, True)
