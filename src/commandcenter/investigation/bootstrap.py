"""Synthetic traces of whole investigations, the eight workflows in turn, and held-out questions.

Every behavioural flag is set here, none by default: one left out once cost 550 of 552 traces.
"""

import random
import re
from collections.abc import Iterator, Sequence
from typing import Any

from commandcenter import teacher
from commandcenter.investigation.cases import Work
from commandcenter.investigation.function import FUNCTION, build_investigate, conclude, investigate
from commandcenter.language.sealed import is_sealed
from commandcenter.plant import Plant
from commandcenter.prompt import family
from commandcenter.series import DAY_S, HOUR_S, ORIGIN
from commandcenter.workflows import WORKFLOWS, Workflow, ask
from understudy.curate.signals.findings import ToolCall
from understudy.curate.signals.tools import Sort, sorts_of
from understudy.function import Question
from understudy.records import (
    Completion,
    Prompt,
    ReasoningKind,
    Trace,
    TraceSource,
    TrainingPermission,
    content_hash,
)

_FIRST_DAY, _DAYS = 30, 300
_MOST_TRIES = 50
_NUMBER = re.compile(r"\d+(?:\.\d+)?")


def bootstrap(n: int, seed: int, plant: Plant) -> Iterator[Trace]:
    """n different traces, no two alike when their numbers are masked; the same for a seed."""
    rng = random.Random(f"investigate {seed}")
    seen: set[str] = set()
    hashes: set[str] = set()
    tries = 0
    while len(hashes) < n:
        workflow = WORKFLOWS[len(hashes) % len(WORKFLOWS)]
        question, prompt = _draw(rng, workflow, plant)
        work = investigate(prompt, plant)
        masked = _NUMBER.sub("#", work.thinking)
        # A request for very many must end: what is repeated then still answers another question.
        if (masked in seen and tries < _MOST_TRIES) or prompt.hash in hashes or is_sealed(question):
            tries += 1
            continue
        tries = 0
        seen.add(masked)
        hashes.add(prompt.hash)
        completion = teacher.complete(prompt, work.thinking, conclude(work))
        yield _trace(prompt, completion, work, plant, (seed, len(hashes)))


def hold_out(n: int, seed: int, plant: Plant) -> Sequence[Question]:
    rng = random.Random(f"investigate holdout {seed}")
    found: dict[str, Question] = {}
    while len(found) < n:
        workflow = WORKFLOWS[len(found) % len(WORKFLOWS)]
        question = ask(rng, workflow, plant)
        request = {"question": question, "workflow": workflow.name, "now": _draw_time(rng)}
        identity = f"{FUNCTION}-{seed}-{len(found):05d}"
        found.setdefault(question, Question(identity, request, slice=workflow.name))
    return list(found.values())


def _draw(rng: random.Random, workflow: Workflow, plant: Plant) -> tuple[str, Prompt]:
    question = ask(rng, workflow, plant)
    request = {"question": question, "workflow": workflow.name, "now": _draw_time(rng)}
    if not plant.find(question):
        kinds = plant.find_kinds(question)
        units = [unit for unit in plant.equipment if not kinds or unit.kind == kinds[0]]
        request["unit"] = rng.choice(units).id
    return question, build_investigate(request, plant)


def _draw_time(rng: random.Random) -> float:
    return ORIGIN + (_FIRST_DAY + rng.randrange(_DAYS)) * DAY_S + rng.randrange(24) * HOUR_S


def _trace(
    prompt: Prompt, completion: Completion, work: Work, plant: Plant, place: tuple[int, int]
) -> Trace:
    seed, index = place
    return Trace(
        id=f"bootstrap-{content_hash([FUNCTION, seed, index, prompt.hash])[:24]}",
        function=FUNCTION,
        prompt=prompt,
        thinking=completion.thinking or "",
        answer=completion.answer,
        reasoning_kind=ReasoningKind.SYNTHETIC,
        teacher=completion.model,
        training_permission=TrainingPermission.OPEN,
        source=TraceSource.BOOTSTRAP,
        family=family(prompt, plant),
        # A clock would make two bootstraps of one seed differ.
        created_at=ORIGIN + index,
        usage=completion.usage,
        behaviour=_behave(work),
    )


def _behave(work: Work) -> dict[str, Any]:
    book = work.book
    workflow = next(one for one in WORKFLOWS if one.name == book.case.workflow)
    sorts = {sort for call in book.calls for sort in sorts_of(ToolCall(call["tool"]))}
    return {
        "workflow": workflow.name,
        "stop_reason": "end_turn",
        "succeeded": True,
        "errors": 0,
        "steps": len(book.thoughts),
        "exploration": work.depth.value,
        "tool_calls": list(book.calls),
        "constraints": list(workflow.constraints),
        "self_corrections": book.acts["self_corrections"],
        "dead_ends": book.acts["dead_ends"],
        "branches": book.acts["branches"],
        "pruning": book.acts["dead_ends"] > 0,
        "assumptions": book.acts["assumptions"],
        "validations": book.acts["validations"],
        "counterfactuals": book.acts["counterfactuals"],
        "multi_step_reasoning": len(book.thoughts) > 1,
        "explicit_planning": len(book.thoughts) > 1,
        "rag": Sort.RETRIEVAL in sorts,
        "terminal": Sort.TERMINAL in sorts,
        "web_search": False,
        "parallel_tools": False,
    }
