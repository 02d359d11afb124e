"""A sentence while rules look at it: its words, and their places where a rule asks for them."""

import itertools
import re
from collections.abc import Iterable, Iterator

from understudy.curate.signals.phrases import word_set

_OPENERS = word_set(
    "ok okay so hmm well now and but also then first next right alright finally however oh ah second third lastly "
    "therefore thus again still yes because since though although while"
)
# Letters, digits and the apostrophe of Latin-1 stay; ª stands for what is not the writer's own.
_APART = bytes(code if chr(code).isalnum() or chr(code) == "'" else 0x20 for code in range(256))
_SIGNS = frozenset("✓✔✅☑[")
MARKS = re.compile(r"[✓✔✅☑\[]|ª(?!ª)")
_FIRST = re.compile(r"[^\w]{0,20}(?:(\d{1,3})(?=[.)])|([\w']{1,40}))")
_CLAUSE = re.compile(r"[;:—–(][^\w;:—–(]{0,4}|, (?:and|but|so|or|then) ")
_MOST_OPENERS = 3

# What tells that a rule may fit: a word, two neighbouring words, or a mark.
Sign = str | tuple[str, str]


def part_words(masked: str) -> str:
    """The text with a blank for every mark between words: as long as the text. Letters beyond Latin-1
    become blanks too: no rule knows a word with one."""
    return masked.encode("latin-1", "replace").translate(_APART).decode("latin-1")


class Sentence:
    """Owns what was looked up once. `known` need not hold the signs that no rule asks for."""

    __slots__ = ("_apart", "_clauses", "_loose", "signs", "text")

    def __init__(self, text: str, apart: str, known: Iterable[Sign] | None = None) -> None:
        self.text = text
        self.signs = frozenset(_signs(text, apart) if known is None else known)
        self._apart = f" {apart} "
        self._clauses: list[int] | None = None
        self._loose: frozenset[Sign] | None = None if "'" in apart else self.signs

    @property
    def loose_signs(self) -> frozenset[Sign]:
        """With the parts of words that an apostrophe joins: a search that may begin anywhere meets those."""
        if self._loose is None:
            parts = self._apart.replace("'", " ").split()
            self._loose = self.signs.union(parts, itertools.pairwise(parts))
        return self._loose

    def places(self, words: frozenset[str]) -> list[int]:
        """Where one of the words stands, in the sentence's order."""
        found: list[int] = []
        for word in self.signs & words:
            if word in _SIGNS:
                found += [sign.start() for sign in re.finditer(re.escape(word), self.text)]
                continue
            wanted = f" {word} "
            at = self._apart.find(wanted)
            while at >= 0:
                found.append(at)
                at = self._apart.find(wanted, at + 1)
        if len(found) > 1:
            found.sort()
        return found

    @property
    def clause_starts(self) -> list[int]:
        """The first word, and what follows an "ok, so", a colon or a ", but"."""
        if self._clauses is None:
            self._clauses = self._find_clauses()
        return self._clauses

    def _find_clauses(self) -> list[int]:
        starts, at = [], 0
        for _ in range(_MOST_OPENERS):
            word = _FIRST.match(self.text, at)
            if word is None:
                break
            starts.append(word.start(word.lastindex or 0))
            at = word.end()
            if word[2] is not None and word[2] not in _OPENERS:
                break
        starts += [mark.end() for mark in _CLAUSE.finditer(self.text) if mark.end() >= at]
        return starts


def _signs(text: str, apart: str) -> Iterator[Sign]:
    words = apart.split()
    yield from words
    yield from itertools.pairwise(words)
    yield from MARKS.findall(text)
