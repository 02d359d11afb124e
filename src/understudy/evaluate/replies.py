"""A comparison on disk: answers.jsonl holds what was asked of whom, then every reply, one a line.

Lines are appended and never edited: the last word of a variant on a prompt counts. Refuses a file
of another comparison.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from understudy.errors import InputError
from understudy.function import Function, Question
from understudy.records import (
    Completion,
    Message,
    Prompt,
    ReasoningKind,
    TokenConfidence,
    Usage,
    content_hash,
)

ANSWERS_FILE = "answers.jsonl"
FORMAT = 1
Place = tuple[str, int]
"""A variant and the place of the prompt that it was asked."""


@dataclass(frozen=True, slots=True)
class Asked:
    """One prompt of a comparison. `expects` tells whether its question knows a good answer."""

    id: str
    slice: str
    family: str
    expects: bool
    prompt: Prompt


@dataclass(frozen=True, slots=True)
class Plan:
    """What is compared. Variants are compared with the first; `confidence` and `seed` are kept so
    that a replay draws the same intervals, `permission` is the teacher's when it was asked."""

    function: str
    variants: tuple[str, ...]
    asked: tuple[Asked, ...]
    confidence: float
    seed: int
    teacher: str
    permission: str

    @property
    def identity(self) -> str:
        prompts = [[one.id, one.prompt.hash] for one in self.asked]
        return content_hash([self.function, list(self.variants), prompts])


@dataclass(frozen=True, slots=True)
class Reply:
    """What one variant said to one prompt, or the error why it said nothing."""

    variant: str
    place: int
    attempts: int
    latency_s: float
    completion: Completion | None = None
    error: str = ""
    scores: Mapping[str, float] = field(default_factory=dict)


def list_asked(function: Function, questions: Sequence[Question]) -> tuple[Asked, ...]:
    prompts = [function.build_prompt(question.request) for question in questions]
    return tuple(
        Asked(one.id, one.slice, function.family(prompt), one.expected is not None, prompt)
        for one, prompt in zip(questions, prompts, strict=True)
    )


def begin(folder: Path, plan: Plan) -> dict[Place, Reply]:
    """The replies that the folder already holds for this plan; an empty folder is given the plan.

    Raises InputError when the folder holds another comparison.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except FileExistsError as error:
        raise InputError(f"{folder} is a file; name a folder for --output") from error
    path = folder / ANSWERS_FILE
    if not path.exists() or not path.read_bytes().count(b"\n"):
        path.write_bytes(_line({"comparison": _plan_row(plan)}))
        return {}
    held, replies = load(folder)
    if held.identity != plan.identity:
        raise InputError(
            f"{path} holds {_describe(held)}, and this is {_describe(plan)}: other prompts or "
            "variants; name another --output folder"
        )
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
        content = path.read_bytes()
    except OSError as error:
        raise InputError(f"{path} cannot be read ({error.strerror}); compare first") from error
    for number, line in enumerate(content.split(b"\n")[:-1], start=1):
        try:
            row = json.loads(line)
        except ValueError as error:
            raise InputError(f"{path}:{number} is no JSON ({error}); drop the line") from error
        if not isinstance(row, dict):
            raise InputError(f"{path}:{number} is no JSON object; drop the line")
        yield number, row


def _drop_torn_line(path: Path) -> None:
    content = path.read_bytes()
    whole = content.rfind(b"\n") + 1
    if whole < len(content):
        with path.open("r+b") as file:
            file.truncate(whole)


def _line(row: Mapping[str, Any]) -> bytes:
    # The standard library's JSON keeps a lone surrogate, which orjson refuses.
    return json.dumps(row, allow_nan=False).encode() + b"\n"


def _describe(plan: Plan) -> str:
    return f"{plan.function} of {', '.join(plan.variants)} on {len(plan.asked)} prompts"


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
    )


def _reply_row(reply: Reply) -> dict[str, Any]:
    row: dict[str, Any] = {
        "variant": reply.variant,
        "place": reply.place,
        "attempts": reply.attempts,
        "latency_s": reply.latency_s,
        "error": reply.error,
        "scores": dict(reply.scores),
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
            # A file of an earlier version has none.
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
    )
