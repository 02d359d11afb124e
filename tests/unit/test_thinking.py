"""Thinking and answer become one text and come back unchanged."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from understudy.wire.thinking import join_thinking, split_thinking

THOUGHT = st.text(min_size=1)
ANSWER = st.dictionaries(st.text(), st.integers()).map(str)


@given(thinking=THOUGHT, answer=ANSWER)
def test_splitting_is_the_inverse_of_joining(thinking: str, answer: str) -> None:
    assert split_thinking(join_thinking(thinking, answer)) == (thinking, answer)


def test_the_training_text_is_the_documented_one() -> None:
    assert join_thinking("why", '{"a":1}') == '<think>\nwhy\n</think>\n{"a":1}'


def test_text_without_thinking_is_all_answer() -> None:
    assert join_thinking(None, "yes") == "yes"
    assert split_thinking("yes") == (None, "yes")


def test_a_closing_tag_inside_the_thinking_does_not_end_it() -> None:
    text = join_thinking("the tag\n</think>\nis only named", "{}")
    assert split_thinking(text) == ("the tag\n</think>\nis only named", "{}")


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("<think>a</think>{}", ("a", "{}")),
        ("<think>never closed", ("never closed", "")),
        ("<think>\n\n</think>\n{}", ("", "{}")),
    ],
)
def test_other_spacing_is_read_as_well(text: str, parts: tuple[str, str]) -> None:
    assert split_thinking(text) == parts
