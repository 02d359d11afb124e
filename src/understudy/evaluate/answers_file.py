"""A comparison on disk: answers.jsonl holds what was asked of whom, then every reply, one a line.

Lines are appended and never edited: the last word of a variant on a prompt counts. Refuses a file
of another comparison, and one that another model answered.
"""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from understudy.errors import InputError
from understudy.evaluate.replies import Asked, Place, Plan, Reply
from understudy.records import (
    Completion,
    Message,
    Prompt,
    ReasoningKind,
    TokenConfidence,
    Usage,
)

ANSWERS_FILE = "answers.jsonl"
FORMAT = 2


def begin(folder: Path, plan: Plan) -> dict[Place, Reply]:
    """The replies that the folder already holds for this plan; an empty folder is given the plan.

    Raises InputError when the folder holds another comparison.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except FileExistsError as error:
        raise InputError(f"{folder} is a file; name a folder for --output") from error
    path = folder / ANSWERS_FILE
    if not _has_line(path):
        path.write_bytes(_line({"comparison": _plan_row(plan)}))
        return {}
    held, replies = load(folder)
    if held.identity != plan.identity:
        raise InputError(f"{path} holds {_tell_apart(held, plan)}; name another --output folder")
    _drop_torn_line(path)
    return replies


def append(folder: Path, reply: Reply) -> None:
    """Written through at once, so that a run which is stopped loses no answer that it paid for."""
    with (folder / ANSWERS_FILE).open("ab") as file:
        file.write(_line(_reply_row(reply)))


def load(folder: Path) -> tuple[Plan, dict[Place, Reply]]:
    """Raises InputError for a folder without a comparison, or a broken line by its number."""
    path = folder / ANSWERS_FILE
    rows = _rows(path)
    try:
        _, head = next(rows, (1, {}))
        plan = _read_plan(head["comparison"])
    except (KeyError, TypeError, ValueError) as error:
        raise InputError(
            f"{path}:1 is no comparison of format {FORMAT} ({error}); name another folder"
        ) from error
    replies: dict[Place, Reply] = {}
    for number, row in rows:
        try:
            reply = _read_reply(row)
        except (KeyError, TypeError, ValueError) as error:
            raise InputError(f"{path}:{number} is no reply ({error}); drop the line") from error
        if reply.variant not in plan.variants or not 0 <= reply.place < len(plan.asked):
            raise InputError(f"{path}:{number} replies to nothing that was asked; drop the line")
        replies[reply.variant, reply.place] = reply
    return plan, replies


def _rows(path: Path) -> Iterator[tuple[int, dict[str, Any]]]:
    """Whole lines only: one without its end was cut short by whatever stopped the run."""
    try:
        file = path.open("rb")
    except OSError as error:
        raise InputError(f"{path} cannot be read ({error.strerror}); compare first") from error
    with file:
        for number, line in enumerate(file, start=1):
            if not line.endswith(b"\n"):
                return
            try:
                row = json.loads(line)
            except ValueError as error:
                raise InputError(f"{path}:{number} is no JSON ({error}); drop the line") from error
            if not isinstance(row, dict):
                raise InputError(f"{path}:{number} is no JSON object; drop the line")
            yield number, row


def _has_line(path: Path) -> bool:
    if not path.exists():
        return False
    with path.open("rb") as file:
        return file.readline().endswith(b"\n")


def _drop_torn_line(path: Path) -> None:
    with path.open("r+b") as file:
        whole = sum(len(line) for line in file if line.endswith(b"\n"))
        file.truncate(whole)


def _line(row: Mapping[str, Any]) -> bytes:
    # The standard library's JSON keeps a lone surrogate, which orjson refuses.
    return json.dumps(row, allow_nan=False).encode() + b"\n"


def _tell_apart(held: Plan, plan: Plan) -> str:
    for name in plan.variants:
        before, now = held.sources.get(name), plan.sources[name]
        if held.variants == plan.variants and before is not None and before != now:
            return f"what {_words(before)} answered as {name}, and now {_words(now)} would"
    return f"{_describe(held)}, and this is {_describe(plan)}: other prompts or variants"


def _describe(plan: Plan) -> str:
    return f"{plan.function} of {', '.join(plan.variants)} on {len(plan.asked)} prompts"


def _words(source: Mapping[str, str]) -> str:
    return ", ".join(f"{name} {value}" for name, value in source.items())


def _plan_row(plan: Plan) -> dict[str, Any]:
    asked = [
        {
            "id": one.id,
            "slice": one.slice,
            "family": one.family,
            "expects": one.expects,
            "system": one.prompt.system,
            "messages": [[message.role, message.content] for message in one.prompt.messages],
        }
        for one in plan.asked
    ]
    return {
        "format": FORMAT,
        "function": plan.function,
        "variants": list(plan.variants),
        "confidence": plan.confidence,
        "seed": plan.seed,
        "teacher": plan.teacher,
        "permission": plan.permission,
        "sources": {name: dict(one) for name, one in plan.sources.items()},
        "holdout_share": plan.holdout_share,
        "min_agreement": plan.min_agreement,
        "asked": asked,
    }


def _read_plan(row: Mapping[str, Any]) -> Plan:
    if row["format"] != FORMAT:
        raise ValueError(f"format {row['format']}")
    asked = tuple(
        Asked(
            one["id"],
            one["slice"],
            one["family"],
            one["expects"],
            Prompt(one["system"], tuple(Message(*pair) for pair in one["messages"])),
        )
        for one in row["asked"]
    )
    return Plan(
        row["function"],
        tuple(row["variants"]),
        asked,
        float(row["confidence"]),
        int(row["seed"]),
        row["teacher"],
        row["permission"],
        {name: dict(row["sources"][name]) for name in row["variants"]},
        float(row["holdout_share"]),
        float(row["min_agreement"]),
    )


def _reply_row(reply: Reply) -> dict[str, Any]:
    row: dict[str, Any] = {
        "variant": reply.variant,
        "place": reply.place,
        "attempts": reply.attempts,
        "latency_s": reply.latency_s,
        "error": reply.error,
        "scores": dict(reply.scores),
        "at": reply.at,
    }
    said = reply.completion
    if said is not None:
        row["completion"] = {
            "answer": said.answer,
            "thinking": said.thinking,
            "reasoning_kind": said.reasoning_kind.value,
            "stop_reason": said.stop_reason,
            "usage": [said.usage.input_tokens, said.usage.output_tokens],
            "model": said.model,
            "cost_usd": said.cost_usd,
            "confidence": None if said.confidence is None else said.confidence.plain(),
            "aside": said.aside,
        }
    return row


def _read_reply(row: Mapping[str, Any]) -> Reply:
    said = row.get("completion")
    completion = None
    if said is not None:
        completion = Completion(
            said["answer"],
            said["thinking"],
            ReasoningKind(said["reasoning_kind"]),
            said["stop_reason"],
            Usage(*map(int, said["usage"])),
            said["model"],
            said["cost_usd"],
            TokenConfidence.read(said.get("confidence")),
            str(said.get("aside") or ""),
        )
    return Reply(
        row["variant"],
        int(row["place"]),
        int(row["attempts"]),
        float(row["latency_s"]),
        completion,
        row["error"],
        {name: float(value) for name, value in row["scores"].items()},
        float(row["at"]),
    )
