"""The small language that rules are written in, and its compilation to one bounded regular expression.

    word        that word              word+       every form of it (assume, assumes, assuming, …)
    (a|b c|)    one of, or nothing     {name}      a word list of words.py
    ~           up to three words      ~~ ~~~      up to ten, up to twenty words
    #           a number               ^           start of the sentence or of a clause, after a bullet or an "ok, so"
    , : ?       that mark              =           an equals sign
Every repetition is bounded, so that a search is linear in the text. Refuses a pattern it cannot read.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from understudy.curate.signals.inflection import inflect
from understudy.curate.signals.words import CLASSES, COMMON

_TOKEN = re.compile(r"\{\w+\}|[\w'-]+\+?|~{1,3}|[~#^(|),:?=\[✓]")
# What may stand between two words of a pattern: blanks, commas, marks of emphasis, dashes.
_BETWEEN = r"[^\w'.!?;:]{1,5}"
_WORD = r"[\w'%][\w'%./-]{0,40}"
_OPENING = (
    r"(?:^[^\w]{0,12}(?:\d{1,3}[.)][^\w]{1,6})?|[;:—–(]\s{0,2}|,\s(?:and|but|so|or|then)\s)"
    r"(?:(?:ok|okay|so|hmm|well|now|and|but|also|then|first|next|right|alright|finally|however|oh|ah|"
    r"second|third|lastly|therefore|thus|again|still|yes)[^\w']{1,4}){0,2}"
)
_MARKS = {",": r"\s{0,2}[,:;.—–-]{1,3}", ":": r"[^\w:]{0,4}:", "?": r"\?", "=": r"\s{0,2}=", "[": r"\[", "✓": "[✓✔✅☑]"}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Pattern:
    """A compiled pattern and its keys: no sentence without one of those words can fit it."""

    search: re.Pattern[str]
    keys: frozenset[str]


@dataclass(frozen=True, slots=True)
class _Piece:
    """A part of the expression; `keys` is None where it may match without any known word."""

    regex: str
    keys: frozenset[str] | None
    optional: bool = False
    glued: bool = False


def compile_pattern(text: str) -> Pattern:
    """Raises ValueError for a pattern that is malformed or could fit a sentence without a word."""
    tokens = _TOKEN.findall(text)
    if "".join(tokens) != re.sub(r"\s", "", text):
        raise ValueError(f"{text!r} holds a character that no pattern knows")
    piece, rest = _read_choice(tokens)
    if rest:
        raise ValueError(f"{text!r} closes a bracket that was never opened")
    if not piece.keys:
        raise ValueError(f"{text!r} needs at least one word that must be there")
    regex = piece.regex if text.startswith("^") else rf"(?<![\w'-]){piece.regex}"
    return Pattern(re.compile(regex + r"(?![\w])" if text[-1] not in "✓[=:,?" else regex), piece.keys)


def _read_choice(tokens: Sequence[str]) -> tuple[_Piece, Sequence[str]]:
    """Alternatives up to the closing bracket or the end."""
    options: list[_Piece] = []
    rest = tokens
    while True:
        option, rest = _read_sequence(rest)
        options.append(option)
        if not rest or rest[0] == ")":
            break
        rest = rest[1:]
    if len(options) == 1:
        return options[0], rest
    keys: set[str] | None = set()
    for option in options:
        keys = None if keys is None or not option.keys else keys | option.keys
    optional = any(option.optional for option in options)
    regexes = sorted({option.regex for option in options if option.regex}, key=len, reverse=True)
    regex = f"(?:{'|'.join(regexes)})"
    return _Piece(regex, None if keys is None else frozenset(keys), optional), rest


def _read_sequence(tokens: Sequence[str]) -> tuple[_Piece, Sequence[str]]:
    pieces: list[_Piece] = []
    rest = tokens
    while rest and rest[0] not in "|)":
        if rest[0] == "(":
            piece, after = _read_choice(rest[1:])
            if not after:
                raise ValueError("a bracket is never closed")
            rest = after[1:]
        else:
            piece, rest = _read_word(rest[0]), rest[1:]
        pieces.append(piece)
    return _join(pieces), rest


def _read_word(token: str) -> _Piece:
    if token == "^":
        return _Piece(_OPENING, None, glued=True)
    if token[0] == "~":
        most = {"~": 3, "~~": 10, "~~~": 20}[token]
        between = _BETWEEN if token == "~" else r"[^\w'.!?]{1,5}"
        return _Piece(rf"{_WORD}(?:{between}{_WORD}){{0,{most - 1}}}?", None, optional=True)
    if token == "#":
        return _Piece(r"[$€£]?\d[\d.,:]{0,20}(?:\s?%)?", None)
    if token in _MARKS:
        keys = frozenset("[") if token == "[" else frozenset("✓✔✅☑") if token == "✓" else None
        return _Piece(_MARKS[token], keys, glued=True)
    if token.startswith("{"):
        return _read_choice(_TOKEN.findall(CLASSES[token[1:-1]]))[0]
    forms = inflect(token[:-1]) if token.endswith("+") else (token,)
    return _Piece(_any_of(forms), frozenset(re.findall(r"\w+(?:'\w+)?", form)[0] for form in forms))


def _join(pieces: Sequence[_Piece]) -> _Piece:
    """The pieces in a row, with what may stand between them; keys are those of the rarest piece."""
    regex, first = "", True
    for piece in pieces:
        between = "" if first or piece.glued else _BETWEEN
        if piece.optional and not first:
            regex += f"(?:{between}{piece.regex})?" + ("?" if piece.keys is None else "")
        elif piece.optional:
            # An optional first piece brings the space after it.
            regex += f"(?:{piece.regex}{_BETWEEN})?"
            continue
        else:
            regex += between + piece.regex
        first = piece.glued and piece.regex == _OPENING
    known = [piece.keys for piece in pieces if piece.keys and not piece.optional]
    keys = min(known, key=_commonness) if known else None
    return _Piece(regex, keys, optional=all(piece.optional for piece in pieces))


def _any_of(words: Iterable[str]) -> str:
    escaped = [re.escape(word).replace(r"\-", "[- ]") for word in dict.fromkeys(words)]
    return escaped[0] if len(escaped) == 1 else f"(?:{'|'.join(escaped)})"


def _commonness(keys: frozenset[str]) -> float:
    """How often one of these words turns up in running text, by a rough guess."""
    return sum(50.0 if word in COMMON else 1.0 for word in keys)
