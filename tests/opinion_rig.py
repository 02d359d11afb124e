"""Tickets about which the teacher is not sure, and a scripted judge of what the signals found there."""

import json
from dataclasses import replace
from typing import Any

from compare_rig import TEAMS, TRIAGE, completion, number_of, said

from understudy.evaluate.doubts import read_doubts
from understudy.records import Completion, Prompt

SURE = "I assume that the router is old."


def teach(_function: str, prompt: Prompt) -> Completion:
    """One sure assumption and, in every third ticket, one that the rules doubt."""
    number = number_of(prompt)
    doubted = f" It is probably the {TEAMS[number % 3]} server {number}." if number % 3 == 0 else ""
    return completion(said("desk"), SURE + doubted)


def judge(prompt: Prompt) -> Completion:
    """Thinks that every doubted sentence about an even server is no assumption."""
    doubts = read_doubts(prompt)
    assert doubts is not None
    right = [0.1 if even(one.sentence) else 0.9 for one in doubts.claims]
    return completion(json.dumps({"case": doubts.id, "right": right}))


def even(sentence: str) -> bool:
    return int(sentence.rstrip(".").split()[-1]) % 2 == 0


DOUBTED = replace(TRIAGE, scripted_teacher=teach, scripted_judge=judge)


def settings(url: str, **judge: Any) -> dict[str, dict[str, Any]]:
    """Of a judge that costs nothing, at this address."""
    free = {"usd_per_million_input": 0.0, "usd_per_million_output": 0.0}
    named = {"kind": "scripted", "base_url": url, "model": "a-judge", **free}
    return {"judge": {**named, "per_minute": 99, **judge}, "signals": {"judge": True}}
