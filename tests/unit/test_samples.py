"""What a trace teaches, and that it is written as it will be served."""

from pathlib import Path

import pytest
from record_builders import TICKETS, make_trace

from understudy.curate.samples import (
    SampleKind,
    build_samples,
    canonical_answer,
    read_samples,
    sample_row,
)
from understudy.errors import InputError
from understudy.records import ReasoningKind
from understudy.wire.thinking import join_thinking, split_thinking


def test_a_trace_with_thinking_gives_three_samples() -> None:
    trace = make_trace(thinking=" So it is. ", answer='{"label":"bug","urgent":false}')
    answer, thinking, consistency = build_samples(trace)

    assert [one.kind for one in (answer, thinking, consistency)] == list(SampleKind)
    assert (answer.prefix, answer.completion) == ("", trace.answer)
    assert (thinking.prefix, thinking.completion) == ("", "<think>\nSo it is.\n</think>\n")
    assert (consistency.prefix, consistency.completion) == (thinking.completion, trace.answer)
    assert {one.prompt for one in (answer, thinking, consistency)} == {trace.prompt}


def test_thinking_then_answer_is_the_text_that_is_served() -> None:
    trace = make_trace(answer='{"label":"bug","urgent":false}')
    _, thinking, consistency = build_samples(trace)
    assert thinking.completion + consistency.completion == join_thinking(
        trace.thinking, trace.answer
    )
    assert split_thinking(consistency.prefix + consistency.completion) == (
        trace.thinking,
        trace.answer,
    )


@pytest.mark.parametrize("kind", [ReasoningKind.OMITTED, ReasoningKind.REDACTED])
def test_a_trace_without_readable_thinking_gives_one(kind: ReasoningKind) -> None:
    (only,) = build_samples(make_trace(reasoning_kind=kind, thinking="(hidden)"))
    assert only.kind is SampleKind.ANSWER


def test_a_long_thinking_gives_the_answer_alone() -> None:
    trace = make_trace(thinking="x" * 801)
    assert len(build_samples(trace, max_thinking_chars=800)) == 1
    assert len(build_samples(trace, max_thinking_chars=801)) == 3


def test_an_answer_is_written_as_the_grammar_writes_it() -> None:
    fenced = '```json\n{ "urgent" : true,\n "extra": 0.80, "label": "bug" }\n```'
    assert canonical_answer(fenced, TICKETS.schema) == '{"label":"bug","urgent":true,"extra":0.8}'
    assert canonical_answer(" plain words \n", {}) == "plain words"


def test_the_order_of_keys_follows_the_schema_at_every_depth() -> None:
    item = {"type": "object", "properties": {"a": {}, "b": {}}}
    first = {"type": "object", "properties": {"b": {}, "a": {}}}
    schema = {"properties": {"list": {"prefixItems": [first], "items": item}}}
    given = '{"list": [{"a": 1, "b": 2}, {"b": 3, "a": 4}, {"b": 5, "a": 6}]}'
    assert canonical_answer(given, schema) == '{"list":[{"b":2,"a":1},{"a":4,"b":3},{"a":6,"b":5}]}'


def test_a_row_begins_with_the_system_message() -> None:
    trace = make_trace("Where is my invoice?")
    row = sample_row(build_samples(trace)[0])
    assert row["prompt"] == [
        {"role": "system", "content": "Sort the ticket."},
        {"role": "user", "content": "Where is my invoice?"},
    ]
    assert (row["kind"], row["trace_id"], row["source"]) == ("answer", trace.id, "captured")


def test_a_broken_row_is_named_by_its_line(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="cannot be read"):
        read_samples(tmp_path)
    (tmp_path / "samples.jsonl").write_text('{"kind": "answer"}\n')
    with pytest.raises(InputError, match="line 1 is no sample"):
        read_samples(tmp_path)
