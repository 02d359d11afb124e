"""Whose words they are: quotations, code, logs, other people, denials, conditions; and where they stand."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from understudy.curate.signals.findings import Kind, Where
from understudy.curate.signals.match import find_signals
from understudy.curate.signals.text import mask, sentences


def kinds(text: str, where: Where = Where.THINKING) -> set[Kind]:
    return {finding.kind for finding in find_signals(text, where)}


@pytest.mark.parametrize(
    "text",
    [
        'The user wrote: "I assume that the fan is off."',
        "The user wrote: “I assume that the fan is off.”",
        "The note says ‘I assume that the fan is off’ and no more.",
        "Il dit « I assume that the fan is off » et rien.",
        "She said “he told me ‘I assume that it is off’ yesterday” and left.",
        "```python\n# I assume that the fan is off\n```",
        "~~~\nI assume that the fan is off\n~~~",
        "```\nI assume that the fence is never closed",
        "The flag `I assume that it is off` is old.",
        "> I assume that the fan is off\n\nThat was the mail.",
        "User: I assume that the fan is off.",
        "**Operator**: I assume that the fan is off.",
        "<tool_result>I assume that the fan is off.</tool_result>",
        "2026-02-08T20:01:20 worker I assume that the fan is off",
        '<tool_result id="3">I assume that the fan is off.</tool_result>',
        "<function_result>I assume that the fan is off.</function_result>",
        "<search_results>I assume that the fan is off.</search_results>",
        "<result>I assume that the fan is off.</result>",
        '<code class="language-text">I assume that the fan is off.</code>',
        "Tool output:\nThe fan is old.\nI assume that the fan is off.\n\nSo be it.",
        "**stdout:**\nI assume that the fan is off.",
        "It prints this:\n\n    fan = 3\n    # I assume that the fan is off\n\nAnd ends.",
        "Er schrieb »I assume that the fan is off« und ging.",
        "彼は「I assume that the fan is off」と書いた。",
        "He wrote: “The fan is old.\n\nI assume that it is off.” Then he left.",
        'He wrote: "The fan is old.\n\nI assume that it is off." Then he left.',
        f"He wrote: '{'The fan is old. ' * 20}I assume that it is off.' Then he left.",
        "He wrote 'I assume that the users' fan is off' and left.",
        "He wrote 'I assume it of the pumps' and left.",
    ],
)
def test_what_others_wrote_is_not_the_writers_assumption(text: str) -> None:
    assert Kind.ASSUMPTION not in kinds(text)


@pytest.mark.parametrize(
    "text",
    [
        "I cannot assume that the fan is off.",
        "I don't want to assume anything.",
        "We sort first, without assuming an order.",
        "The user assumes that the fan is off.",
        "You assume that the fan is off.",
        "The authors of the paper assume that it is off.",
    ],
)
def test_a_denied_or_foreign_act_is_not_the_writers(text: str) -> None:
    assert Kind.ASSUMPTION not in kinds(text)


@pytest.mark.parametrize(
    "text",
    [
        "The user asks about a fan, so I assume that it is the large one.",
        'Since "fan" is vague, I assume that it is the large one.',
        "It's John's fan; I assume it's off.",
        "I’ll assume that the fan is off.",
        "1. **I assume** that the fan is off",
        "Not only that, I assume that the fan is off.",
        "In the '90s fans were bad. I assume it's fine. The users' fans were ok.",
        "Let 'em run. I assume it's fine. The users' fans were ok.",
        "He wrote 'see the pumps' first. I assume that the users' fan is off.",
        'A "lost mark is here.\n\nI assume that the "large" fan is off.',
        "Tool output: 42\nI assume that the fan is off.",
        "1. The fan is old.\n\n    I assume that it is off.",
        "    I assume that it is off.\n\n    So it is.",
        "Set » Fan » Off. I assume that it is off.",
    ],
)
def test_the_writers_own_assumption_is_found_beside_others_words(text: str) -> None:
    assert Kind.ASSUMPTION in kinds(text)


def test_advice_to_the_reader_is_no_check_of_the_writers() -> None:
    assert Kind.VALIDATION not in kinds("Check your dashboard for the value.", Where.ANSWER)
    assert Kind.VALIDATION not in kinds("You should verify the total.", Where.ANSWER)
    assert Kind.VALIDATION in kinds("I verified the total.", Where.ANSWER)


def test_a_check_that_was_not_made_is_none() -> None:
    assert Kind.VALIDATION not in kinds("I did not verify the total.")
    assert Kind.VALIDATION not in kinds("If the tests pass, we ship.")


def test_a_finding_names_its_sentence_and_its_cue() -> None:
    text = "Pump 3 is old. Hmm, I'll assume it runs at 80 %! The rest follows."
    [finding] = [f for f in find_signals(text, Where.THINKING) if f.kind is Kind.ASSUMPTION]
    assert text[finding.start : finding.end] == "Hmm, I'll assume it runs at 80 %!"
    assert text[finding.cue_start : finding.cue_end] == "I'll assume"
    assert finding.found_by == "assumption.own"
    assert finding.confidence == 0.95


def test_a_sentence_has_one_finding_of_a_kind() -> None:
    text = "I assume, presumably rightly, and let's say for simplicity, that it is off."
    assert [f.kind for f in find_signals(text, Where.THINKING)].count(Kind.ASSUMPTION) == 1


@pytest.mark.parametrize(
    ("text", "cut"),
    [
        ("One. Two! Three?", ["One.", "Two!", "Three?"]),
        ("It is 3.5 bar, e.g. at noon.", ["It is 3.5 bar, e.g. at noon."]),
        ("1. Look it up\n2. Write it down", ["1. Look it up", "2. Write it down"]),
        ("A line that was wrapped at some column\ngoes on here.", ["A line that was wrapped at some column\ngoes on here."]),
        ("", []),
        (" \n\t", []),
    ],
)  # fmt: skip
def test_sentences(text: str, cut: list[str]) -> None:
    assert [text[start:end] for start, end in sentences(text, mask(text))] == cut


def test_a_letter_that_grows_in_lower_case_shifts_nothing() -> None:
    text = "İİİİ İstanbul. I assume it is off."
    [finding] = [f for f in find_signals(text, Where.THINKING) if f.kind is Kind.ASSUMPTION]
    assert text[finding.start : finding.end] == "I assume it is off."


PIECES = st.sampled_from(
    ['"', "“", "”", "‘", "'", "```", "`", "\n", "\n\n", ". ", "! ", "? ", ", ", "; ", "(", ")", "[1]", "✓", "<output>", "</output>",
     "I ", "we ", "not ", "if ", "would ", "had ", "assume ", "check ", "because ", "0.5 ", "1. ", "- ", "User: ", "> ", "ª", "\ud800", "\u202e", "שלום ", "السلام ", "🙂", "ß", "İ"]
)  # fmt: skip


@settings(max_examples=300, deadline=None)
@given(st.lists(st.one_of(PIECES, st.text(max_size=12)), max_size=60).map("".join))
def test_any_text_is_read_and_every_span_lies_in_it(text: str) -> None:
    assert len(mask(text)) == len(text)
    for finding in find_signals(text, Where.THINKING):
        assert 0 <= finding.start <= finding.cue_start < finding.cue_end <= finding.end <= len(text)
        assert text[finding.start : finding.end].strip()
