"""The trained weights: what each word, pair of words, mark and rule of a sentence says about the eleven kinds.

A linear model, fitted by fit.py and kept as text in weights.tsv: one row a feature, hundredths of a logit for each
kind. To add eleven numbers at once they are packed into one whole number. Refuses a file of another shape.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import Enum
from pathlib import Path

from understudy.curate.signals.findings import Kind
from understudy.errors import InputError

WEIGHTS = Path(__file__).with_name("weights.tsv")
KINDS = tuple(Kind)
SCALE = 100
# Hundredths that a field holds on either side of zero: a sentence of 2,000 letters stays far below.
_FIELD, _HALF = 24, 1 << 23
ZERO = sum(_HALF << _FIELD * place for place in range(len(KINDS)))
_HEADER = "\t".join(["sort", "name", *(kind.value for kind in KINDS)])

Row = tuple[int, ...]
Packed = int


class Sort(Enum):
    """What a feature is. `start`: one of the first words; `could`: a rule's words are there; `found`: it fits and
    nothing voids it."""

    WORDS = "words"
    START = "start"
    MARK = "mark"
    COULD = "could"
    FOUND = "found"


# How many words begin a sentence: "let me …", "no, …" tell more there than later.
STARTS = 4
# The name of what every sentence has; a threshold is part of it: a score from 0 on is a finding.
ALWAYS = ""
Feature = tuple[Sort, str]


@dataclass(frozen=True, slots=True)
class Weights:
    """Hundredths for each feature, in the order of the kinds."""

    rows: Mapping[Feature, Row]
    notes: tuple[str, ...] = ()

    def row(self, sort: Sort, name: str) -> Row:
        return self.rows.get((sort, name), (0,) * len(KINDS))

    def packed(self, sort: Sort) -> dict[str, Packed]:
        return {name: pack(row) for (one, name), row in self.rows.items() if one is sort}


def pack(row: Iterable[int]) -> Packed:
    return sum(value << _FIELD * place for place, value in enumerate(row))


def number_of(packed: Packed, kind: int) -> int:
    return ((packed + ZERO) >> _FIELD * kind) % (2 * _HALF) - _HALF


def bit_of(kind: int) -> Packed:
    """Set in packed + ZERO where the number of a kind is not below 0."""
    return _HALF << _FIELD * kind


def load_weights(path: Path = WEIGHTS) -> Weights:
    """Raises InputError naming the line that is broken."""
    notes: list[str] = []
    rows: dict[Feature, Row] = {}
    for number, line in enumerate(path.read_text("utf-8").splitlines(), start=1):
        if line.startswith("# "):
            notes.append(line[2:])
        elif line != _HEADER:
            try:
                sort, name, *cells = line.split("\t")
                row = tuple(int(cell or 0) for cell in cells)
                if len(row) != len(KINDS):
                    raise ValueError(f"{len(row)} numbers")
                rows[Sort(sort), name] = row
            except ValueError as error:
                raise InputError(
                    f"{path} line {number} is no row of weights ({error}); run `make signals-model`"
                ) from error
    return Weights(rows, tuple(notes))


def save_weights(weights: Weights, path: Path) -> None:
    """A weight of 0 leaves its cell empty; a row of such is left out."""
    lines = [*(f"# {note}" for note in weights.notes), _HEADER]
    for (sort, name), row in weights.rows.items():
        if any(row):
            lines.append(
                "\t".join([sort.value, name, *(str(value) if value else "" for value in row)])
            )
    path.write_text("\n".join(lines) + "\n", "utf-8")
