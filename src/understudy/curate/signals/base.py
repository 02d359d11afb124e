"""The base extraction: steps, tools, plan, marks of form, and how far the trace explored.

Reads form, not meaning; what a sentence means is the rules' work.
"""

import re
from collections import Counter
from collections.abc import Iterable, Mapping

import orjson

from understudy.curate.signals.findings import Base, Exploration, Finding, Kind, Observation
from understudy.wire.answers import parse_answer

# Searched in lower case with a line break in front: a pattern that begins with few signs is found fast.
_NUMBERED = re.compile(r"\n[ \t>*_#]{0,8}(?:step[ ]{0,2})?\d{1,3}[.):][ \t*_]")
_SEQUENCED = re.compile(
    r"[\n.!?:][ \t]{0,3}(?:first|second|third|next|then|after that|afterwards|finally|last|to begin with|to start|step)(?:ly)?\b"
)
_PARAGRAPH = re.compile(r"\S[^\n]*(?:\n[ \t]*\S[^\n]*)*")
_FENCE = re.compile(r"^[ \t]{0,8}(?:```|~~~)", re.MULTILINE)
_MARKDOWN = re.compile(
    r"^[ \t]{0,3}(?:#{1,6}[ \t]|[-*+][ \t]|\d{1,3}[.)][ \t]|>|\|)|\*\*|`[^`\n]{1,80}`|\]\(",
    re.MULTILINE,
)
# What announces a plan, each behind the few letters without which none of them can be there.
_PLANNED = {
    "plan": ("my plan", "the plan", "plan:", "let me plan", "game plan"),
    "here's": ("here's how", "here's what"),
    "let me ": ("let me break", "let me think about how", "let me structure", "let me start by"),
    "i'll ": ("i'll start", "i'll begin", "i'll first"),
    "i will ": ("i will start", "i will begin", "i will first"),
    "to do": ("i need to do", "to do this"),
    **{phrase: (phrase,) for phrase in ("steps:", "strategy:", "approach:", "roadmap", "agenda", "in this order", "outline")},
}  # fmt: skip
# How much each counts towards exploring: an alternative weighed is worth two steps taken.
_WORTH = {Kind.COUNTERFACTUAL: 2, Kind.PRUNING: 1, Kind.VALIDATION: 1}
_MODERATE, _THOROUGH = 3, 7


def extract_base(observation: Observation, findings: Iterable[Finding]) -> Base:
    """`findings` are those of the same trace."""
    thinking, answer = observation.thinking, observation.answer
    counts: Counter[Kind] = Counter(finding.kind for finding in findings)
    paragraphs = _count(_PARAGRAPH, thinking)
    lowered = "\n" + thinking.lower()
    numbered = _count(_NUMBERED, lowered)
    steps = max(numbered, _count(_SEQUENCED, lowered)) or paragraphs
    return Base(
        tools=tuple(call.name for call in observation.tool_calls),
        steps=steps,
        paragraphs=paragraphs,
        exploration=_explored(steps + len(observation.tool_calls), counts),
        code_blocks=(_count(_FENCE, answer) + 1) // 2,
        markdown_marks=_count(_MARKDOWN, answer),
        json_answer=parse_json(answer),
        planned=numbered > 1 or _is_planned(lowered),
        counts=counts,
    )


def parse_json(answer: str) -> bool:
    """Whether the answer is one JSON object or list, in a fence or not."""
    text = answer.strip()
    if text[:1] not in "{[`" or not text:
        return False
    if parse_answer(answer) is not None:
        return True
    try:
        return isinstance(orjson.loads(text), list)
    except ValueError:
        return False


def _is_planned(lowered: str) -> bool:
    for letters, phrases in _PLANNED.items():
        if letters in lowered:
            for phrase in phrases:
                if phrase in lowered:
                    return True
    return False


def _explored(acts: int, counts: Mapping[Kind, int]) -> Exploration:
    score = acts + sum(worth * counts.get(kind, 0) for kind, worth in _WORTH.items())
    if score >= _THOROUGH:
        return Exploration.THOROUGH
    return Exploration.MODERATE if score >= _MODERATE else Exploration.MINIMAL


def _count(pattern: re.Pattern[str], text: str) -> int:
    return len(pattern.findall(text))


DEPTHS: Mapping[Exploration, float] = {
    Exploration.MINIMAL: 0.0,
    Exploration.MODERATE: 0.5,
    Exploration.THOROUGH: 1.0,
}
