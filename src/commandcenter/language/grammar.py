"""Expands phrase templates: `(a|b)` one of, `[a]` half of the time, `{name}` a slot or a table.

Refuses an unknown name, so that a misspelt table is found by the first test and not in a question.
"""

import random
import re
from collections.abc import Mapping
from dataclasses import dataclass

_CHOICE = re.compile(r"\(([^()\[\]]*)\)|\[([^()\[\]]*)\]")
_NAME = re.compile(r"\{(\w+)\}")
_GAP_BEFORE_MARK = re.compile(r"\s+([,.;:?!])")
_MARKS = re.compile(r"([,;:])(?:\s*[,;:])+")


@dataclass(frozen=True, slots=True)
class Form:
    """One meaning: what an operator who says any of the `texts` wants to see, most wanted first."""

    intent: str
    wanted: tuple[str, ...]
    texts: tuple[str, ...]


def form(intent: str, wanted: str, *texts: str) -> Form:
    return Form(intent, tuple(wanted.split()), texts)


def expand(
    rng: random.Random, template: str, slots: Mapping[str, str], tables: Mapping[str, str]
) -> str:
    """One sentence of the template; a name is looked up among the slots first."""
    text = _choose(rng, template)
    while (found := _NAME.search(text)) is not None:
        name = found[1]
        if name not in slots and name not in tables:
            raise KeyError(f"template {template!r} names {name!r}; add it to a phrase table")
        value = slots.get(name) or _choose(rng, tables[name])
        text = text[: found.start()] + value + text[found.end() :]
    return _tidy(text)


def _choose(rng: random.Random, template: str) -> str:
    """The template with every group, inner ones first, replaced by one of its alternatives."""
    text = f"({template})"
    while (found := _CHOICE.search(text)) is not None:
        if found[2] is not None:
            chosen = rng.choice(("", rng.choice(found[2].split("|"))))
        else:
            chosen = rng.choice(found[1].split("|"))
        text = text[: found.start()] + chosen + text[found.end() :]
    return text


def _tidy(text: str) -> str:
    text = _GAP_BEFORE_MARK.sub(r"\1", " ".join(text.split()))
    return _MARKS.sub(r"\1", text).strip(" ,;:")
