"""How a question looks once typed: small talk, word order, case, marks, abbreviations, typos.

Changes the form of a sentence, never its meaning: digits and unit numbers stay as they are.
"""

import random
import re
from collections.abc import Mapping

from commandcenter.language.grammar import expand
from commandcenter.language.words import WORDS

_LONG_WORD = re.compile(r"[A-Za-z]{5,}")
_ASKING = re.compile(
    r"(what|whats|which|who|where|when|why|how|is|are|did|do|does|has|have|had|can|could|will|was"
    r"|were|any|may|should|am|would)\b",
    re.IGNORECASE,
)
_NEIGHBOURS: Mapping[str, str] = {
    "a": "sq", "b": "vn", "c": "xv", "d": "sf", "e": "wr", "f": "dg", "g": "fh", "h": "gj",
    "i": "uo", "j": "hk", "k": "jl", "l": "ko", "m": "n", "n": "bm", "o": "ip", "p": "o",
    "q": "wa", "r": "et", "s": "ad", "t": "ry", "u": "yi", "v": "cb", "w": "qe", "x": "zc",
    "y": "tu", "z": "x",
}  # fmt: skip
_SHORT: Mapping[str, str] = {
    "temperature": "temp", "temperatures": "temps", "vibration": "vib", "maintenance": "maint",
    "power": "pwr", "transformer": "trafo", "transformers": "trafos", "consumption": "cons",
    "production": "prod", "equipment": "eqpt", "pressure": "press", "versus": "vs", "please": "pls",
    "hours": "hrs", "hour": "hr", "minutes": "mins", "average": "avg", "maximum": "max",
    "minimum": "min", "number": "no", "with": "w/", "and": "&", "electrical": "elec", "you": "u",
    "compressor": "comp", "efficiency": "eff", "department": "dept", "management": "mgmt",
    "percentage": "%", "information": "info", "yesterday": "yday", "quantity": "qty",
    "month": "mth", "weeks": "wks", "about": "abt", "message": "msg", "building": "bldg",
    "frequency": "freq", "level": "lvl", "monday": "mon", "because": "bcoz", "are": "r",
    "operating": "op", "performance": "perf", "schedule": "sched", "through": "thru",
}  # fmt: skip
_SMALL_TALK = ("{hello},", "{hello}", "{please}", "{aside},", "{please}", "{aside}:")
_AFTERTHOUGHT = ("please", "{aside}", "thanks", "pls", ", {aside}", "{please}", "thank you")


def write(rng: random.Random, sentence: str, period: str, typos: float) -> str:
    """The sentence as one operator types it; `typos` is the chance that it has one."""
    text = _reorder(rng, sentence, period)
    if rng.random() < 0.1:
        text = f"{expand(rng, rng.choice(_SMALL_TALK), {}, WORDS)} {text}"
    if rng.random() < 0.1:
        text = f"{text} {expand(rng, rng.choice(_AFTERTHOUGHT), {}, WORDS)}"
    if rng.random() < 0.12:
        text = _abbreviate(rng, text)
    while rng.random() < typos:
        text = _mistype(rng, text)
    return _mark(rng, text)


def _reorder(rng: random.Random, sentence: str, period: str) -> str:
    """Now and then the time comes first."""
    head = sentence.removesuffix(period).rstrip()
    if period and head != sentence and head and rng.random() < 0.08:
        return f"{period}{rng.choice((',', '', ':'))} {head}"
    return sentence


def _abbreviate(rng: random.Random, text: str) -> str:
    words = [
        _SHORT[word.lower()] if word.lower() in _SHORT and rng.random() < 0.6 else word
        for word in text.split()
    ]
    return " ".join(words)


def _mistype(rng: random.Random, text: str) -> str:
    """One slip inside one longer word; its first letter stays, as it mostly does."""
    words = list(_LONG_WORD.finditer(text))
    if not words:
        return text
    found = rng.choice(words)
    word = found[0]
    at = rng.randrange(1, len(word) - 1)
    slips = (
        word[:at] + word[at + 1 :],
        word[:at] + word[at] + word[at:],
        word[:at] + word[at + 1] + word[at] + word[at + 2 :],
        word[:at] + rng.choice(_NEIGHBOURS[word[at].lower()]) + word[at + 1 :],
    )
    return text[: found.start()] + rng.choice(slips) + text[found.end() :]


def _mark(rng: random.Random, text: str) -> str:
    """Capital and closing mark, as a careful, a hurried or a shouting operator sets them."""
    manner = rng.random()
    asking = _ASKING.match(text) is not None
    if manner < 0.58:
        return text[0].upper() + text[1:] + ("?" if asking else rng.choice(("", "", "", ".")))
    if manner < 0.8:
        return text.lower()
    if manner < 0.83:
        return text.upper()
    return text + rng.choice(("?", "", "", "??", "!", "..", " ?", "."))
