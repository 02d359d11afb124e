"""Matches a text's words against cues (see vocabulary.py). Reads the first words only: linear time."""

import re
from collections.abc import Mapping, Sequence

from commandcenter.idioms import IDIOMS, PLAIN_WORDS, SPELLINGS
from commandcenter.quantities import METRICS, PERIODS
from commandcenter.spelling import Spelling
from commandcenter.topics import Cues
from commandcenter.vocabulary import CUES

_WORD = re.compile(r"[a-z]+[0-9]*|[0-9]+")
_MAX_WORDS = 200
_WIDEST_GAP = 3
# Shorter words have too many neighbours that are right as they stand.
_MENDED_LETTERS = 7

Pattern = tuple[str, ...]


class CueReader:
    """Compiled cues of one vocabulary: which concepts does a text speak of?"""

    def __init__(self, cues: Cues) -> None:
        self._stems: dict[str, list[tuple[str, Pattern]]] = {}
        for concept, phrases in cues.items():
            for phrase in phrases:
                pattern = tuple(phrase.split())
                self._stems.setdefault(pattern[0][:2], []).append((concept, pattern))

    def read(self, words: Sequence[str]) -> Mapping[str, str]:
        """Each concept that is spoken of, in the order of the text, with the words that say so."""
        found: dict[str, str] = {}
        for at, word in enumerate(words):
            for concept, pattern in self._stems.get(word[:2], ()):
                end = _match(pattern, words, at) if concept not in found else None
                if end is not None:
                    found[concept] = " ".join(words[at:end])
        return found

    def read_apart(self, words: Sequence[str]) -> list[str]:
        """Concepts whose words do not overlap: `power factor` is then no `power`."""
        found: dict[str, None] = {}
        at = 0
        while at < len(words):
            ends = [
                (end, concept)
                for concept, pattern in self._stems.get(words[at][:2], ())
                if (end := _match(pattern, words, at)) is not None
            ]
            end, concept = max(ends, key=lambda one: one[0], default=(at + 1, ""))
            if concept:
                found[concept] = None
            at = max(end, at + 1)
        return list(found)


class WordReader:
    """Splits a text into words, mends those one edit from a known one, and reads idioms as meant."""

    def __init__(self) -> None:
        parts = {
            part
            for phrases in (*CUES.values(), *METRICS.values(), *PERIODS.values(), IDIOMS)
            for phrase in phrases
            for part in phrase.split()
        }
        self._known = PLAIN_WORDS | {part for part in parts if not part.endswith("*")}
        self._stems = tuple(
            sorted(part[:-1] for part in parts if part.endswith("*") and len(part) > 1)
        )
        long = (word for word in self._known if len(word) >= _MENDED_LETTERS)
        self._spelling = Spelling(SPELLINGS)
        self._long_words = Spelling(long)
        self._idioms: dict[str, list[tuple[Pattern, list[str]]]] = {}
        for phrase, meant in IDIOMS.items():
            pattern = tuple(phrase.split())
            self._idioms.setdefault(pattern[0][:2], []).append((pattern, meant.split()))

    def read(self, text: str) -> list[str]:
        plain = text.lower().replace("'", "").replace("\u2019", "")
        found = (match[0] for match in _WORD.finditer(plain))
        words = [self._mend(word) for word, _ in zip(found, range(_MAX_WORDS), strict=False)]
        read: list[str] = []
        at = 0
        while at < len(words):
            at, meant = self._read_idiom(words, at)
            read += meant
        return read

    def _read_idiom(self, words: Sequence[str], at: int) -> tuple[int, list[str]]:
        for pattern, meant in self._idioms.get(words[at][:2], ()):
            end = _match(pattern, words, at)
            if end is not None:
                return end, meant
        return at + 1, [words[at]]

    def _mend(self, word: str) -> str:
        if word in self._known or word.startswith(self._stems):
            return word
        if word.endswith("iest"):
            # `heftiest`, `dirtiest`: whatever it measures, somebody asks for a ranking.
            return "most"
        mended = self._spelling.correct(word)
        if mended != word:
            return mended
        near = self._long_words.correct(word)
        # `prepare` is a form of `prepared`, not a typing error.
        return word if near.startswith(word) or word.startswith(near) else near


def _match(pattern: Pattern, words: Sequence[str], at: int) -> int | None:
    """Where the pattern, begun at word `at`, ends; None where it does not match."""
    ends = {at}
    for part in pattern:
        if part == "~":
            ends = {end + gap for end in ends for gap in range(_WIDEST_GAP + 1)}
        else:
            ends = {end + 1 for end in ends if end < len(words) and _is_like(part, words[end])}
    return min((end for end in ends if end <= len(words)), default=None)


def _is_like(part: str, word: str) -> bool:
    if part.endswith("*"):
        return word.startswith(part[:-1])
    return word == part
