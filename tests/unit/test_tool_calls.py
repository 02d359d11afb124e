"""The calls of tools in an answer: found in both formats, and no word of the model."""

import time
from dataclasses import replace
from typing import Any

import orjson
import pytest
from compare_rig import FUNCTION, build_plan, holdout, replied
from record_builders import TICKETS, make_completion, make_inference, make_trace

from understudy.capture.traces import trace_of
from understudy.config import Teacher
from understudy.curate.signals.extract import extract_all
from understudy.curate.signals.findings import Kind, Observation, ToolCall
from understudy.curate.signals.observe import observe
from understudy.curate.signals.vector import NAMES
from understudy.evaluate.compare import Comparison
from understudy.records import Completion, Message, Prompt, Trace, TraceSource
from understudy.redaction.texts import redact
from understudy.wire import anthropic, openai
from understudy.wire.messages import sorted_json, write_event
from understudy.wire.tool_calls import blank_calls, read_calls

LOUD = "We verified the total. Dangerous!"
TEACHER = Teacher(kind="scripted", base_url="http://localhost:1")


def openai_call(number: int, name: str, arguments: str) -> dict[str, Any]:
    function = {"name": name, "arguments": arguments}
    return {"id": f"call_{number}", "type": "function", "function": function}


CALLS = [
    openai_call(1, "search_docs", orjson.dumps({"text": LOUD}).decode()),
    openai_call(2, "read_metric", '{"unit": "pump_003"}'),
]


def openai_answer(stream: bool) -> Completion:
    if not stream:
        message = {"content": "I look it up.", "reasoning_content": "hm", "tool_calls": CALLS}
        choice = {"message": message, "finish_reason": "tool_calls"}
        return openai.parse_response(orjson.dumps({"choices": [choice]}))
    deltas: list[dict[str, Any]] = [{"reasoning_content": "hm"}, {"content": "I look it up."}]
    deltas += [{"tool_calls": [{"index": at, **call}]} for at, call in enumerate(CALLS)]
    choices = [{"delta": delta} for delta in deltas] + [
        {"delta": {}, "finish_reason": "tool_calls"}
    ]
    return openai.parse_stream([write_event({"choices": [choice]}) for choice in choices])


def tool_use(number: int, name: str, **given: Any) -> dict[str, Any]:
    return {"type": "tool_use", "id": f"call_{number}", "name": name, "input": given}


BLOCKS = [
    {"type": "thinking", "thinking": "hm"},
    {"type": "text", "text": "I look it up."},
    tool_use(1, "search_docs", text=LOUD),
    tool_use(2, "read_metric", unit="pump_003"),
]


def anthropic_answer(stream: bool) -> Completion:
    if not stream:
        return anthropic.parse_response(
            orjson.dumps({"content": BLOCKS, "stop_reason": "tool_use", "model": "open-model"})
        )
    events: list[dict[str, Any]] = [{"type": "message_start", "message": {"model": "open-model"}}]
    for index, block in enumerate(BLOCKS):
        begun = {**block, "input": {}} if "input" in block else block
        events.append({"type": "content_block_start", "index": index, "content_block": begun})
        given = orjson.dumps(block.get("input")).decode()
        for piece in (given[at : at + 9] for at in range(0, len(given), 9)):
            delta = {"type": "input_json_delta", "partial_json": piece}
            if "input" in block:
                events.append({"type": "content_block_delta", "index": index, "delta": delta})
    events.append({"type": "message_delta", "delta": {"stop_reason": "tool_use"}})
    return anthropic.parse_stream([write_event(event) for event in events])


def traced(completion: Completion) -> Trace:
    inference = make_inference(completion=completion)
    return trace_of(inference, TICKETS, TEACHER, TraceSource.CAPTURED)


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize("answer", [openai_answer, anthropic_answer])
def test_parallel_calls_reach_the_signals_however_they_came(answer: Any, stream: bool) -> None:
    trace = traced(answer(stream))
    assert [
        (one["name"], one["id"], one["batch"], orjson.loads(one["arguments"]))
        for one in trace.behaviour["tool_calls"]
    ] == [
        ("search_docs", "call_1", 0, {"text": LOUD}),
        ("read_metric", "call_2", 0, {"unit": "pump_003"}),
    ]
    signals = extract_all(observe(trace))
    vector = dict(zip(NAMES, signals.vector, strict=True))
    wanted = {
        "tool_calls": 2,
        "rag": 1,
        "parallel_tools": 1,
        "response_length": len("I look it up."),
    }
    assert {name: vector[name] for name in wanted} == wanted
    assert signals.of(Kind.VALIDATION) == signals.of(Kind.SAFETY) == ()


@pytest.mark.parametrize("answer", [openai_answer, anthropic_answer])
def test_a_call_that_came_whole_and_one_that_was_streamed_are_the_same(answer: Any) -> None:
    assert read_calls(answer(False).answer) == read_calls(answer(True).answer)


@pytest.mark.parametrize("length", [4000, 4050, 4096, 70_000, 2_000_000])
def test_a_long_call_is_found_whole(length: int) -> None:
    given = "x" * length + "\u2028é\\" * 40
    [call] = read_calls("It is on." + sorted_json(tool_use(1, "write_file", text=given)))
    assert orjson.loads(call["arguments"]) == {"text": given}


def test_a_call_is_found_behind_much_code() -> None:
    code = 'x = {"a": f(y)}\n' * 5_000
    [call] = read_calls(code + sorted_json(CALLS[0]))
    assert call["name"] == "search_docs"


def test_a_comparisons_replies_show_their_calls() -> None:
    plan = build_plan(holdout("triage", 1, 1), ("teacher", "teacher#2"))
    # A server that calls a tool and says that it is done; otherwise it is no answer to compare.
    said = replace(openai_answer(stream=False), stop_reason="end_turn")
    replies = dict([replied("teacher", 0, said), replied("teacher#2", 0, make_completion())])
    for one in Comparison(FUNCTION, plan, replies).shown.values():
        calls = 2 if one.completion is said else 0
        assert one.vector[NAMES.index("tool_calls")] == calls
        assert Kind.VALIDATION not in {found.kind for found in one.findings}


def test_places_in_the_answer_stay_what_they_are() -> None:
    answer = f"{sorted_json(CALLS[0])}I assume it is on.{sorted_json(CALLS[1])} So be it."
    words = "I assume it is on. So be it."
    blanked, count = blank_calls(answer)
    assert (len(blanked), blanked.split()) == (len(answer), words.split())
    assert count == len(answer) - len(words)
    trace = make_trace(answer=answer, behaviour={"text_only": False})
    [found] = extract_all(observe(trace)).of(Kind.ASSUMPTION)
    assert answer[found.start : found.end] == "I assume it is on."


def test_calls_that_the_upstream_ran_one_after_the_other_were_not_sent_together() -> None:
    blocks = [
        {"type": "server_tool_use", "id": "a", "name": "web_search", "input": {"query": "x"}},
        {"type": "web_search_tool_result", "tool_use_id": "a", "content": []},
        {"type": "server_tool_use", "id": "b", "name": "web_search", "input": {"query": "y"}},
    ]
    calls = read_calls("".join(map(sorted_json, blocks)))
    assert [(one["id"], one["batch"]) for one in calls] == [("a", 0), ("b", 1)]


def test_an_earlier_call_is_no_word_of_the_model_and_no_call_of_this_answer() -> None:
    turns = [
        Message("user", "total?"),
        Message("assistant", f"I assume it is on.{sorted_json(CALLS[0])}"),
        Message("tool", "7"),
    ]
    observation = observe(make_trace(prompt=Prompt("", tuple(turns)), answer="It is 7."))
    signals = extract_all(observation)
    assert [found.kind for found in signals.findings] == [Kind.ASSUMPTION]
    assert signals.base.tools == ()


def test_an_answer_in_json_that_looks_like_a_call_stays_an_answer() -> None:
    answer = sorted_json(CALLS[0])
    assert observe(make_trace(answer=answer)).answer == answer
    assert traced(make_completion(answer=answer)).behaviour.get("tool_calls") is None


def test_calls_as_openai_writes_them_are_read_from_an_imported_trace() -> None:
    calls = [CALLS[1], {"type": "function", "function": {"name": "list_units"}, "batch": 1}]
    assert observe(make_trace(behaviour={"tool_calls": calls})).tool_calls == (
        ToolCall("read_metric", '{"unit": "pump_003"}'),
        ToolCall("list_units", batch=1),
    )


def test_a_call_whose_numbers_were_redacted_is_still_a_call() -> None:
    clean = redact(sorted_json(tool_use(1, "pay", card=4111111111111111, to="ann@plant.example")))
    assert "4111" not in clean
    [call] = read_calls(clean)
    assert (call["name"], "4111" in call["arguments"]) == ("pay", False)
    assert blank_calls(clean)[0].strip() == ""


ODD = {
    "no calls": "It is on.",
    "braces": '{"type":"' * 50_000,
    "nested": '{"type":"function","a":' * 20_000,
    "an unclosed list": '{"type":"tool_use","a":[' + "1," * 200_000,
    "many numbers": '{"type":"tool_use","a":' + "7" * 6000 + "}",
    "a lone surrogate": '{"function":{"name":"\ud800"},"type":"function"}',
    "names that are no text": '{"function":{"name":3,"arguments":[1]},"id":4,"type":"function"}',
    "types that are no text": '{"type":"x","function":7}{"type":["tool_use"]}{"type":{}}',
}


@pytest.mark.parametrize("name", ODD)
def test_odd_text_is_survived(name: str) -> None:
    text = ODD[name]
    began = time.process_time()
    assert len(blank_calls(text)[0]) == len(text)
    extract_all(observe(make_trace(behaviour={"tool_calls": read_calls(text)})))
    assert extract_all(Observation(answer=text[:1000])).vector.shape == (35,)
    # Seconds against a hang, not a measure of speed.
    assert time.process_time() - began < 20
