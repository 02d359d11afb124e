"""The pairs of comparisons in a data folder: one file for each comparison, for `dataset build` to take.

Files, not rows of the store: a comparison runs beside a server, which is the store's one writer.
Decides nothing; preferences.py looks at every pair again.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from understudy.errors import InputError
from understudy.records import Message, Prompt, TrainingPermission

FOLDER = "comparisons"


@dataclass(frozen=True, slots=True)
class ComparedPair:
    """`teacher` is the model that gave one of the answers as the teacher, with the permission that
    the config had recorded then; it is empty, and the pair open, where only students answered."""

    comparison: str
    function: str
    prompt: Prompt
    chosen: str
    rejected: str
    chosen_variant: str
    rejected_variant: str
    gap: float
    teacher: str
    permission: TrainingPermission


def save_pairs(data_dir: Path, comparison: str, rows: Sequence[Mapping[str, Any]]) -> None:
    """In the place of those that the comparison gave before; whole, or not at all."""
    path = data_dir / FOLDER / f"{comparison}.jsonl"
    if not rows:
        path.unlink(missing_ok=True)
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_suffix(".new")
    partial.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    partial.replace(path)


def load_pairs(data_dir: Path) -> Iterator[ComparedPair]:
    """Of all comparisons. Raises InputError naming the line that is broken."""
    for path in sorted((data_dir / FOLDER).glob("*.jsonl")):
        with path.open("rb") as file:
            for number, line in enumerate(file, start=1):
                try:
                    yield _read(json.loads(line))
                except (KeyError, IndexError, TypeError, ValueError) as error:
                    raise InputError(
                        f"{path}:{number} is no pair ({error!r}); run `understudy compare --replay` "
                        "on its folder again, or remove the file"
                    ) from error


def _read(row: Mapping[str, Any]) -> ComparedPair:
    turns = [Message(turn["role"], turn["content"]) for turn in row["prompt"]]
    system = turns.pop(0).content if turns[0].role == "system" else ""
    return ComparedPair(
        comparison=row["comparison"],
        function=row["function"],
        prompt=Prompt(system, tuple(turns)),
        chosen=row["chosen"][0]["content"],
        rejected=row["rejected"][0]["content"],
        chosen_variant=row["chosen_variant"],
        rejected_variant=row["rejected_variant"],
        gap=float(row["gap"]),
        teacher=row["teacher"],
        permission=TrainingPermission(row["permission"]),
    )
