"""The cheap looks never say no where the pattern behind them would find something."""

import re

from hypothesis import given
from hypothesis import strategies as st

from understudy.redaction.runs import has_number, has_token

TEXT = st.text(st.one_of(st.characters(), st.sampled_from("aZ09+/_-= ().\n")), max_size=60)


@given(text=TEXT, length=st.integers(1, 20))
def test_no_run_of_a_token_is_overlooked(text: str, length: int) -> None:
    if re.search(rf"[\w+/=-]{{{length}}}", text):
        assert has_token(text, length)


@given(text=TEXT, length=st.integers(1, 12))
def test_no_run_of_a_number_is_overlooked(text: str, length: int) -> None:
    if re.search(rf"[\d ().+-]{{{length}}}", text):
        assert has_number(text, length)


def test_plain_words_have_no_run() -> None:
    assert not has_token("the vibration of pump_001 rose, at 4.2 mm/s", 13)
    assert has_token("sk-ant-0123456789", 13)
    assert not has_number("4.2 mm/s on 3 May", 7)
    assert has_number("+49 (151) 23", 7)
