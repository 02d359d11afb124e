"""Seven ways to change a prompt's rules, each one rule at a time. Checks nothing: checks.py refuses.

Reordering and adding an example need no model; the others ask for one rule to be reworded.
"""

import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import orjson

from understudy.errors import UpstreamError
from understudy.learn.prompts.versions import Mutation
from understudy.records import Message, Prompt
from understudy.template import Lines, RuleKind, Template
from understudy.wire.answers import parse_answer

Reword = Callable[[Prompt], str]
"""Asks a model and gives the text of its answer. Raises UpstreamError."""

_TASKS: Mapping[Mutation, str] = {
    Mutation.REPHRASE_RULE: "Say the same in other words.",
    Mutation.SIMPLIFY_AFFINITY: "Say the same more simply: which item is for what, and how large.",
    Mutation.TIGHTEN_WORDING: "Say the same in fewer words.",
    Mutation.IMPROVE_CLARITY: "Say the same so that it cannot be misread.",
    Mutation.REPHRASE_CONDITIONAL: "Say the same, with the condition first and the consequence after.",
}
_SYSTEM = """You reword one rule of a prompt for a language model.

Keep its meaning. Keep as they are: every number, every name in braces, every word in quotes, every
technical term. Add nothing. Reply with one JSON object and nothing else: {"rule": "..."}"""
_CONDITIONS = ("if ", "when ", "where ", "unless ", "while ")

Place = tuple[int, int]
"""The editable piece, and the rule in it."""


@dataclass(frozen=True, slots=True)
class Tools:
    """`reword` is None without a model to ask. `examples` are whole lines, and no user's words: what
    stands in a prompt is obeyed."""

    reword: Reword | None = None
    examples: Sequence[str] = ()


def possible(template: Template, lines: Lines, tools: Tools) -> list[Mutation]:
    """The mutations that have something to change, in their order."""
    return [one for one in Mutation if _can(one, template, lines, tools)]


def mutate(
    mutation: Mutation, template: Template, lines: Lines, tools: Tools, rng: random.Random
) -> Lines:
    """Other rules than these, by a mutation that is possible. Raises UpstreamError when the model
    that rewords gives no rule."""
    if mutation is Mutation.REORDER_RULES:
        return _reorder(template, lines, rng)
    if mutation is Mutation.ADD_EXAMPLE:
        return _add_example(template, lines, tools.examples, rng)
    if tools.reword is None:
        raise ValueError(f"{mutation.value} needs a model to ask")
    piece, at = rng.choice(_places(mutation, template, lines))
    return _replaced(lines, piece, at, _reworded(mutation, lines[piece][at], tools.reword))


def _can(mutation: Mutation, template: Template, lines: Lines, tools: Tools) -> bool:
    if mutation is Mutation.REORDER_RULES:
        return bool(_orderable(template, lines))
    if mutation is Mutation.ADD_EXAMPLE:
        return bool(_example_pieces(template)) and bool(_unused(lines, tools.examples))
    return tools.reword is not None and bool(_places(mutation, template, lines))


def _places(mutation: Mutation, template: Template, lines: Lines) -> list[Place]:
    affinity = mutation is Mutation.SIMPLIFY_AFFINITY
    kind = RuleKind.AFFINITY if affinity else RuleKind.RULES
    found = [
        (piece, at)
        for piece, rules in enumerate(template.editable)
        if rules.kind is kind
        for at in range(len(lines[piece]))
    ]
    if mutation is Mutation.REPHRASE_CONDITIONAL:
        return [(piece, at) for piece, at in found if _is_conditional(lines[piece][at])]
    return found


def _is_conditional(line: str) -> bool:
    text = f"{line.lower()} "
    return any(text.startswith(word) or f" {word}" in text for word in _CONDITIONS)


def _reorder(template: Template, lines: Lines, rng: random.Random) -> Lines:
    piece = rng.choice(_orderable(template, lines))
    order = list(lines[piece])
    # Two that stand beside each other: a small step, and never the order that was.
    at = rng.choice([n for n in range(len(order) - 1) if order[n] != order[n + 1]])
    order[at], order[at + 1] = order[at + 1], order[at]
    return (*lines[:piece], tuple(order), *lines[piece + 1 :])


def _orderable(template: Template, lines: Lines) -> list[int]:
    return [
        piece
        for piece, rules in enumerate(template.editable)
        if rules.kind is RuleKind.RULES and len(set(lines[piece])) > 1
    ]


def _add_example(
    template: Template, lines: Lines, examples: Sequence[str], rng: random.Random
) -> Lines:
    piece = rng.choice(_example_pieces(template))
    added = rng.choice(_unused(lines, examples))
    return (*lines[:piece], (*lines[piece], added), *lines[piece + 1 :])


def _example_pieces(template: Template) -> list[int]:
    return [n for n, rules in enumerate(template.editable) if rules.kind is RuleKind.EXAMPLES]


def _unused(lines: Lines, examples: Sequence[str]) -> list[str]:
    shown = {line for piece in lines for line in piece}
    return [one for one in examples if one not in shown]


def _replaced(lines: Lines, piece: int, at: int, line: str) -> Lines:
    changed = (*lines[piece][:at], line, *lines[piece][at + 1 :])
    return (*lines[:piece], changed, *lines[piece + 1 :])


def _reworded(mutation: Mutation, line: str, reword: Reword) -> str:
    rule = orjson.dumps({"rule": line}).decode()
    found = parse_answer(reword(Prompt(_SYSTEM, (Message("user", f"{_TASKS[mutation]}\n{rule}"),))))
    text = None if found is None else found.get("rule")
    if not isinstance(text, str):
        raise UpstreamError(
            'the model that rewords gave no {"rule": "..."}; it is asked again later'
        )
    return text.strip()
