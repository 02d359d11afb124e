"""The scripted teacher: reads a prompt's text, writes its thinking, then the plan or the spoken line.

Deterministic; sees nothing but the prompt and the plant. Refuses a function it does not know.
"""

from typing import Any

import orjson

from commandcenter.features import Intent
from commandcenter.investigation.function import conclude, investigate
from commandcenter.plans import build_plan, name_of
from commandcenter.plant import Plant
from commandcenter.prompt import read_intent, read_lines
from commandcenter.recipes import ASKS, REASONS, default_metric
from commandcenter.voice import say
from understudy.errors import NotFoundError
from understudy.records import Completion, Prompt, ReasoningKind, Usage

MODEL = "scripted-teacher"
_CHARS_PER_TOKEN = 4


def answer(function_name: str, prompt: Prompt, plant: Plant) -> Completion:
    """What a careful teacher says to this prompt. Raises NotFoundError for an unknown function."""
    if function_name == "select_widgets":
        thinking, value = _select_widgets(prompt, plant)
    elif function_name == "speak":
        thinking, value = _speak(prompt)
    elif function_name == "investigate":
        work = investigate(prompt, plant)
        thinking, value = work.thinking, conclude(work)
    else:
        raise NotFoundError(
            f"the scripted teacher knows no function {function_name!r}; ask select_widgets, speak or investigate"
        )
    return complete(prompt, thinking, value)


def complete(prompt: Prompt, thinking: str, value: dict[str, Any]) -> Completion:
    text = orjson.dumps(value).decode()
    return Completion(
        answer=text,
        thinking=thinking,
        reasoning_kind=ReasoningKind.RAW,
        stop_reason="end_turn",
        usage=estimate_usage(prompt, thinking + text),
        model=MODEL,
    )


def _select_widgets(prompt: Prompt, plant: Plant) -> tuple[str, dict[str, Any]]:
    intent = read_intent(prompt, plant)
    alarmed = bool(read_lines(prompt, "Open alarms"))
    plan = build_plan(intent, alarmed)
    scenarios = [widget["scenario"] for widget in plan["widgets"]]
    return _think(intent, alarmed, scenarios), plan


def _think(intent: Intent, alarmed: bool, scenarios: list[str]) -> str:
    metric = intent.metric or default_metric(intent.type, intent.domains)
    subject = f"{metric.replace('_', ' ')} of {', '.join(intent.entities) or 'the plant'}"
    period = f", {intent.period}" if intent.period else ""
    asks = ASKS.get(intent.type, ASKS["status"])
    first, *rest = scenarios
    parts = [f"The operator asks for {asks}: {subject}{period}."]
    parts.append(f"{first} answers it: {REASONS[first]}.")
    if alarmed:
        parts.append("There is an open alarm.")
    if rest:
        parts.append(f"Then {', '.join(rest)}.")
    return " ".join(parts)


def _speak(prompt: Prompt) -> tuple[str, dict[str, Any]]:
    facts = read_lines(prompt, "Fact")
    shown = read_lines(prompt, "Shown")
    text = say(facts, shown[0] if shown else "")
    known = "1 fact" if len(facts) == 1 else f"{len(facts)} facts"
    subjects = dict.fromkeys(name_of(fact.split(" ", 1)[0]) for fact in facts)
    about = f" about {', '.join(subjects)}" if subjects else ""
    return f"I have {known}{about}. Keep it short, with numbers and units.", {"text": text}


def estimate_usage(prompt: Prompt, written: str) -> Usage:
    read = prompt.system + "".join(message.content for message in prompt.messages)
    return Usage(len(read) // _CHARS_PER_TOKEN + 1, len(written) // _CHARS_PER_TOKEN + 1)
