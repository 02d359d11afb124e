"""The text between the values of JSON answers, as tokens of their own.

Keys and marks are the same in every answer of a function: read and written as single tokens they
take half of an answer's length away, and nothing of what is learned (experiments 22).
"""

import re
from collections import Counter
from collections.abc import Iterable, Iterator

_MOST = 64
_LEAST_CHARS = 3
_LEAST_SHARE = 0.02
# A key with its colon, a string, and what else may stand between two marks: numbers, literals.
_PIECE = re.compile(
    r'(?P<key>"(?:[^"\\]|\\.)*":)|(?P<text>"(?:[^"\\]|\\.)*")|(?P<other>[^"{}\[\],:]+)|(?P<mark>.)',
    re.DOTALL,
)


def find_skeletons(answers: Iterable[str]) -> list[str]:
    """The stretches of keys and marks that at least one answer in fifty has, commonest first."""
    seen: Counter[str] = Counter()
    total = 0
    for answer in answers:
        if answer.startswith(("{", "[")):
            total += 1
            # Not a set: equally common ones keep their order in every process, and so their ids.
            seen.update(dict.fromkeys(_stretches(answer), 1))
    return [
        stretch
        for stretch, count in seen.most_common(_MOST)
        if count >= _LEAST_SHARE * total and len(stretch) >= _LEAST_CHARS
    ]


def _stretches(answer: str) -> Iterator[str]:
    """What stands before the first value, between two, and after the last; quotes included."""
    stretch = ""
    for piece in _PIECE.finditer(answer):
        if piece["text"]:
            yield stretch + '"'
            stretch = '"'
        elif piece["other"]:
            yield stretch
            stretch = ""
        else:
            stretch += piece[0]
    yield stretch
