"""One step of a prompt's evolution: a mutation of the best version, when one is due.

Deterministic by `prompts.seed` and the number of the version: a restart goes on as it would have.
"""

import difflib
import random
from collections.abc import Iterable
from dataclasses import dataclass

from understudy.config import Prompts
from understudy.errors import UpstreamError
from understudy.learn.prompts.checks import why_refused
from understudy.learn.prompts.mutate import Tools, mutate, possible
from understudy.learn.prompts.versions import (
    Mutation,
    State,
    Version,
    add_version,
    best_parent,
    is_due,
    skip_proposal,
)
from understudy.records import Trace, TraceSource
from understudy.template import Lines, Template, render, with_lines

# A mutation that is refused is followed by another try; more would only ask the teacher in vain.
TRIES = 3


@dataclass(frozen=True, slots=True)
class Step:
    """The new state, the version that came of it, and why each mutation was refused."""

    state: State
    version: Version | None = None
    refused: tuple[str, ...] = ()


def advance(state: State, template: Template, tools: Tools, settings: Prompts, at: float) -> Step:
    """A candidate where one is due. Where nothing comes of it, the next try is due after as many
    trials again; a model that cannot be reached is one refusal, and raises nothing."""
    if not is_due(state, settings):
        return Step(state)
    if not settings.ask_teacher:
        tools = Tools(None, tools.examples)
    rng = random.Random(f"{settings.seed} {state.template} {state.next_number}")
    parent = best_parent(state)
    options = possible(template, parent.lines, tools)
    refused: list[str] = []
    for _ in range(TRIES if options else 0):
        mutation = rng.choice(options)
        lines, reason = _try(mutation, state, template, parent, (tools, settings, rng))
        if lines is not None:
            grown = add_version(state, lines, parent.number, mutation, settings, at)
            return Step(grown, grown.versions[-1], tuple(refused))
        refused.append(f"{mutation.value}: {reason}")
    return Step(skip_proposal(state), None, tuple(refused))


def diff(template: Template, before: Version, after: Version) -> str:
    """The two rendered prompts as a unified diff."""
    old, new = (
        render(with_lines(template, one.lines)).splitlines(keepends=True) for one in (before, after)
    )
    names = f"version {before.number}", f"version {after.number}"
    lines = difflib.unified_diff(old, new, *names, n=1)
    return "".join(line if line.endswith("\n") else f"{line}\n" for line in lines)


def examples_of(traces: Iterable[Trace], most_chars: int) -> list[str]:
    """One line for each synthetic trace: what an operator typed never becomes part of a prompt."""
    lines = [
        f"{_one_line(trace.prompt.messages[-1].content)} -> {_one_line(trace.answer)}"
        for trace in traces
        if trace.source is TraceSource.BOOTSTRAP and trace.prompt.messages
    ]
    return [line for line in dict.fromkeys(lines) if len(line) <= most_chars]


def _try(
    mutation: Mutation,
    state: State,
    template: Template,
    parent: Version,
    means: tuple[Tools, Prompts, random.Random],
) -> tuple[Lines | None, str]:
    tools, settings, rng = means
    try:
        lines = mutate(mutation, template, parent.lines, tools, rng)
    except UpstreamError as error:
        return None, str(error)
    known = [one.lines for one in state.versions]
    reason = why_refused(template, parent.lines, lines, settings, known)
    return (None, reason) if reason else (lines, "")


def _one_line(text: str) -> str:
    return " ".join(text.split())
