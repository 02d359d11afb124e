"""The Messages format, where it differs from its own simplest form."""

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


def answer_body(*blocks: dict[str, str], model: str = "deepseek-r1") -> bytes:
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
