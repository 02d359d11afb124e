"""Finds equipment in an operator's words: `pump 1`, `P-1`, `CH-02`, `ahu3`, `dg set 2`, `pmup 4`.

Takes any text, in linear time; a number that no unit carries is no mention of a unit.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from commandcenter.spelling import Spelling

_ALIASES: Mapping[str, tuple[str, ...]] = {
    "pump": ("pump", "p", "pmp", "water pump", "feed pump", "pumpset"),
    "chiller": ("chiller", "ch", "chlr", "chillr"),
    "ahu": ("ahu", "air handling unit", "air handler", "airhandler"),
    "cooling_tower": ("cooling tower", "coolingtower", "tower", "ct", "clg tower"),
    "transformer": ("transformer", "trafo", "xfmr", "xformer", "tx", "tr", "trf", "tfr"),
    "dg": ("dg", "dg set", "dgset", "diesel generator", "diesels", "generator", "genset", "gen set", "diesel gen",
           "diesel set", "diesel engine", "diesel genset",
           "gen"),
    "ups": ("ups", "upses", "ups unit", "ups system"),
    "compressor": ("compressor", "comp", "air compressor", "cmp"),
    "motor": ("motor", "m", "mot"),
    "boiler": ("boiler", "blr"),
    "meter": ("meter", "energy meter", "em", "sub meter", "submeter", "power meter", "metre"),
    "panel": ("panel", "lt panel", "ht panel", "switchboard", "mcc", "pcc", "distribution board", "switch board",
              "power panel"),
    "feeder": ("feeder", "fdr", "feeder line", "outgoing feeder"),
    "plc": ("plc", "field controller", "controller"),
    "rtu": ("rtu", "remote terminal unit", "remote terminal", "rtu unit"),
    "gateway": ("gateway", "gw"),
    "solar": ("solar", "solar array", "solar panel", "solar plant", "solar inverter", "solar string", "pv",
              "pv array", "pv panel", "pv plant", "pv string", "pv system", "pv inverter"),
}  # fmt: skip

_TOKEN = re.compile(r"[A-Za-z]+|[0-9]+")
_FILLERS = frozenset({"no", "number", "num", "nr", "unit", "id", "set"})
_JOINERS = frozenset({"and", "or", "vs", "versus", "to", "with", "against", "than", "n", "through"})
_RANGES = frozenset({"to", "through", "-"})
_MEASURES = frozenset(
    {"h", "hr", "hrs", "hour", "hours", "d", "day", "days", "w", "wk", "week", "weeks", "month",
     "months", "min", "mins", "minute", "minutes", "sec", "seconds", "percent", "degrees", "kw", "kwh",
     "mw", "kva", "kv", "hz", "bar", "rpm", "am", "pm", "st", "nd", "rd", "th", "shift", "shifts"}
)  # fmt: skip
_NUMBER_WORDS = {
    word: number
    for number, word in enumerate(
        ("one", "two", "three", "four", "five", "six", "seven", "eight"), 1
    )
}
_SHORT_GAP = re.compile(r"[\s\-_.#:/()]{0,3}")
_LIST_GAP = re.compile(r"[\s,&+/\-.]{0,4}")
_UNIT_LETTERS = ("A", "B", "C", "D")
_LONGEST_PHRASE = 3
_SHORT_WORD = 4
_LONGEST_NUMBER = 6
_WIDEST_RANGE = 12


@dataclass(frozen=True, slots=True)
class Mention:
    """A kind, and the number after it (None where the kind stands alone); `start:end` in the text."""

    kind: str
    number: int | None
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class _Token:
    text: str
    start: int
    end: int

    @property
    def number(self) -> int | None:
        digits = self.text.lstrip("0")
        usable = self.text.isdigit() and 0 < len(digits) <= _LONGEST_NUMBER
        return int(digits) if usable else None


def _phrases() -> dict[tuple[str, ...], str]:
    return {tuple(phrase.split()): kind for kind, phrases in _ALIASES.items() for phrase in phrases}


class Mentions:
    """The compiled aliases; one instance reads any number of texts."""

    def __init__(self) -> None:
        self._phrases = _phrases()
        plurals = {(*phrase[:-1], phrase[-1] + "s"): kind for phrase, kind in self._phrases.items()
                   if len(phrase[-1]) > 1}  # fmt: skip
        self._plurals = frozenset(plurals)
        self._phrases |= plurals
        # Short aliases are too near to common words: `most` is no `mot`, `comes` no `comp`.
        long = {
            form
            for phrase in _phrases()
            for word in phrase
            if len(word) > _SHORT_WORD
            for form in (word, word + "s")
        }
        self._spelling = Spelling([*long, "pump", "pumps"])

    def read(self, text: str) -> Iterator[Mention]:
        """Every mention in the order of the text; `pumps 1 and 2` gives two."""
        tokens = [_Token(m[0], m.start(), m.end()) for m in _TOKEN.finditer(text)]
        words = [self._spelling.correct(token.text.lower()) for token in tokens]
        at = 0
        while at < len(tokens):
            size = self._phrase_size(words, at)
            if size == 0:
                at += 1
                continue
            phrase = tuple(words[at : at + size])
            after, numbers = _read_numbers(text, tokens, at + size, phrase in self._plurals)
            kind = self._phrases[phrase]
            if _is_loose_letter(text, tokens, at, numbers):
                at += 1
                continue
            end = tokens[after - 1].end
            for number in numbers or [None]:
                yield Mention(kind, number, tokens[at].start, end)
            at = after

    def _phrase_size(self, words: Sequence[str], at: int) -> int:
        for size in range(min(_LONGEST_PHRASE, len(words) - at), 0, -1):
            if tuple(words[at : at + size]) in self._phrases:
                return size
        return 0


def _is_loose_letter(
    text: str, tokens: Sequence[_Token], at: int, numbers: Sequence[int | None]
) -> bool:
    """`P-1` and `em3` are tags; a lone `p`, `ch` or `tr`, or one apart from its number, is not."""
    if len(tokens[at].text) > 2 or tokens[at].text.lower() == "dg":
        return False
    if not numbers:
        return True
    gap = text[tokens[at].end : tokens[at + 1].start]
    return len(tokens[at].text) == 1 and gap not in ("", "-", "_")


def _read_numbers(
    text: str, tokens: Sequence[_Token], at: int, plural: bool
) -> tuple[int, list[int | None]]:
    """The numbers that follow a kind from token `at` on, and the token after them."""
    numbers: list[int | None] = []
    first = _skip_fillers(text, tokens, at)
    number = _number_at(text, tokens, first, _SHORT_GAP)
    while number is not None:
        numbers.append(number)
        at = first + 1
        first, joiner = _skip_joiners(text, tokens, at)
        number = _number_at(text, tokens, first, _LIST_GAP)
        if number is not None and plural and joiner in _RANGES:
            low = int(numbers[-1] or 0)
            numbers.extend(range(low + 1, min(number, low + _WIDEST_RANGE)))
    return at, numbers


def _skip_fillers(text: str, tokens: Sequence[_Token], at: int) -> int:
    while (
        at < len(tokens)
        and tokens[at].text.lower() in _FILLERS
        and _is_gap(text, tokens, at, _SHORT_GAP)
    ):
        at += 1
    return at


def _skip_joiners(text: str, tokens: Sequence[_Token], at: int) -> tuple[int, str]:
    if at >= len(tokens):
        return at, ""
    word = tokens[at].text.lower()
    if word in _JOINERS:
        return at + 1, word
    return at, text[tokens[at - 1].end : tokens[at].start].strip()


def _is_gap(text: str, tokens: Sequence[_Token], at: int, gap: re.Pattern[str]) -> bool:
    return at == 0 or gap.fullmatch(text, tokens[at - 1].end, tokens[at].start) is not None


def _number_at(text: str, tokens: Sequence[_Token], at: int, gap: re.Pattern[str]) -> int | None:
    """The number of a unit: digits, a number word, or a capital letter (`Pump B`)."""
    if at >= len(tokens) or not _is_gap(text, tokens, at, gap) or _is_measured(tokens, at, gap):
        return None
    word = tokens[at].text
    if word in _UNIT_LETTERS:
        return _UNIT_LETTERS.index(word) + 1
    return _NUMBER_WORDS.get(word.lower(), tokens[at].number)


def _is_measured(tokens: Sequence[_Token], at: int, gap: re.Pattern[str]) -> bool:
    """`pump 24h` and `pump 1, 24 hours` hold quantities, `pump 24 hours` most likely pump 24."""
    if at + 1 >= len(tokens) or tokens[at + 1].text.lower() not in _MEASURES:
        return False
    return gap is _LIST_GAP or tokens[at].end == tokens[at + 1].start
