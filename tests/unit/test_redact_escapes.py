"""Secrets within JSON within a text: its strings are read as strings, and stay valid JSON."""

import json

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from understudy.redaction.texts import redact
from understudy.wire.messages import text_of

KEY = "sk-" + "ant-api03-" + "abcdefghijklmnopqrstuvwx"
SECRETS = {
    "AKIA" + "IOSFODNN7EXAMPLE": "[redacted: key]",
    "4111 1111 1111 1111": "[redacted: card]",
    "+49 170 1234567": "[redacted: phone]",
    KEY: "[redacted: key]",
    "alice@example.com": "[redacted: e-mail]",
    "q7Rz3kP9vXw2LmN8bTc5YdJ4": "[redacted: secret]",
}
LINES = "\n".join(["line", *SECRETS, "end"])
REDACTED = "\n".join(["line", *SECRETS.values(), "end"])


def test_a_tool_result_is_redacted_line_by_line() -> None:
    block = {"type": "tool_result", "tool_use_id": "toolu_1", "content": LINES}
    text, _ = text_of([{"type": "text", "text": 'the 5" pump: '}, block])
    shown = redact(text)
    assert orjson.loads(shown.removeprefix('the 5" pump: ')) == {**block, "content": REDACTED}


def test_json_within_json_is_redacted_and_stays_json() -> None:
    arguments = json.dumps({"password": "hunter2secret", "notes": LINES})
    deeper = json.dumps({"arguments": arguments, "name": "log_in"})
    shown = json.loads(redact(json.dumps({"input": deeper, "type": "tool_use"})))
    inner = json.loads(json.loads(shown["input"])["arguments"])
    assert inner == {"password": "[redacted: secret]", "notes": REDACTED}


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        (r'{"to":"\u002B49 170 1234567"}', '{"to":"[redacted: phone]"}'),
        (r'{"a":"{\u0022password\u0022:\u0022hunter2secret\u0022}"}',
         r'{"a":"{\u0022password\u0022:\u0022[redacted: secret]\u0022}"}'),
        (r"'first\nalice@example.com'", r"'first\[redacted: e-mail]'"),
        (r'{"password":"ab\\nc12345678"}', '{"password":"[redacted: secret]"}'),
        (r'{"env":"TOKEN=abcdefg\nHOST=plant"}', r'{"env":"TOKEN=[redacted: secret]\nHOST=plant"}'),
        (r"password: hunter\new22", "password: [redacted: secret]"),
        (r'{"k":"-----BEGIN PRIVATE KEY-----\nMIIE\ncut off"}',
         '{"k":"[redacted: private key]"}'),
        (r'{"path":"C:\\","password":"hunter22!\\"}',
         r'{"path":"C:\\","password":"[redacted: secret]\\"}'),
    ],
)  # fmt: skip
def test_escapes_of_every_kind_are_read(text: str, shown: str) -> None:
    assert redact(text) == shown
    assert redact(shown) == shown


@pytest.mark.parametrize(
    "text",
    [
        r'{"content":"Pump 001\nvibration 2.1 mm/s at 2024-09-30 14:05\u00b0","ok":true}',
        r'a pattern \d{3}\w+ in "C:\plant\new\unit 7" and a stand-in of ours: '
        + "\x0e\x01\U000f0000",
    ],
)
def test_what_holds_no_secret_stays_as_it_was(text: str) -> None:
    assert redact(text) == text


@given(st.recursive(st.text() | st.sampled_from([*SECRETS, LINES]), lambda inner: st.lists(inner)))
def test_any_json_stays_json(value: object) -> None:
    for text in (json.dumps({"a": value}), orjson.dumps({"a": value}).decode()):
        shown = redact(text)
        json.loads(shown)
        assert redact(shown) == shown
