"""Names, places and other personal data by Microsoft's Presidio: the extra `presidio`.

Imported only where it is configured: it takes milliseconds a text and hundreds of MB.
"""

import importlib
from collections.abc import Callable
from typing import Any

from understudy.errors import ConfigError

LANGUAGE = "en"
BLANK = "blank"
"""Instead of a model's name: patterns and checksums only, no names of people or places."""
PIECE_CHARS = 20_000
"""spaCy refuses a million characters, and takes about 1 GB for a tenth of that."""


def load_presidio(model: str, min_score: float) -> Callable[[str], str]:
    """A function that takes what Presidio finds out of a text.

    Raises ConfigError when the extra or the spaCy model is not installed.
    """
    try:
        analyzer: Any = importlib.import_module("presidio_analyzer")
        engines: Any = importlib.import_module("presidio_analyzer.nlp_engine")
        spacy: Any = importlib.import_module("spacy")
    except ImportError as error:
        raise ConfigError(
            f"capture.redact_presidio needs a package that is missing ({error.name}); "
            "run: pip install 'understudy[presidio]', or set it to false"
        ) from error
    try:
        nlp = spacy.blank(LANGUAGE) if model == BLANK else spacy.load(model)
    except OSError as error:
        raise ConfigError(
            f"capture.presidio_model = {model!r} is not installed; run: python -m spacy download "
            f"{model}, or set it to {BLANK!r}"
        ) from error
    engine = engines.SpacyNlpEngine(models=[{"lang_code": LANGUAGE, "model_name": model}])
    engine.nlp = {LANGUAGE: nlp}
    found = analyzer.AnalyzerEngine(nlp_engine=engine, supported_languages=[LANGUAGE])

    def redact(text: str) -> str:
        results = found.analyze(text, language=LANGUAGE, score_threshold=min_score)
        return _cut(text, [(one.start, one.end, one.entity_type) for one in results])

    return lambda text: in_pieces(text, redact)


def in_pieces(text: str, redact: Callable[[str], str]) -> str:
    """A long text a piece at a time, parted where a line ends, or a word."""
    parts: list[str] = []
    at = 0
    while len(text) - at > PIECE_CHARS:
        end = at + PIECE_CHARS
        marks = (text.rfind(mark, at + PIECE_CHARS // 2, end) + 1 for mark in "\n ")
        end = next(filter(None, marks), end)
        parts.append(redact(text[at:end]))
        at = end
    return "".join([*parts, redact(text[at:])])


def _cut(text: str, findings: list[tuple[int, int, str]]) -> str:
    """Overlapping findings are one, named by the first and longest."""
    parts: list[str] = []
    at = 0
    for start, end, kind in sorted(findings, key=lambda found: (found[0], -found[1])):
        if start < at:
            continue
        parts += [text[at:start], f"[redacted: {kind.lower().replace('_', ' ')}]"]
        at = end
    return "".join([*parts, text[at:]])
