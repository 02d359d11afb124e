"""Many phrases as one regular expression that reads each letter once, and the words they begin with."""

import re
from collections.abc import Iterable

Phrase = tuple[str, ...]

# What may stand between two words of a pattern: blanks, commas, marks of emphasis, dashes.
# Possessive, as is every word below: a search never comes back to cut a word in two.
BETWEEN = r"[^\w'.!?;:]{1,5}+"

_Tree = dict[str, "_Tree"]
_END = ""


def word_set(text: str) -> frozenset[str]:
    """The words of a list that is written with blanks."""
    return frozenset(text.split())


def any_of(phrases: Iterable[Phrase]) -> str:
    """An expression for any of the phrases, the longest that fits first."""
    tree: _Tree = {}
    for phrase in phrases:
        branch = tree
        for word in phrase:
            branch = branch.setdefault(word, {})
        branch[_END] = {}
    return _words(tree)


def first_words(phrases: Iterable[Phrase]) -> frozenset[str]:
    """As the text is cut into words: a hyphen parts two of them."""
    return frozenset(re.split(r"(?<=[\w'])-", phrase[0])[0] for phrase in phrases)


def _words(tree: _Tree) -> str:
    """Words that continue in the same way share one branch."""
    followed: dict[str, list[str]] = {}
    for word, branch in tree.items():
        if word == _END:
            continue
        rest = _words(branch) if set(branch) != {_END} else ""
        tail = f"{BETWEEN}{rest}" if rest else ""
        followed.setdefault(f"(?:{tail})?" if tail and _END in branch else tail, []).append(word)
    branches = [_letters(words) + tail for tail, words in followed.items()]
    branches.sort(key=lambda one: BETWEEN not in one)
    return branches[0] if len(branches) == 1 else f"(?:{'|'.join(branches)})"


def _letters(words: Iterable[str]) -> str:
    tree: _Tree = {}
    for word in words:
        branch = tree
        for letter in word:
            branch = branch.setdefault(letter, {})
        branch[_END] = {}
    return _spell(tree)


def _spell(tree: _Tree) -> str:
    by_tail: dict[str, list[str]] = {}
    for letter, branch in tree.items():
        if letter != _END:
            by_tail.setdefault(_spell(branch), []).append(letter)
    branches = [_letter(letters) + tail for tail, letters in by_tail.items()]
    if not branches:
        return ""
    text = branches[0] if len(branches) == 1 else f"(?:{'|'.join(branches)})"
    if _END in tree:
        return f"(?:{text})?" if len(branches) == 1 else f"{text}?"
    return text


def _letter(letters: list[str]) -> str:
    if len(letters) == 1:
        return "[- ]" if letters[0] == "-" else re.escape(letters[0])
    return f"[{''.join(re.escape(letter) for letter in sorted(letters))}]"
