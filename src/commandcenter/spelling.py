"""Finds the known word that a typed word is at most one edit away from. Refuses short words.

Linear in the length of a word up to a bound; a longer one is never a typo of a known word.
"""

from collections.abc import Iterable

_MIN_LETTERS = 4
_MAX_LETTERS = 24


class Spelling:
    """An index of known words by what is left of them when one letter is dropped."""

    def __init__(self, words: Iterable[str]) -> None:
        self._words = frozenset(words)
        self._index: dict[str, list[str]] = {}
        for word in sorted(self._words):
            if len(word) >= _MIN_LETTERS:
                for form in _forms(word):
                    self._index.setdefault(form, []).append(word)

    def correct(self, word: str) -> str:
        """The word itself when it is known or nothing is near, else the nearest known word."""
        if word in self._words or not _MIN_LETTERS <= len(word) <= _MAX_LETTERS:
            return word
        near = {
            known
            for form in _forms(word)
            for known in self._index.get(form, ())
            if _may_be_typo(word, known)
        }
        # The same length first: a swapped or mistyped letter is likelier than a lost one.
        return min(near, key=lambda known: (abs(len(known) - len(word)), known), default=word)


def _forms(word: str) -> set[str]:
    return {word} | {word[:at] + word[at + 1 :] for at in range(len(word))}


def _may_be_typo(word: str, known: str) -> bool:
    # People rarely mistype the first letter; without this, `power 2` would be a (cooling) tower.
    if word[0] != known[0] and word[:2] != known[1::-1]:
        return False
    return _is_one_edit(word, known)


def _is_one_edit(left: str, right: str) -> bool:
    """Insertion, deletion, substitution, or two neighbours swapped."""
    if abs(len(left) - len(right)) > 1:
        return False
    start = 0
    while start < min(len(left), len(right)) and left[start] == right[start]:
        start += 1
    rest, other = left[start:], right[start:]
    swapped = rest[:2] == other[1::-1] and len(other) > 1 and rest[2:] == other[2:]
    return swapped or rest[1:] == other[1:] or rest[1:] == other or rest == other[1:]
