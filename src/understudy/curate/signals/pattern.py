"""The small language that rules are written in, and its compilation to one bounded regular expression.

    word        that word              word+       every form of it (assume, assumes, assuming, …)
    (a|b c|)    one of, or nothing     {name}      a word list of words.py
    ~           up to three words      ~~ ~~~      up to ten, up to twenty words
    #           a number               ^           start of the sentence or of a clause
    $           end of the sentence
    ~ing        a word with that end   ~er, ~est, …
    , : ? = ✓   that mark              [#]         a number in brackets, as a citation has it
    ª           what text.py blanked out: a quotation, code
Every repetition is bounded, so that a search is linear in the text. Refuses a pattern it cannot read.
"""

import itertools
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from understudy.curate.signals.inflection import inflect
from understudy.curate.signals.phrases import BETWEEN, Phrase, any_of, first_words
from understudy.curate.signals.sentence import Sentence, Sign
from understudy.curate.signals.words import CLASSES, COMMON, EVERYWHERE

_TOKEN = re.compile(r"\{\w+\}|\[#\]|[\w'-]+\+?|~[a-z]{2,4}|~{1,3}|[#^$(|),:?=✓ª]")
_PLAIN = re.compile(r"[\w' -]+")
_WORD = r"[\w'%](?:[\w'%]|[./-](?=\w)){0,40}+"
_ACROSS = r"[^\w'.!?]{1,5}+"
# Of the times that the rarer of two words stands somewhere, those where the other stands beside it.
_PAIRED = 0.1
_DEEPEST = 3


@dataclass(frozen=True, slots=True)
class Pattern:
    """`needs`: no sentence without a sign of each of them can fit; the rarest one stands first. `starts`: the words
    it may begin with; None where it may begin with anything. `clause`: only at the start of a clause."""

    regex: re.Pattern[str]
    needs: tuple[frozenset[Sign], ...]
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
    """A part of the expression. `needs` are empty and `starts` None where any word would do; `phrases`
    where it is more than a list of words."""

    regex: str
    needs: tuple[frozenset[Sign], ...] = ()
    starts: frozenset[str] | None = None
    optional: bool = False
    glued: bool = False
    phrases: tuple[Phrase, ...] | None = None


def _marked(regex: str, marks: str) -> _Piece:
    return _Piece(regex, (frozenset(marks),), frozenset(marks))


_FIXED = {
    "~": _Piece(rf"{_WORD}(?:{BETWEEN}{_WORD}){{0,2}}?", optional=True),
    "~~": _Piece(rf"{_WORD}(?:{_ACROSS}{_WORD}){{0,9}}?", optional=True),
    "~~~": _Piece(rf"{_WORD}(?:{_ACROSS}{_WORD}){{0,19}}?", optional=True),
    "#": _Piece(r"[$€£]?\d[\d.,:]{0,20}(?:\s?%)?"),
    ",": _Piece(r"\s{0,2}[,:;—–-]{1,3}", glued=True),
    ":": _Piece(r"[^\w:]{0,4}:", glued=True),
    "?": _Piece(r"\?", glued=True),
    "=": _Piece(r"\s{0,2}=", glued=True),
    "✓": _marked("[✓✔✅☑]", "✓✔✅☑"),
    "$": _Piece(r"\W{0,5}\Z", glued=True),
    "ª": _Piece(r"ª{1,2000}+", (frozenset("ª"),)),
    "[#]": _marked(r"(?<=[\s.,])\[[1-9]\d?\](?!\()", "["),
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
    if not piece.needs:
        raise ValueError(f"{text!r} needs at least one word that must be there")
    begin = "" if clause or piece.glued or piece.starts is not None else r"(?<![\w'-])"
    end = "" if text.rstrip()[-1] in "✓]=:,?$" else r"(?!\w)"
    needs = tuple(sorted(piece.needs, key=_commonness))
    return Pattern(re.compile(begin + piece.regex + end), needs, piece.starts, clause)


def compile_alternatives(text: str) -> tuple[Pattern, ...]:
    """Any of them fits where the one pattern would, and each is looked for only where its own signs
    are. Each may begin with a `^` of its own; those that are mere words stay together."""
    parts, depth, start = [], 0, 0
    for at, sign in enumerate(text):
        depth += (sign == "(") - (sign == ")")
        if sign == "|" and depth == 0:
            parts.append(text[start:at].strip())
            start = at + 1
    parts.append(text[start:].strip())
    plain = [part for part in parts if part and _PLAIN.fullmatch(part)]
    others = [part for part in parts if part and not _PLAIN.fullmatch(part)]
    return tuple(compile_pattern(part) for part in ["|".join(plain), *others] if part)


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
    starts = _union([option.starts for option in options if option.regex])
    melted = tuple(phrases) if plain else None
    return _Piece(regex, _any_needs(options), starts, optional, glued, melted)


def _any_needs(options: Sequence[_Piece]) -> tuple[frozenset[Sign], ...]:
    """The rarest needs of the options in one, then the next rarest, …"""
    needs = [sorted(option.needs, key=_commonness)[:_DEEPEST] for option in options]
    if not all(needs):
        return ()
    depth = max(map(len, needs))
    return tuple(
        frozenset().union(*(one[min(level, len(one) - 1)] for one in needs))
        for level in range(depth)
    )


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
    if token[0] == "~":
        return _Piece(rf"\w[\w-]{{1,30}}?{token[1:]}(?![\w'-])")
    if token == "^":
        raise ValueError("^ stands only at the front of a pattern")
    if token[0] == "{":
        return _read_choice(_TOKEN.findall(CLASSES[token[1:-1]]))[0]
    forms = inflect(token[:-1]) if token.endswith("+") else (token,)
    return _listed([(form,) for form in forms])


def _listed(phrases: Sequence[Phrase]) -> _Piece:
    signs = frozenset(_rarest_sign(phrase) for phrase in phrases)
    return _Piece(any_of(phrases), (signs,), first_words(phrases), phrases=tuple(phrases))


def _rarest_sign(phrase: Phrase) -> Sign:
    """Two neighbours tell more than a word does; a hyphen parts two of them."""
    words = [part for word in phrase for part in word.split("-") if part]
    pairs: list[Sign] = [*itertools.pairwise(words)]
    return min(pairs or words, key=lambda sign: (_commonness([sign]), sign))


def _join(pieces: Sequence[_Piece]) -> _Piece:
    """The pieces in a row, with what may stand between them."""
    if not pieces:
        return _Piece("", optional=True)
    melted = _melt(pieces)
    if len(melted) == 1:
        return melted[0]
    required = [piece for piece in melted if not piece.optional]
    needs = tuple(need for piece in required for need in piece.needs)
    return _Piece(_row(melted), needs, _starts(melted), not required, melted[0].glued)


def _melt(pieces: Iterable[_Piece]) -> list[_Piece]:
    """Words that follow one another become one phrase."""
    melted: list[_Piece] = []
    for piece in pieces:
        before = melted[-1].phrases if melted else None
        if before and piece.phrases and len(before) == len(piece.phrases) == 1:
            melted[-1] = _listed([before[0] + piece.phrases[0]])
        else:
            melted.append(piece)
    return melted


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
            regex += f"(?:{between}{piece.regex})?" + ("" if piece.needs else "?")
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


def _commonness(signs: Iterable[Sign]) -> float:
    """How often one of these turns up in running text, by a rough guess."""
    return sum(
        _frequency(sign) if isinstance(sign, str) else min(map(_frequency, sign)) * _PAIRED
        for sign in signs
    )


def _frequency(word: str) -> float:
    return 400.0 if word in EVERYWHERE else 40.0 if word in COMMON else 1.0
