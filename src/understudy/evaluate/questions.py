"""Where evaluation questions come from: a JSONL file, or the application's own held-out set.

Refuses a broken line by its number, and yields no question whose prompt family may be trained on.
"""

from collections.abc import Iterator
from enum import Enum
from pathlib import Path
from typing import Any

import orjson

from understudy.config import Config
from understudy.curate.split import is_holdout
from understudy.errors import InputError
from understudy.function import Application, Function, Question

GROWTH = 2


class Families(Enum):
    """From which side of the train/holdout split questions come."""

    HELD_OUT = "held-out"
    TRAINING = "training"


def load_questions(path: Path, function: Function) -> list[Question]:
    """Read one question a line. Raises InputError naming the file, the line and what to do."""
    if function.read_question is None:
        raise InputError(
            f"the function {function.name} cannot read questions; give it a read_question"
        )
    questions = []
    for number, row in _rows(path):
        try:
            questions.append(function.read_question(row))
        except KeyError as error:
            raise InputError(f"{path}:{number} lacks the column {error}; add it") from error
        except (TypeError, ValueError) as error:
            raise InputError(f"{path}:{number} is no question ({error}); mend it") from error
    if not questions:
        raise InputError(f"{path} holds no question; give one JSON object a line")
    return questions


def held_out(application: Application, function: Function, config: Config) -> list[Question]:
    """Questions of which no training sample may come. Raises InputError when there is none."""
    return offered(application, function, config, Families.HELD_OUT)


def offered(
    application: Application, function: Function, config: Config, families: Families
) -> list[Question]:
    """`evaluation.questions` questions, no prompt twice, each from these families.

    Fewer when the application has no more. Raises InputError when it has none.
    """
    if application.holdout is None:
        raise InputError(
            f"{application.name} has no questions of its own; give a file with --questions "
            "(compare: --prompts)"
        )
    wanted, asked, seen = config.evaluation.questions, 0, -1
    share, held = config.samples.holdout_share, families is Families.HELD_OUT
    kept: dict[str, Question] = {}
    count = int(wanted / (share if held else 1 - share)) + 1
    while len(kept) < wanted and asked > seen:
        seen = asked
        found = application.holdout(function.name, count, config.evaluation.seed)
        asked = len(found)
        for question in found:
            prompt = function.build_prompt(question.request)
            if is_holdout(function.family(prompt), share) is held:
                kept.setdefault(prompt.hash, question)
        count *= GROWTH
    if not kept:
        side = "outside" if held else "inside"
        raise InputError(
            f"{application.name} offered no question for {function.name} {side} the training "
            "families; change samples.holdout_share, or give a file with --questions"
        )
    return list(kept.values())[:wanted]


def _rows(path: Path) -> Iterator[tuple[int, dict[str, Any]]]:
    try:
        lines = path.read_bytes().splitlines()
    except OSError as error:
        raise InputError(f"{path} cannot be read ({error.strerror}); name another file") from error
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        try:
            row = orjson.loads(line)
        except orjson.JSONDecodeError as error:
            raise InputError(f"{path}:{number} is no JSON ({error}); mend or drop it") from error
        if not isinstance(row, dict):
            raise InputError(f"{path}:{number} is no JSON object; write one object a line")
        yield number, row
