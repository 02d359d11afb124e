"""One prompt, one hash: what a builder made and what is parsed from the wire are the same."""

from types import ModuleType
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from understudy.errors import InputError, UpstreamError
from understudy.records import Completion, Message, Prompt, ReasoningKind, Usage
from understudy.wire import anthropic, openai
from understudy.wire.messages import read_events, write_event

DIALECTS = pytest.mark.parametrize("dialect", [anthropic, openai])
TEXT = st.text(st.characters(exclude_categories=["Cs"]), min_size=1)
PROMPTS = st.builds(
    Prompt,
    st.just("") | TEXT,
    st.lists(st.builds(Message, st.sampled_from(["user", "assistant"]), TEXT), min_size=1).map(
        tuple
    ),
)
COMPLETION = Completion(
    '{"a":"é"}', "because\nof b", ReasoningKind.RAW, "end_turn", Usage(11, 7), "some-model"
)


@given(prompt=PROMPTS)
def test_a_prompt_keeps_its_hash_through_the_anthropic_format(prompt: Prompt) -> None:
    parsed = anthropic.parse_request(anthropic.render_request(prompt, "m", 100))
    assert parsed.prompt.hash == prompt.hash


@given(prompt=PROMPTS)
def test_a_prompt_keeps_its_hash_through_the_openai_format(prompt: Prompt) -> None:
    parsed = openai.parse_request(openai.render_request(prompt, "m", 100, 0.0))
    assert parsed.prompt.hash == prompt.hash


@DIALECTS
def test_an_answer_is_read_as_it_was_written(dialect: ModuleType) -> None:
    body = dialect.render_response(COMPLETION, "m", "some-id")
    assert dialect.parse_response(body) == COMPLETION


@DIALECTS
def test_a_stream_is_read_as_it_was_written(dialect: ModuleType) -> None:
    assert dialect.parse_stream(dialect.render_stream(COMPLETION, "m", "id")) == COMPLETION


@DIALECTS
def test_a_stream_cut_at_any_byte_is_read_without_an_error(dialect: ModuleType) -> None:
    whole = b"".join(dialect.render_stream(COMPLETION, "m", "id"))
    for cut in range(len(whole)):
        parsed = dialect.parse_stream(whole[:cut])
        assert COMPLETION.answer.startswith(parsed.answer)


@DIALECTS
@pytest.mark.parametrize(
    "body",
    [b"", b"nonsense", b"[]", b"{}", b'{"messages":[]}', b'{"messages":[3]}', b'{"messages":7}'],
)
def test_a_broken_request_is_one_clear_error(dialect: ModuleType, body: bytes) -> None:
    with pytest.raises(InputError):
        dialect.parse_request(body)


@DIALECTS
@pytest.mark.parametrize("body", [b"", b"<html>", b"[]", b"{}", b'{"content":"no blocks"}'])
def test_a_broken_answer_is_the_upstreams_error(dialect: ModuleType, body: bytes) -> None:
    with pytest.raises(UpstreamError):
        dialect.parse_response(body)


@DIALECTS
def test_what_a_student_cannot_read_is_marked(dialect: ModuleType) -> None:
    text = {"messages": [{"role": "user", "content": "hello"}]}
    image = {"messages": [{"role": "user", "content": [{"type": "image", "source": "x"}]}]}
    assert dialect.parse_request(orjson.dumps(text)).text_only
    assert not dialect.parse_request(orjson.dumps(image)).text_only
    assert not dialect.parse_request(orjson.dumps({**text, "tools": [{"name": "t"}]})).text_only


@pytest.mark.parametrize("newline", [b"\n", b"\r\n", b"\r"])
def test_events_are_read_with_every_line_ending(newline: bytes) -> None:
    stream = b": a comment\n\n" + write_event({"n": 1}, "one") + b"data: [DONE]\n\n"
    assert list(read_events(stream.replace(b"\n", newline))) == [{"n": 1}]


@pytest.mark.parametrize(
    ("dialect", "body", "expected"),
    [
        (anthropic, {"system": "old", "x": 1}, {"system": "new", "x": 1}),
        (anthropic, {"system": "other"}, None),
        (anthropic, {"system": [{"type": "text", "text": "old"}] * 2}, None),
        (
            openai,
            {"messages": [{"role": "developer", "content": "old"}, {"role": "user"}]},
            {"messages": [{"role": "developer", "content": "new"}, {"role": "user"}]},
        ),
        (
            openai,
            {"messages": [{"role": "system", "content": [{"type": "text", "text": "old"}]}]},
            {"messages": [{"role": "system", "content": [{"type": "text", "text": "new"}]}]},
        ),
        (openai, {"messages": [{"role": "system", "content": "old"}] * 2}, None),
        (openai, {"messages": [{"role": "user", "content": "old"}]}, None),
    ],
)
def test_another_system_text_changes_nothing_else(
    dialect: ModuleType, body: Any, expected: Any
) -> None:
    changed = dialect.replace_system(orjson.dumps(body), "old", "new")
    assert (None if changed is None else orjson.loads(changed)) == expected
