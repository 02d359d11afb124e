"""The Messages format, where it differs from its own simplest form."""

from typing import Any

import orjson
import pytest

from understudy.records import Message, Prompt, ReasoningKind, Usage
from understudy.wire import anthropic
from understudy.wire.messages import write_event


def request_body(**fields: object) -> bytes:
    messages = [{"role": "user", "content": "vibration of pump 001?"}]
    return orjson.dumps({"model": "m", "max_tokens": 9, "messages": messages, **fields})


def test_a_system_text_and_a_list_of_blocks_give_the_same_prompt() -> None:
    blocks = [
        {"type": "text", "text": "Pick widgets.\n", "cache_control": {"type": "ephemeral"}},
        {"type": "text", "text": "Answer in JSON."},
    ]
    as_text = anthropic.parse_request(request_body(system="Pick widgets.\nAnswer in JSON."))
    as_blocks = anthropic.parse_request(request_body(system=blocks))
    assert as_text.prompt == as_blocks.prompt
    assert as_blocks.text_only


def test_a_request_without_a_system_text_has_an_empty_one() -> None:
    parsed = anthropic.parse_request(request_body(stream=True))
    assert parsed.prompt == Prompt("", (Message("user", "vibration of pump 001?"),))
    assert (parsed.model, parsed.max_tokens, parsed.stream) == ("m", 9, True)


def answer_body(*blocks: dict[str, Any], model: str = "deepseek-r1") -> bytes:
    usage = {"input_tokens": 3, "cache_read_input_tokens": 40, "output_tokens": 5}
    return orjson.dumps(
        {"content": blocks, "model": model, "stop_reason": "end_turn", "usage": usage}
    )


THOUGHT = {"type": "thinking", "thinking": "hm", "signature": "s"}
TEXT = {"type": "text", "text": "{}"}


@pytest.mark.parametrize(
    ("blocks", "model", "thinking", "kind"),
    [
        ([THOUGHT, TEXT], "deepseek-r1", "hm", ReasoningKind.RAW),
        ([THOUGHT, TEXT], "claude-haiku-4-5", "hm", ReasoningKind.SUMMARY),
        ([THOUGHT, TEXT], "claude-3-7-sonnet", "hm", ReasoningKind.RAW),
        ([{**THOUGHT, "thinking": ""}, TEXT], "m", None, ReasoningKind.OMITTED),
        ([{"type": "redacted_thinking", "data": "x"}, TEXT], "m", None, ReasoningKind.REDACTED),
        ([TEXT], "m", None, ReasoningKind.OMITTED),
    ],
)
def test_the_kind_of_reasoning_is_recorded(
    blocks: list[dict[str, str]], model: str, thinking: str | None, kind: ReasoningKind
) -> None:
    completion = anthropic.parse_response(answer_body(*blocks, model=model))
    assert (completion.thinking, completion.reasoning_kind) == (thinking, kind)
    assert completion.answer == "{}"


def test_cached_input_counts_as_input() -> None:
    assert anthropic.parse_response(answer_body(TEXT)).usage == Usage(43, 5)


def test_a_stream_that_ends_with_an_error_says_so() -> None:
    error = {"type": "error", "error": {"type": "overloaded_error", "message": "busy"}}
    assert anthropic.parse_stream(write_event(error, "error")).stop_reason == "error"


def test_an_unknown_block_is_kept_as_it_came() -> None:
    block = {"type": "from_the_future", "payload": "x"}
    completion = anthropic.parse_response(answer_body(TEXT, block))
    assert completion.answer == '{}{"payload":"x","type":"from_the_future"}'
    assert (completion.aside, completion.text_only) == ('{"in_answer":"from_the_future"}', False)


CITATION = {"type": "char_location", "cited_text": "7.1 mm/s", "document_index": 0}
UNKNOWN_DELTA = {"type": "mood_delta", "level": 3}
UNKNOWN_EVENT = {"type": "weather", "sky": "clear"}


def stream_of(*blocks: tuple[dict[str, Any], list[dict[str, Any]]]) -> bytes:
    start = {"id": "msg_1", "content": [], "model": "claude-sonnet-4-5", "usage": {}}
    events: list[dict[str, Any]] = [{"type": "message_start", "message": start}, {"type": "ping"}]
    for index, (block, deltas) in enumerate(blocks):
        events.append({"type": "content_block_start", "index": index, "content_block": block})
        events += [{"type": "content_block_delta", "index": index, "delta": one} for one in deltas]
        events.append({"type": "content_block_stop", "index": index})
    events += [
        UNKNOWN_EVENT,
        {"type": "message_delta", "delta": {"stop_reason": "end_turn"}},
        {"type": "message_stop"},
    ]
    return b"".join(write_event(event, str(event["type"])) for event in events)


THOUGHT_DELTAS = [
    {"type": "thinking_delta", "thinking": "hm"},
    {"type": "signature_delta", "signature": "c2VhbGVk"},
]
TEXT_DELTAS = [
    {"type": "text_delta", "text": "It shakes."},
    {"type": "citations_delta", "citation": CITATION},
    UNKNOWN_DELTA,
    {"type": "hue_delta", "hue": "red"},
    {"type": "hue_delta", "hue": "dish"},
]


def test_what_a_stream_holds_besides_text_is_kept_apart_from_the_answer() -> None:
    completion = anthropic.parse_stream(
        stream_of(
            ({"type": "thinking", "thinking": ""}, THOUGHT_DELTAS),
            ({"type": "redacted_thinking", "data": "c2VhbGVk"}, []),
            ({"type": "text", "text": ""}, TEXT_DELTAS),
        )
    )
    assert (completion.answer, completion.thinking) == ("It shakes.", "hm")
    assert [orjson.loads(line) for line in completion.aside.splitlines()] == [
        UNKNOWN_EVENT,
        {"citations": [CITATION]},
        {"deltas": [UNKNOWN_DELTA]},
        {"hue": "reddish"},
    ]
    assert completion.text_only


def test_a_citation_is_kept_alike_whichever_way_it_came() -> None:
    whole = anthropic.parse_response(answer_body({**TEXT, "citations": [CITATION]}))
    deltas = [{"type": "text_delta", "text": "{}"}, TEXT_DELTAS[1]]
    streamed = anthropic.parse_stream(stream_of(({"type": "text", "text": ""}, deltas)))
    assert whole.answer == streamed.answer == "{}"
    assert whole.aside in streamed.aside.splitlines()


@pytest.mark.parametrize("citations", [None, [], 7, "x"])
def test_citations_of_no_known_form_break_nothing(citations: object) -> None:
    block = {"type": "text", "text": "", "citations": citations}
    read = anthropic.parse_stream(stream_of((block, [TEXT_DELTAS[1], {"type": "citations_delta"}])))
    assert '"cited_text"' in read.aside


def test_a_streamed_tool_call_is_in_the_answer_which_is_then_not_only_text() -> None:
    pieces = ['{"number"', ': "7"}']
    deltas = [{"type": "input_json_delta", "partial_json": piece} for piece in pieces]
    block = {"type": "tool_use", "id": "t", "name": "find", "input": {}}
    completion = anthropic.parse_stream(stream_of((block, deltas)))
    assert orjson.loads(completion.answer)["partial_json"] == "".join(pieces)
    assert not completion.text_only


@pytest.mark.parametrize(
    ("thinking", "shown"),
    [
        ({"type": "enabled", "budget_tokens": 1024}, True),
        ({"type": "adaptive"}, True),
        ({"type": "adaptive", "display": "omitted"}, False),
        ({"type": "disabled"}, False),
        (None, False),
        ("yes", False),
    ],
)
def test_thinking_is_shown_to_who_asked_for_it(thinking: object, shown: bool) -> None:
    assert anthropic.parse_request(request_body(thinking=thinking)).shows_thinking is shown


def test_servers_that_the_upstream_would_call_are_none_of_a_students() -> None:
    assert not anthropic.parse_request(request_body(mcp_servers=[{"url": "x"}])).text_only
