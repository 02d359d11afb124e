"""A system prompt in pieces: what nobody may touch, and the rules that may be edited.

Renders byte for byte what it was made of. An edited prompt has other rules and the same protected
text, in the same places: there is no way to say anything else.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import Enum

from understudy.records import content_hash

_PLACEHOLDER = re.compile(r"\{([a-z][a-z0-9_]*)\}")

Lines = tuple[tuple[str, ...], ...]
"""The rules of every editable piece, in the order of the pieces."""


class RuleKind(Enum):
    RULES = "rules"
    AFFINITY = "affinity"
    """Which item is for what, and how large."""
    EXAMPLES = "examples"


@dataclass(frozen=True, slots=True)
class Protected:
    """Text that every version keeps: who the model is, the schema, the form of the answer."""

    text: str


@dataclass(frozen=True, slots=True)
class Rules:
    """Rules, with `joint` between them and `heading` before them where there are any; `{name}` in a
    rule is a placeholder for one of the template's values."""

    kind: RuleKind
    lines: tuple[str, ...]
    numbered: bool = False
    heading: str = ""
    joint: str = "\n"


@dataclass(frozen=True, slots=True)
class Template:
    """`terms` are words of the domain that a rule may not lose: fields of the schema, names."""

    pieces: tuple[Protected | Rules, ...]
    values: Mapping[str, str] = field(default_factory=dict)
    terms: frozenset[str] = frozenset()

    @property
    def editable(self) -> tuple[Rules, ...]:
        return tuple(piece for piece in self.pieces if isinstance(piece, Rules))

    @property
    def lines(self) -> Lines:
        return tuple(piece.lines for piece in self.editable)

    @property
    def hash(self) -> str:
        """Of all that a version builds on: another one is another prompt's."""
        pieces = [
            piece.text
            if isinstance(piece, Protected)
            else [piece.kind.value, piece.lines, piece.numbered, piece.heading, piece.joint]
            for piece in self.pieces
        ]
        return content_hash([pieces, dict(self.values), sorted(self.terms)])


def render(template: Template) -> str:
    return "".join(_render(piece, template.values) for piece in template.pieces)


def with_lines(template: Template, lines: Lines) -> Template:
    """The same prompt with other rules. Raises ValueError unless there are some for every piece."""
    left = list(lines)
    if len(left) != len(template.editable):
        raise ValueError(f"{len(left)} lists of rules for {len(template.editable)} editable pieces")
    pieces = tuple(
        piece if isinstance(piece, Protected) else replace(piece, lines=left.pop(0))
        for piece in template.pieces
    )
    return replace(template, pieces=pieces)


def placeholders(line: str) -> Sequence[str]:
    return sorted(_PLACEHOLDER.findall(line))


def _render(piece: Protected | Rules, values: Mapping[str, str]) -> str:
    if isinstance(piece, Protected):
        return piece.text
    if not piece.lines:
        return ""
    lines = [_fill(line, values) for line in piece.lines]
    if piece.numbered:
        lines = [f"{number}. {line}" for number, line in enumerate(lines, start=1)]
    return piece.heading + piece.joint.join(lines)


def _fill(line: str, values: Mapping[str, str]) -> str:
    # Braces that are no known name stay: an example may hold JSON.
    return _PLACEHOLDER.sub(lambda found: values.get(found[1], found[0]), line)
