"""The state of a prompt's versions as one JSON file. Appears whole, or not at all.

Refuses a file that is broken, and one whose versions build on another prompt.
"""

from dataclasses import astuple
from pathlib import Path
from typing import Any

import orjson

from understudy.errors import InputError
from understudy.learn.prompts.tally import NOTHING, Tally
from understudy.learn.prompts.versions import Mutation, Standing, State, Version
from understudy.template import Template

FORMAT = 2
# Its rewards mix judged and unjudged answers: they are counted again, from what is stored.
MIXED = 1


def save_state(state: State, file: Path) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    plain = {
        "format": FORMAT,
        "template": state.template,
        "clip": state.clip,
        "since": state.since,
        "next_number": state.next_number,
        "cursor": state.cursor,
        "counted": state.counted,
        "versions": [_write_version(one) for one in state.versions],
    }
    partial = file.with_name(f".{file.name}.partial")
    partial.write_bytes(orjson.dumps(plain, option=orjson.OPT_INDENT_2))
    partial.rename(file)


def load_state(file: Path, template: Template) -> State | None:
    """None where there is none yet. Raises InputError saying what to do with the file."""
    if not file.exists():
        return None
    try:
        plain = orjson.loads(file.read_bytes())
        state = _read_state(plain)
    except (orjson.JSONDecodeError, KeyError, TypeError, ValueError) as error:
        raise InputError(
            f"{file} holds no versions of a prompt ({error!r}); move it away to begin with the base"
        ) from error
    if state.template != template.hash:
        raise InputError(
            f"{file} builds on the prompt {state.template[:12]}, the application has"
            f" {template.hash[:12]}; move the file away to begin with the new base"
        )
    return state


def _read_state(plain: dict[str, Any]) -> State:
    if plain["format"] not in (FORMAT, MIXED):
        raise ValueError(f"format {plain['format']}, this program reads {FORMAT}")
    mixed = plain["format"] == MIXED
    versions = tuple(_read_version(one, mixed) for one in plain["versions"])
    if not versions or versions[0].parent is not None:
        raise ValueError("the base is missing")
    counted = {} if mixed else plain["counted"]
    return State(
        template=str(plain["template"]),
        clip=float(plain["clip"]),
        versions=versions,
        since=int(plain["since"]),
        next_number=int(plain["next_number"]),
        cursor=0 if mixed else int(plain["cursor"]),
        counted={str(k): (int(n), _reward(r), _reward(j)) for k, (n, r, j) in counted.items()},
    )


def _reward(plain: Any) -> float | None:
    return None if plain is None else float(plain)


def _write_version(version: Version) -> dict[str, Any]:
    return {
        "number": version.number,
        "lines": version.lines,
        "parent": version.parent,
        "mutation": None if version.mutation is None else version.mutation.value,
        "created_at": version.created_at,
        "standing": version.standing.value,
        "reason": version.reason,
        "trials": version.trials,
        "unjudged": astuple(version.unjudged),
        "judged": astuple(version.judged),
    }


def _read_version(plain: dict[str, Any], mixed: bool) -> Version:
    mutation = plain["mutation"]
    return Version(
        number=int(plain["number"]),
        lines=tuple(tuple(str(line) for line in piece) for piece in plain["lines"]),
        parent=plain["parent"],
        mutation=None if mutation is None else Mutation(mutation),
        created_at=float(plain["created_at"]),
        standing=Standing(plain["standing"]),
        reason=str(plain["reason"]),
        trials=0 if mixed else int(plain["trials"]),
        unjudged=NOTHING if mixed else _read_tally(plain["unjudged"]),
        judged=NOTHING if mixed else _read_tally(plain["judged"]),
    )


def _read_tally(plain: list[Any]) -> Tally:
    count, total, squares = plain
    return Tally(int(count), float(total), float(squares))
