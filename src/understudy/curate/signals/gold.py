"""Measures the rules against marked text: precision, recall and F1 of each kind.

The format and what counts as found are in tests/data/README.md. A line that is not in the format is refused
with its number.
"""

import codecs
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson

from understudy.curate.signals.findings import Finding, Kind, Where
from understudy.curate.signals.match import find_signals
from understudy.errors import InputError

_SHARED = 0.5


@dataclass(frozen=True, slots=True)
class Label:
    kind: Kind
    where: Where
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Marked:
    """One line of a gold file."""

    id: str
    half: str
    style: str
    texts: Mapping[Where, str]
    labels: tuple[Label, ...]


@dataclass(frozen=True, slots=True)
class Score:
    """Counts of one kind: findings that match a label, and labels that match a finding."""

    right: int
    findings: int
    found: int
    labels: int

    @property
    def precision(self) -> float:
        return self.right / self.findings if self.findings else 1.0

    @property
    def recall(self) -> float:
        return self.found / self.labels if self.labels else 1.0

    @property
    def f1(self) -> float:
        both = self.precision + self.recall
        return 2 * self.precision * self.recall / both if both else 0.0


def read_gold(path: Path) -> list[Marked]:
    """Blank lines are passed over. Raises InputError naming the line that is broken, or a file
    without a text."""
    try:
        lines = path.read_bytes().removeprefix(codecs.BOM_UTF8).splitlines()
    except OSError as error:
        raise InputError(f"{path} cannot be read ({error.strerror}); name a gold file") from error
    marked = []
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        try:
            marked.append(_read(orjson.loads(line), f"line {number}"))
        except (KeyError, TypeError, ValueError) as error:
            raise InputError(
                f"{path} line {number} is not in the format ({error}); see tests/data/README.md"
            ) from error
    if not marked:
        raise InputError(f"{path} holds no text to measure by; see tests/data/README.md")
    return marked


def shares(label: Label, start: int, end: int) -> bool:
    """Whether the label and these characters are the same sentence."""
    shared = min(label.end, end) - max(label.start, start)
    return shared >= _SHARED * min(label.end - label.start, end - start)


def score(marked: Iterable[Marked]) -> dict[Kind, Score]:
    """One score for each kind that was marked or found."""
    right, findings, found, labels = (Counter[Kind]() for _ in range(4))
    for one in marked:
        seen = [f for where, text in one.texts.items() for f in find_signals(text, where)]
        for finding in seen:
            findings[finding.kind] += 1
            right[finding.kind] += any(_match(label, finding) for label in one.labels)
        for label in one.labels:
            labels[label.kind] += 1
            found[label.kind] += any(_match(label, finding) for finding in seen)
    kinds = [kind for kind in Kind if labels[kind] or findings[kind]]
    return {k: Score(right[k], findings[k], found[k], labels[k]) for k in kinds}


def _match(label: Label, finding: Finding) -> bool:
    same = (label.kind, label.where) == (finding.kind, finding.where)
    return same and shares(label, finding.start, finding.end)


def _read(row: Any, name: str) -> Marked:
    if not isinstance(row, dict):
        raise TypeError("no JSON object")
    texts = {where: row[where.value] for where in (Where.THINKING, Where.ANSWER) if row.get(where.value)}  # fmt: skip
    if not texts or not all(isinstance(text, str) for text in texts.values()):
        raise ValueError("neither `thinking` nor `answer` holds text")
    return Marked(
        id=str(row.get("id", name)),
        half=str(row.get("half", "blind")),
        style=str(row.get("style", "")),
        texts=texts,
        labels=tuple(_labels(row.get("labels", ()), texts)),
    )


def _labels(rows: Iterable[Mapping[str, Any]], texts: Mapping[Where, str]) -> Iterator[Label]:
    for row in rows:
        where = Where(row["where"]) if "where" in row else next(iter(texts))
        text = texts[where]
        if "text" in row:
            start = text.index(row["text"])
            end = start + len(row["text"])
        else:
            start, end = int(row["start"]), int(row["end"])
        if not 0 <= start < end <= len(text):
            raise ValueError(f"the label {start}:{end} is not inside its text")
        yield Label(Kind(row["kind"]), where, start, end)
