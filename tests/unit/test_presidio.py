"""Presidio as a further redaction; with its own recognisers where the extra is installed."""

import importlib.util

import pytest

from understudy.config import Capture
from understudy.errors import ConfigError
from understudy.redaction.presidio import BLANK, PIECE_CHARS, in_pieces, load_presidio
from understudy.redaction.records import Redactor

installed = importlib.util.find_spec("presidio_analyzer") is not None


def test_what_is_not_installed_is_named_with_the_way_out() -> None:
    missing = (
        "spacy download no-such-model" if installed else r"pip install 'understudy\[presidio\]'"
    )
    with pytest.raises(ConfigError, match=missing):
        Redactor(Capture(redact_presidio=True, presidio_model="no-such-model"))


@pytest.mark.skipif(not installed, reason="the extra presidio is not installed")
def test_findings_are_cut_out_and_named() -> None:
    redact = load_presidio(BLANK, 0.5)
    assert redact("Pump 001 is fine.") == "Pump 001 is fine."
    text = "IBAN DE89 3704 0044 0532 0130 00, then 192.168.12.13 answers."
    once = redact(text)
    assert once == "IBAN [redacted: iban code], then [redacted: ip address] answers."
    assert redact(once) == once


@pytest.mark.parametrize("text", ["", "Alice said so.", "Bob was\nhere. " * 5000, "x" * 70_000])
def test_a_long_text_is_read_in_pieces_that_part_no_word(text: str) -> None:
    pieces: list[str] = []

    def redact(piece: str) -> str:
        pieces.append(piece)
        return piece.replace("Bob", "[name]").replace("Alice", "[name]")

    assert in_pieces(text, redact) == text.replace("Bob", "[name]").replace("Alice", "[name]")
    assert max(map(len, pieces)) <= PIECE_CHARS
    if " " in text:
        assert all(piece[-1:] in "\n. " for piece in pieces)
