"""What a text costs to redact grows as its length does, whoever wrote it."""

import time
from collections.abc import Callable

import pytest

from understudy.redaction.entropy import redact_random
from understudy.redaction.texts import redact

SHORT, TIMES = 10_000, 8
# A text eight times as long costs eight times as much, and 64 times where the search begins anew
# at every place.
MOST = 24.0
# What is said to cost nothing may be noise.
LEAST_S = 0.02

UNITS = [
    *("eyJ-", "eyJaaaaaaaaaaa.", "eyJaaaaaaaaaa.aaaaaaaaaaa.", "sk-", "sk-ant-", "ghp_a", "xoxb-"),
    *("github_pat_", "AIza-", "hf_a", "bearer ", "bearer  ", "basic\t", "password:", "password = "),
    *("token ", "secret=' ", "-----BEGIN ", "-----BEGIN PRIVATE KEY-----", "-----END "),
    *("-----BEGIN PRIVATE KEY----------END ", "a.", "a@", "a@a.", "a.a@", "@", "+", "-", "a-"),
    *("+1111111111111111111111111x ", "+1 ", "+11 ", "+111 (111) ", "(111) 111 111 ", "111-111-"),
    *("1", "1 ", "1-", "1.", "111 ", " 11 22", "4111 1111 1111 1112 ", "aB1/", "A=", "0f", "=="),
    *("aB3" * 8 + " ", "hash: " + "9f" * 16 + " ", "\\n", "\\\\", '\\"a', "\\u002b1", '{"a":"\\n'),
    *('\\"-----BEGIN PRIVATE KEY-----\\n', "token\\", "\\\\\\u0041"),
]


@pytest.mark.parametrize("unit", UNITS)
@pytest.mark.parametrize("search", [redact, redact_random])
def test_no_text_costs_more_than_its_length(search: Callable[[str], str], unit: str) -> None:
    text = unit * (SHORT * TIMES // len(unit))
    long_s = cost_s(search, text)
    assert long_s < LEAST_S or long_s < MOST * cost_s(search, text[:SHORT])


def test_thousands_of_different_escapes_cost_no_second() -> None:
    escapes = "".join(f"\\u{code:04x}" for code in range(0x10000) if not 0xD800 <= code < 0xE000)
    assert cost_s(redact, '{"a": "\U0010ffff' + escapes + '"}') < 1.0


def test_a_hundred_thousand_marks_of_numbers_cost_no_second() -> None:
    assert cost_s(redact, "+1111111111111111111111111x " * 4000) < 1.0


def cost_s(search: Callable[[str], str], text: str) -> float:
    """The least of three: of this thread's own time, whatever else runs."""
    costs = []
    for _ in range(3):
        began = time.thread_time()
        search(text)
        costs.append(time.thread_time() - began)
    return min(costs)
