"""Secrets and contacts leave a text; the language of a plant stays."""

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st
from record_builders import make_feedback, make_inference

from understudy.config import Capture
from understudy.errors import InputError
from understudy.records import FeedbackKind, Message, Prompt
from understudy.records.codec import decode_inference, encode_inference
from understudy.redaction.records import Redactor, pseudonym
from understudy.redaction.texts import redact

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
    assert redact(shown) == shown


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
        "PumpStation12-MotorA3-Bearing2Temp and AHU-01-SUPPLY-FAN-2-VFD-2024",
        "getUserByIdAndName2FromTheStore in https://plant.example/Docs/V2/Pump01/ManualRev3/index",
        "sha256: 9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
        "commit 9f86d081884c7d659a2feaa0c55ad015a3bf4f1b",
        "an image: " + "iVBORw0KGgoAAAANSUhEUgAA" * 40,
    ],
)
def test_plant_language_is_left_alone(text: str) -> None:
    assert redact(text) == text


@given(st.text())
def test_redacting_twice_changes_nothing_more(text: str) -> None:
    once = redact(text)
    assert redact(once) == once


@pytest.mark.parametrize(
    "token",
    [
        "q7Rz3kP9vXw2LmN8bTc5YdJ4",
        "Zm9vYmFyMTIzNDU2Nzg5MEFCQ0RFRjEy8xQ=",
        "a94a8fe5ccb19ba61c4c0873d391e987",
        "V1StGXR8_Z5jdHi6B-myTx9Q2",
    ],
)
def test_a_random_token_is_a_secret_whatever_its_form(token: str) -> None:
    assert redact(f"use {token}, please") == "use [redacted: secret], please"


@given(st.binary(min_size=32, max_size=64))
def test_any_long_key_in_hex_goes(key: bytes) -> None:
    token = key.hex()
    if len(set(token)) > 12:
        assert redact(f"use {token} now") == "use [redacted: secret] now"


def test_users_stay_apart_without_being_named() -> None:
    assert pseudonym("ann") == "ann"
    assert pseudonym("a94a8fe5ccb19ba61c4c0873d391e987") == "a94a8fe5ccb19ba61c4c0873d391e987"
    ann, bob = pseudonym("ann@plant.example"), pseudonym("bob@plant.example")
    assert len({ann, bob, "ann@plant.example"}) == 3
    assert pseudonym(ann) == ann
    redactor = Redactor(Capture())
    inference = redactor.redact(make_inference(user="ann@plant.example"))
    feedback = redactor.redact_feedback(
        make_feedback("rating", value=True, user="ann@plant.example")
    )
    assert inference.user == feedback.user == ann


def test_what_a_person_wrote_in_feedback_is_redacted_and_ids_stay() -> None:
    redactor = Redactor(Capture())
    key = SECRETS["key"][0]
    comment = make_feedback("note", f"my key {key}", kind=FeedbackKind.COMMENT)
    assert redactor.redact_feedback(comment).value == "my key [redacted: key]"
    other = "a94a8fe5ccb19ba61c4c0873d391e987"
    value = {"over": other, "chosen": {"text": [key]}, "rejected": 3}
    preference = make_feedback("better", value, kind=FeedbackKind.PREFERENCE)
    assert redactor.redact_feedback(preference).value == {
        "over": other,
        "chosen": {"text": ["[redacted: key]"]},
        "rejected": 3,
    }


def test_feedback_of_every_kind_is_redacted_wherever_words_stand() -> None:
    redactor, key = Redactor(Capture()), SECRETS["key"][0]
    for kind in FeedbackKind:
        value = {
            "kpi": {"note": f"call alice@example.com, {key}", "score": 0.5},
            "over": "ann@x.de",
        }
        shown = redactor.redact_feedback(make_feedback("items", [value, True], kind=kind)).value
        note = "call [redacted: e-mail], [redacted: key]"
        assert shown == [{"kpi": {"note": note, "score": 0.5}, "over": "[redacted: e-mail]"}, True]
    named = make_feedback("of bob@x.de", value=True, id="bob@x.de/1", key="bob@x.de/1")
    shown = redactor.redact_feedback(named)
    assert shown.name == "of [redacted: e-mail]"
    assert (shown.id[:9], shown.key[:4]) == ("feedback-", "key-")
    assert redactor.redact_feedback(shown) == shown


def test_an_episode_that_names_a_person_is_a_pseudonym_in_answers_and_feedback() -> None:
    redactor = Redactor(Capture())
    inference = make_inference(episode="chat of ann@plant.example")
    (stored, about) = (
        decode_inference(redactor.redact_payload(encode_inference(inference))),
        redactor.redact_feedback(make_feedback("r", value=True, episode=inference.episode)),
    )
    assert stored.episode == about.episode == pseudonym(inference.episode, "episode")
    assert "ann" not in stored.episode
    assert redactor.redact(stored) == stored


def test_a_backslash_and_a_quote_in_two_texts_hide_nothing() -> None:
    redactor = Redactor(Capture())
    prompt = Prompt("", (Message("user", r"password: abc\ndefghi"), Message("user", 'a "word"')))
    payload = encode_inference(make_inference(prompt=prompt))
    stored = decode_inference(redactor.redact_payload(payload))
    assert stored.prompt.messages[0].content == "password: [redacted: secret]"
    clean = encode_inference(make_inference(prompt=Prompt("", (Message("user", r'a "\n"'),))))
    assert redactor.redact_payload(clean) is clean


def test_what_nobody_can_take_apart_is_never_passed_on() -> None:
    payload = encode_inference(make_inference(user="ann@plant.example"))
    too_many = orjson.dumps({**orjson.loads(payload), "usage": [2**63, 0]})
    for unreadable in (too_many, b"call ann@plant.example"):
        with pytest.raises(InputError):
            Redactor(Capture()).redact_payload(unreadable)
