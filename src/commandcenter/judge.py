"""The scripted judge: compares an answer with what the scripted teacher would have shown or said.

Deterministic; reads the answer as data alone, so that nothing written in it can move the verdict.
Refuses a prompt that is no judge's.
"""

from collections.abc import Mapping
from typing import Any

import orjson

from commandcenter.catalog import items
from commandcenter.measures import shown_scenarios
from commandcenter.plant import Plant
from commandcenter.teacher import answer as teach
from commandcenter.teacher import estimate_usage
from understudy.curate.voice import rate_voice
from understudy.evaluate.case import Case, read_case
from understudy.evaluate.doubts import Doubts, read_doubts
from understudy.function import Answer, Judged
from understudy.records import Completion, Message, Prompt, ReasoningKind
from understudy.wire.answers import parse_answer

MODEL = "scripted-judge"
_SURE = 0.9
# The right widget of other data; and one that the teacher would not have shown.
_HALF, _WRONG = 0.5, 0.1


def _text(spoken: Answer) -> str | None:
    text = spoken.get("text")
    return text if isinstance(text, str) else None


PLANS = Judged(
    name_items=lambda plan: [scenario for scenario, _, _ in items(plan)],
    sized=True,
    criteria="shows 1 to 8 widgets, usually 2 to 4, each of use for the question, the answer first.",
)
SPEECH = Judged(
    name_items=lambda _: [],
    spoken=_text,
    criteria="says only what the facts say, in at most two sentences and 40 words.",
)


def judge(prompt: Prompt, plant: Plant) -> Completion:
    """One verdict, as JSON. Raises InputError for a prompt that is no judge's."""
    doubts = read_doubts(prompt)
    text = _read_case(prompt, plant) if doubts is None else _read_doubts(doubts)
    return Completion(
        answer=text,
        thinking=None,
        reasoning_kind=ReasoningKind.OMITTED,
        stop_reason="end_turn",
        usage=estimate_usage(prompt, text),
        model=MODEL,
    )


def _read_case(prompt: Prompt, plant: Plant) -> str:
    case = read_case(prompt)
    verdict = _compare(case, plant) if len(case.answers) == 2 else _evaluate(case, plant)
    return orjson.dumps({"case": case.id, "confidence": _SURE, **verdict}).decode()


def _read_doubts(doubts: Doubts) -> str:
    """It knows the plant, and what a sentence does no better than the rules: no opinion."""
    return orjson.dumps({"case": doubts.id, "right": [None] * len(doubts.claims)}).decode()


def _evaluate(case: Case, plant: Plant) -> dict[str, Any]:
    answer = parse_answer(case.answers[0]) or {}
    reference = _reference(case, plant)
    missing = [name for name in shown_scenarios(reference) if name not in shown_scenarios(answer)]
    return {
        "items": dict(zip(case.items, _rate_items(answer, reference), strict=True)),
        "size_fit": _fit_sizes(answer, reference) if case.sized else None,
        "missing": missing,
        "voice": rate_voice(_text(answer) or "", case.request) if case.spoken else None,
        "reasoning": f"Compared with what the scripted teacher shows; {len(missing)} missing.",
    }


def _compare(case: Case, plant: Plant) -> dict[str, Any]:
    first, second = (_worth(parse_answer(one), case, plant) for one in case.answers)
    better = "tie" if first == second else "first" if first > second else "second"
    return {"better": better, "reasoning": f"Worth {first:.2f} and {second:.2f}."}


def _worth(answer: Answer | None, case: Case, plant: Plant) -> float:
    if answer is None:
        return -1.0
    spoken = _text(answer)
    if spoken is not None:
        return sum(rate_voice(spoken, case.request).values()) / 5
    reference = _reference(case, plant)
    wanted = set(shown_scenarios(reference))
    rates = _rate_items(answer, reference)
    lost = len(wanted.difference(shown_scenarios(answer)))
    return sum(rates) / (len(rates) + lost) if rates else 0.0


def _rate_items(answer: Answer, reference: Mapping[str, Any]) -> list[float]:
    wanted = items(reference)
    scenarios = {scenario for scenario, _, _ in wanted}
    return [
        1.0 if one in wanted else _HALF if one[0] in scenarios else _WRONG for one in items(answer)
    ]


def _fit_sizes(answer: Answer, reference: Mapping[str, Any]) -> float:
    """Of the widgets that both show, the share of one size."""
    right = {one["scenario"]: one["size"] for one in reference["widgets"]}
    pairs = [
        one.get("size") == right[one["scenario"]]
        for one in answer["widgets"]
        if isinstance(one, dict) and one.get("scenario") in right
    ]
    return sum(pairs) / len(pairs) if pairs else 0.0


def _reference(case: Case, plant: Plant) -> dict[str, Any]:
    """What the teacher answers to the same message."""
    # The operator's words stand on one line: they cannot begin a turn of their own.
    message = case.request.rpartition("\n\nuser: ")[2]
    asked = Prompt("", (Message("user", message),))
    found: dict[str, Any] = orjson.loads(teach(case.function, asked, plant).answer)
    return found
