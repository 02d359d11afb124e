"""Log-probabilities of tokens: read from each server's form, summed up, kept without the tokens."""

import math

import orjson
import pytest

from understudy.records import TokenConfidence
from understudy.wire import openai
from understudy.wire.logprobs import read_logprobs, token_confidence

ROWS = [{"token": "a", "logprob": -0.1}, {"token": "b", "logprob": -0.2}]


@pytest.mark.parametrize(
    "choice",
    [
        {"logprobs": {"content": ROWS}},
        {"completion_probabilities": ROWS},
        {"logprobs": {"tokens": ["a", "b"], "token_logprobs": [-0.1, -0.2]}},
    ],
)
def test_logprobs_are_read_from_each_server(choice: dict[str, object]) -> None:
    assert read_logprobs(choice) == [-0.1, -0.2]


@pytest.mark.parametrize(
    "choice",
    [{}, {"logprobs": None}, {"logprobs": {"content": None}}, {"logprobs": {"content": [None, {}]}},
     {"logprobs": {"content": [{"token": "a", "logprob": "much"}, {"token": "b", "logprob": True}]}}],
)  # fmt: skip
def test_what_is_no_logprob_counts_as_none(choice: dict[str, object]) -> None:
    assert read_logprobs(choice) == []


def test_token_confidence_by_hand() -> None:
    found = token_confidence([0.0, math.log(0.25)])
    assert found is not None
    assert (found.mean, found.lowest, found.sure_share, found.tokens) == pytest.approx((0.5, 0.25, 0.5, 2))  # fmt: skip
    unranked = token_confidence([-0.01] * 99 + [-9999.0, -1.7e308, -1.7e308])
    assert unranked is not None
    assert (unranked.mean, unranked.lowest) == pytest.approx((0.66, 1e-6), abs=0.01)
    assert token_confidence([]) is None
    assert token_confidence([math.nan, 1.0]) is None


def test_a_whole_answer_and_a_streamed_one_are_as_sure() -> None:
    whole = {"choices": [{"message": {"content": "ab"}, "finish_reason": "stop", "logprobs": {"content": ROWS}}]}  # fmt: skip
    pieces = [
        {"choices": [{"delta": {"content": row["token"]}, "logprobs": {"content": [row]}}]}
        for row in ROWS
    ]
    stream = b"".join(b"data: " + orjson.dumps(piece) + b"\n\n" for piece in pieces)
    said = openai.parse_response(orjson.dumps(whole)).confidence
    assert said == token_confidence([-0.1, -0.2])
    assert openai.parse_stream(stream).confidence == said


def test_its_plain_form_is_read_back_and_holds_no_token() -> None:
    confidence = TokenConfidence(0.5, 0.25, 0.5, 2)
    assert TokenConfidence.read(confidence.plain()) == confidence
    assert set(confidence.plain()) == {"mean", "lowest", "sure_share", "tokens"}
    assert TokenConfidence.read(None) is None
