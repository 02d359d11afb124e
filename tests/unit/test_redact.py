"""Secrets and contacts leave a text; the language of a plant stays."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from understudy.capture.redact import redact

# Put together here, so that no scanner takes this file for a leak.
SECRETS = {
    "key": [
        "sk-" + "ant-api03-" + "Ab1_" * 6,
        "sk-" + "proj-" + "abcd1234" * 2,
        "AKIA" + "IOSFODNN7EXAMPLE",
        "ghp" + "_" + "a1" * 18,
        "hf" + "_" + "Ab" * 17,
        "eyJ" + "hbGciOiJIUzI1NiJ9" + ".eyJzdWIiOiIxMjM0NTYifQ" + ".c2lnbmF0dXJl",
    ],
    "e-mail": ["anna.bell+ops@plant.example.com", "x@y.de"],
    "phone": ["+49 170 1234567", "(555) 123-4567", "555-123-4567", "+1-555-123-4567"],
    "card": ["4111 1111 1111 1111", "4111111111111111", "5500-0000-0000-0004"],
    "private key": [
        "-----BEGIN RSA PRIVATE " + "KEY-----\nMIIE\n-----END RSA PRIVATE " + "KEY-----",
        "-----BEGIN PRIVATE " + "KEY-----\ncut off in the middle",
    ],
}


@pytest.mark.parametrize(("kind", "secret"), [(k, s) for k, many in SECRETS.items() for s in many])
def test_a_secret_is_replaced_by_what_it_was(kind: str, secret: str) -> None:
    shown = redact(f"it is {secret}")
    assert shown == f"it is [redacted: {kind}]"


@pytest.mark.parametrize(
    ("before", "secret", "after"),
    [
        ("Authorization: Bearer ", "abcdef0123456789", "\n"),
        ("password: ", "hunter22!", " ok"),
        ('{"api_key": "', "0123456789", '"}'),
        ("API-KEY=", "0123456789", ""),
    ],
)
def test_a_credential_is_known_by_what_stands_before_it(
    before: str, secret: str, after: str
) -> None:
    shown = redact(before + secret + after)
    assert secret not in shown
    assert shown.startswith(before)
    assert shown.endswith(after)


@pytest.mark.parametrize(
    "text",
    [
        "What is the vibration of pump 001 and pump-012?",
        "Grid import was 635,120 kWh on 2024-09-30 at 14:05:09, peak 2,079 kW.",
        "CH-01 runs at 94.7 kW, 55.2 % load; TX-001-002 at 11000/415 V",
        "episode 6f77a32b-24e0-48c5-be71-12bbdb69780a since 1760000000.123456",
        "timestamps 1700000000000 and 20240930140509",
        '{"relevance":0.95,"entities":["pump_001"],"values":[1.25,3.5,7.75]}',
        "values 100 200 300 400 500 and 12 345 678",
        "email the shift lead @ noon; token bucket; secret of success",
    ],
)
def test_plant_language_is_left_alone(text: str) -> None:
    assert redact(text) == text


@given(st.text())
def test_redacting_twice_changes_nothing_more(text: str) -> None:
    once = redact(text)
    assert redact(once) == once
