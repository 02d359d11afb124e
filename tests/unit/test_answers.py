"""An answer is a JSON object or nothing; nothing is repaired."""

import pytest

from understudy.wire.answers import parse_answer


@pytest.mark.parametrize(
    "text",
    [
        '{"heading":"Pump 001"}',
        '  \n{"heading": "Pump 001"}\n',
        'Here it is:\n```json\n{"heading": "Pump 001"}\n```\nAnything else?',
        '```\n{"heading": "Pump 001"}\n```',
    ],
)
def test_an_object_is_found_plain_or_fenced(text: str) -> None:
    assert parse_answer(text) == {"heading": "Pump 001"}


@pytest.mark.parametrize(
    "text",
    [
        "",
        "I cannot help",
        '{"heading": "Pum',
        "[1, 2]",
        "3",
        "```json\n[1]\n```",
        '{"a": NaN}',
        "\ud800",
    ],
)
def test_what_is_no_object_is_none(text: str) -> None:
    assert parse_answer(text) is None
