"""A sentence while rules look at it: its words, and their places where a rule asks for them."""

import re
from collections.abc import Iterable

WORD = re.compile(r"\w+(?:'\w+)?|[✓✔✅☑\[]")
_OPENERS = frozenset(
    "ok okay so hmm well now and but also then first next right alright finally however oh ah second third lastly "
    "therefore thus again still yes because since though although while".split()
)
_BEFORE_CLAUSE = frozenset(";:—–(")
_LINKS = frozenset("and but so or then".split())
_MOST_OPENERS = 3


class Sentence:
    """Owns what was looked up once: most sentences hold no word that any rule knows."""

    __slots__ = ("_clauses", "_places", "text", "words")

    def __init__(self, text: str) -> None:
        self.text = text
        self.words = frozenset(WORD.findall(text))
        self._places: dict[str, list[int]] | None = None
        self._clauses: list[int] | None = None

    def places(self, words: frozenset[str]) -> Iterable[int]:
        """Where one of the words stands, in the sentence's order."""
        held = self.words & words
        if not held:
            return ()
        where = self._where()
        if len(held) == 1:
            return where[next(iter(held))]
        return sorted(place for word in held for place in where[word])

    @property
    def clause_starts(self) -> list[int]:
        """The first word, and what follows an "ok, so", a colon or a ", but"."""
        if self._clauses is None:
            self._clauses = self._find_clauses()
        return self._clauses

    def _where(self) -> dict[str, list[int]]:
        if self._places is None:
            self._places = {}
            for word in WORD.finditer(self.text):
                self._places.setdefault(word[0], []).append(word.start())
        return self._places

    def _find_clauses(self) -> list[int]:
        starts, opening, previous, end = [], _MOST_OPENERS, "", 0
        for word in WORD.finditer(self.text):
            at = word.start()
            between = self.text[end:at]
            if opening or not _BEFORE_CLAUSE.isdisjoint(between):
                starts.append(at)
                opening = opening - 1 if opening and (word[0] in _OPENERS or word[0].isdigit()) else 0
            elif previous in _LINKS and self.text[max(0, end - len(previous) - 2) : end].startswith(","):
                starts.append(at)
            previous, end = word[0], word.end()
        return starts
