"""Presidio as a further redaction; with its own recognisers where the extra is installed."""

import importlib.util

import pytest

from understudy.capture.presidio import BLANK, load_presidio
from understudy.capture.redactor import Redactor
from understudy.config import Capture
from understudy.errors import ConfigError

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
