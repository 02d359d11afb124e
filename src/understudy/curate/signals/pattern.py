"""The small language that rules are written in, and its compilation to one bounded regular expression.

    word        that word              word+       every form of it (assume, assumes, assuming, …)
    (a|b c|)    one of, or nothing     {name}      a word list of words.py
    ~           up to three words      ~~ ~~~      up to ten, up to twenty words
    #           a number               ^           start of the sentence or of a clause
    , : ? = ✓   that mark              [#]         a number in brackets, as a citation has it
Every repetition is bounded, so that a search is linear in the text. Refuses a pattern it cannot read.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from understudy.curate.signals.inflection import inflect
from understudy.curate.signals.phrases import BETWEEN, Phrase, any_of, first_words
from understudy.curate.signals.sentence import Sentence
from understudy.curate.signals.words import CLASSES, COMMON, EVERYWHERE

_TOKEN = re.compile(r"\{\w+\}|\[#\]|[\w'-]+\+?|~{1,3}|[#^(|),:?=✓]")
_WORD = r"[\w'%](?:[\w'%]|[./-](?=\w)){0,40}+"
_ACROSS = r"[^\w'.!?]{1,5}+"


@dataclass(frozen=True, slots=True)
class Pattern:
    """`keys`: no sentence without one of these words can fit, nor, of a key, without all words of one
    of its tails (none: the key is enough), nor one without a word of each of the `needs`. `starts`: the words it may begin with;
    None where it may begin with anything. `clause`: only at the start of a clause."""

    regex: re.Pattern[str]
    keys: dict[str, tuple[frozenset[str], ...]]
    needs: tuple[frozenset[str], ...]
    starts: frozenset[str] | None
    clause: bool

    def find(self, sentence: Sentence, after: int = 0) -> re.Match[str] | None:
        """The first match that begins at or after a position."""
        if self.clause:
            places = sentence.clause_starts
        elif self.starts is None:
            return self.regex.search(sentence.text, after)
        else:
            places = sentence.places(self.starts)
        match, text = self.regex.match, sentence.text
        for place in places:
            if place >= after and (found := match(text, place)):
                return found
        return None


@dataclass(frozen=True, slots=True)
class _Piece:
    """A part of the expression. `keys` and `starts` are None where any word would do; `phrases`
    where it is more than a list of words."""

    regex: str
    keys: frozenset[str] | None = None
    needs: tuple[frozenset[str], ...] = ()
    starts: frozenset[str] | None = None
    optional: bool = False
    glued: bool = False
    phrases: tuple[Phrase, ...] | None = None
    keyed_by: tuple[Phrase, ...] = ()


def _keyed(regex: str, signs: str) -> _Piece:
    keys = frozenset(signs)
    return _Piece(regex, keys, (keys,), keys, keyed_by=tuple((sign,) for sign in signs))


_FIXED = {
    "~": _Piece(rf"{_WORD}(?:{BETWEEN}{_WORD}){{0,2}}?", optional=True),
    "~~": _Piece(rf"{_WORD}(?:{_ACROSS}{_WORD}){{0,9}}?", optional=True),
    "~~~": _Piece(rf"{_WORD}(?:{_ACROSS}{_WORD}){{0,19}}?", optional=True),
    "#": _Piece(r"[$€£]?\d[\d.,:]{0,20}(?:\s?%)?"),
    ",": _Piece(r"\s{0,2}[,:;—–-]{1,3}", glued=True),
    ":": _Piece(r"[^\w:]{0,4}:", glued=True),
    "?": _Piece(r"\?", glued=True),
    "=": _Piece(r"\s{0,2}=", glued=True),
    "✓": _keyed("[✓✔✅☑]", "✓✔✅☑"),
    "[#]": _keyed(r"(?<=[\s.,])\[[1-9]\d?\](?!\()", "["),
}


def compile_pattern(text: str) -> Pattern:
    """Raises ValueError for a pattern that is malformed or could fit a sentence without a word."""
    tokens = _TOKEN.findall(text)
    if "".join(tokens) != re.sub(r"\s", "", text):
        raise ValueError(f"{text!r} holds a character that no pattern knows")
    clause = tokens[:1] == ["^"]
    piece, rest = _read_choice(tokens[clause:])
    if rest:
        raise ValueError(f"{text!r} closes a bracket that was never opened")
    if not piece.keys:
        raise ValueError(f"{text!r} needs at least one word that must be there")
    begin = "" if clause or piece.glued or piece.starts is not None else r"(?<![\w'-])"
    end = "" if text.rstrip()[-1] in "✓]=:,?" else r"(?!\w)"
    needs = tuple(sorted((need for need in piece.needs if need != piece.keys), key=len))
    return Pattern(
        re.compile(begin + piece.regex + end), _tails(piece), needs, piece.starts, clause
    )


def _tails(piece: _Piece) -> dict[str, tuple[frozenset[str], ...]]:
    """For each key the other words of the phrases that it stands for."""
    tails: dict[str, set[frozenset[str]]] = {key: set() for key in piece.keys or ()}
    for phrase in piece.keyed_by:
        words = {part for word in phrase for part in word.split("-")}
        for key in sorted(
            words & tails.keys(), key=lambda word: (_commonness(frozenset([word])), word)
        )[:1]:
            tails[key].add(frozenset(words - {key}))
    return {
        key: () if frozenset() in rests else tuple(sorted(rests, key=len))
        for key, rests in tails.items()
    }


def compile_alternatives(text: str) -> tuple[Pattern, ...]:
    """As one pattern, but each alternative may begin with a `^` of its own."""
    if "^" not in text:
        return (compile_pattern(text),) if text else ()
    parts, depth, start = [], 0, 0
    for at, sign in enumerate(text):
        depth += (sign == "(") - (sign == ")")
        if sign == "|" and depth == 0:
            parts.append(text[start:at])
            start = at + 1
    return tuple(compile_pattern(part.strip()) for part in [*parts, text[start:]])


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
    return (options[0] if len(options) == 1 else _choose(options)), rest


def _choose(options: Sequence[_Piece]) -> _Piece:
    """Lists of words melt into one; what is more stays a branch of its own."""
    phrases = [phrase for option in options for phrase in option.phrases or ()]
    others = [option for option in options if option.phrases is None and option.regex]
    branches = [any_of(phrases)] if phrases else []
    branches += [option.regex for option in others]
    optional = any(option.optional for option in options)
    plain = not others and not optional
    glued = any(option.glued for option in others)
    if glued:
        marks = [option.regex for option in others if option.glued]
        branches = marks + [BETWEEN + branch for branch in branches if branch not in marks]
    regex = branches[0] if len(branches) == 1 else f"(?:{'|'.join(branches)})"
    keys = _union([option.keys for option in options])
    starts = _union([option.starts for option in options if option.regex])
    needs = (keys,) if keys else ()
    melted = tuple(phrases) if plain else None
    keyed_by = tuple(phrase for option in options for phrase in option.keyed_by)
    return _Piece(regex, keys, needs, starts, optional, glued, melted, keyed_by)


def _union(sets: Sequence[frozenset[str] | None]) -> frozenset[str] | None:
    known = [one for one in sets if one]
    return frozenset().union(*known) if len(known) == len(sets) else None


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
    if token in _FIXED:
        return _FIXED[token]
    if token == "^":
        raise ValueError("^ stands only at the front of a pattern")
    if token[0] == "{":
        return _read_choice(_TOKEN.findall(CLASSES[token[1:-1]]))[0]
    forms = inflect(token[:-1]) if token.endswith("+") else (token,)
    return _listed([(form,) for form in forms])


def _listed(phrases: Sequence[Phrase]) -> _Piece:
    words = first_words(phrases)
    held = tuple(phrases)
    return _Piece(any_of(phrases), words, (words,), words, phrases=held, keyed_by=held)


def _join(pieces: Sequence[_Piece]) -> _Piece:
    """The pieces in a row, with what may stand between them; the rarest one gives the keys."""
    if not pieces:
        return _Piece("", optional=True)
    if len(pieces) == 1:
        return pieces[0]
    required = [piece for piece in pieces if not piece.optional]
    needs = tuple(need for piece in required for need in piece.needs)
    keys = min(needs, key=_commonness, default=None)
    keyed_by = next((piece.keyed_by for piece in required if keys in piece.needs), ())
    if required == list(pieces) and all(len(piece.phrases or ()) == 1 for piece in pieces):
        words = tuple(word for piece in pieces for word in (piece.phrases or ((),))[0])
        return replace(_listed([words]), keys=keys, needs=needs)
    glued = pieces[0].glued
    return _Piece(
        _row(pieces), keys, needs, _starts(pieces), not required, glued, keyed_by=keyed_by
    )


def _row(pieces: Sequence[_Piece]) -> str:
    regex, first = "", True
    for piece in pieces:
        between = "" if first or piece.glued else BETWEEN
        if not piece.optional:
            regex += between + piece.regex
            first = False
        elif first:
            # What may be missing at the front brings the space after it.
            regex += f"(?:{piece.regex}{BETWEEN})?"
        else:
            regex += f"(?:{between}{piece.regex})?" + ("?" if piece.keys is None else "")
    return regex


def _starts(pieces: Sequence[_Piece]) -> frozenset[str] | None:
    found: frozenset[str] = frozenset()
    for piece in pieces:
        if piece.starts is None:
            return None
        found |= piece.starts
        if not piece.optional:
            break
    return found or None


def _commonness(keys: frozenset[str]) -> float:
    """How often one of these words turns up in running text, by a rough guess."""
    return sum(400.0 if word in EVERYWHERE else 40.0 if word in COMMON else 1.0 for word in keys)
