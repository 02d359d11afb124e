"""An application that sorts tickets, and what variants reply to it, for the comparison's tests."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from understudy.evaluate.replies import Place, Plan, Reply, list_asked
from understudy.function import Application, Function, Question
from understudy.records import Completion, Message, Prompt, ReasoningKind, Usage

TEAMS = ("mail", "network", "desk")
BROKEN = '{"teams": ["nobody"]}'
"""JSON that does not fit the schema."""
THOUGHTS = (
    "I assume that the router is old. Let me check the log: the check passed.",
    "First, read the ticket. Second, weigh both teams. Wait, I was wrong: it is the other one.",
    "Alternatively the desk could take it. The manual says so. It must be done within 5 hours.",
    "It is plain.",
)


def build_prompt(request: Mapping[str, Any]) -> Prompt:
    return Prompt("Name the team.", (Message("user", str(request["text"])),))


def read_question(row: Mapping[str, Any]) -> Question:
    return Question(row["id"], {"text": row["text"]}, row.get("team"), row.get("kind", ""))


def score(expected: Any, answer: Mapping[str, Any] | None) -> dict[str, float]:
    return {"right": float(answer is not None and expected in answer["teams"])}


def holdout(_function: str, n: int, seed: int) -> Sequence[Question]:
    return [
        Question(f"{seed}-{one}", {"text": f"ticket {one}"}, None, TEAMS[one % 3])
        for one in range(n)
    ]


def number_of(prompt: Prompt) -> int:
    return int(prompt.messages[0].content.split()[-1])


def teach(_function: str, prompt: Prompt) -> Completion:
    number = number_of(prompt)
    return completion(said("desk", TEAMS[number % 3]), THOUGHTS[number % 4])


def said(*teams: str) -> str:
    return json.dumps({"teams": list(teams)})


def completion(answer: str, thinking: str = "", stop_reason: str = "end_turn") -> Completion:
    kind = ReasoningKind.RAW if thinking else ReasoningKind.OMITTED
    return Completion(answer, thinking, kind, stop_reason, Usage(10, 5), "scripted-teacher")


FUNCTION = Function(
    name="triage",
    schema={
        "type": "object",
        "required": ["teams"],
        "properties": {"teams": {"type": "array", "items": {"enum": list(TEAMS)}}},
    },
    build_prompt=build_prompt,
    items=lambda answer: list(answer["teams"]),
    family=lambda prompt: prompt.messages[0].content,
    score=score,
    read_question=read_question,
    primary="right",
)
TRIAGE = Application("triage", {"triage": FUNCTION}, teach, holdout=holdout)


def build_plan(
    questions: Sequence[Question],
    variants: tuple[str, ...] = ("teacher", "student@1"),
    permission: str = "open",
    *,
    model: str = "scripted-teacher",
    holdout_share: float = 0.1,
) -> Plan:
    asked = list_asked(FUNCTION, questions)
    sources = {name: {"kind": "openai", "model": model} for name in variants}
    return Plan("triage", variants, asked, 0.95, 5, model, permission, sources, holdout_share, 0.9)


def replied(
    variant: str, place: int, completion: Completion, **scores: float
) -> tuple[Place, Reply]:
    return (variant, place), Reply(variant, place, 1, 0.1, completion, "", scores)


def failed(variant: str, place: int, error: str) -> tuple[Place, Reply]:
    return (variant, place), Reply(variant, place, 3, 0.1, None, error)
