"""The eight workflow templates, and plans from them, so that training can start on day one.

A workflow words a question, queries the plant as its tools would, and the scripted teacher answers
the same prompt that live traffic builds. Every behavioural flag is set here, none by default. What
is worked through to an answer with numbers is in investigation/.
"""

import random
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from commandcenter.language.grammar import expand
from commandcenter.language.sealed import is_sealed
from commandcenter.language.surface import write
from commandcenter.plant import Plant, ReadingState
from commandcenter.prompt import build_select_widgets, family
from commandcenter.scene import TABLES, draw_scene
from commandcenter.series import DAY_S, HOUR_S, ORIGIN
from commandcenter.teacher import MODEL, answer
from understudy.records import (
    Prompt,
    ReasoningKind,
    Trace,
    TraceSource,
    TrainingPermission,
    content_hash,
)

FUNCTION = "select_widgets"
_TYPO_CHANCE = 0.05

Tool = Callable[[Plant, str, float], int]


@dataclass(frozen=True, slots=True)
class Workflow:
    """One kind of work at the plant: how it is asked for, which tools it needs, how it thinks."""

    name: str
    texts: tuple[str, ...]
    tools: tuple[str, ...]
    exploration: str
    constraints: tuple[str, ...]
    rag: bool = False
    terminal: bool = False
    web_search: bool = False


def _read_metric(plant: Plant, unit: str, now: float) -> int:
    metrics = plant.get(unit).metrics[:3]
    return sum(len(plant.series(unit, name, now - DAY_S, now, 6 * HOUR_S)) for name in metrics)


def _list_alarms(plant: Plant, unit: str, now: float) -> int:
    return len(plant.alarms(now, since=now - 7 * DAY_S, equipment_id=unit))


def _list_maintenance(plant: Plant, unit: str, now: float) -> int:
    return len(plant.maintenance(now, since=now - 90 * DAY_S, equipment_id=unit))


def _read_costs(plant: Plant, unit: str, now: float) -> int:
    area = plant.get(unit).area
    return sum(cost.area == area for cost in plant.costs(now, since=now - 7 * DAY_S))


def _list_crew(plant: Plant, unit: str, now: float) -> int:
    area = plant.get(unit).area
    on_duty = {shift.name for shift in plant.shifts(now)}
    return sum(one.area == area and one.shift in on_duty for one in plant.people())


def _check_unit(plant: Plant, unit: str, now: float) -> int:
    """How many of the unit's gauges are in alarm now, out of a look at each."""
    return sum(
        plant.reading(unit, metric, now).state is ReadingState.ALARM
        for metric in plant.get(unit).metrics
    )


TOOLS: Mapping[str, Tool] = {
    "read_metric": _read_metric,
    "list_alarms": _list_alarms,
    "list_maintenance": _list_maintenance,
    "read_costs": _read_costs,
    "list_crew": _list_crew,
    "check_unit": _check_unit,
}

WORKFLOWS: tuple[Workflow, ...] = (
    Workflow(
        "equipment_analysis",
        (
            "{show} (a|the) {overview} of {machine} (with|including) {reading} and {alarms}",
            "how is {machine} (doing|performing|running) {period}",
            "(analyse|assess|examine) {machine} {reading} and {reading2} {period}",
            "compare {machine} and {machine2} {reading} {period}",
        ),
        ("check_unit", "read_metric", "list_alarms"),
        "thorough",
        ("only units that exist", "one plan answers the question"),
    ),
    Workflow(
        "anomaly_detection",
        (
            "(any|find|detect) (anomalies|spikes|abnormal values) in {machine} {limited} {period}",
            "why is the {limited} of {machine} (so high|rising|unstable) {period}",
            "{isthere} {limited} (violations|breaches) on {kinds} {period}",
            "{machine} {limited} (alarm|warning), {show} what is happening",
        ),
        ("read_metric", "list_alarms"),
        "thorough",
        ("compare with the limit before naming a fault",),
    ),
    Workflow(
        "database_schema",
        (
            "{show} the (event|system|operator) (log|records|entries) of {machine} {period}",
            "(list|table of) all logged (events|messages) {by} {dimension} {period}",
            "(tabular view|table) of {orders} {by} {dimension} {period}",
            "{kinds} {reading} and {reading2} in a (matrix|grid|heatmap) {by} {dimension}",
        ),
        ("check_unit",),
        "minimal",
        ("only columns that are recorded",),
        rag=True,
    ),
    Workflow(
        "maintenance_analysis",
        (
            "{whatis} the (maintenance|service|repair) history of {machine} {period}",
            "{which} {orders} of {kinds} are (overdue|late|pending) {period}",
            "{whatis} the {mtbf} of {kinds} {period}",
            "{show} the maintenance (calendar|schedule|plan) of {kinds} {ahead}",
        ),
        ("list_maintenance", "list_crew"),
        "moderate",
        ("open orders before closed ones",),
        rag=True,
    ),
    Workflow(
        "energy_optimisation",
        (
            "{which} {kinds} (use|consume|waste) the most {counted} {period}",
            "{show} a sankey of {flowing} from {source} to {sink} {period}",
            "{howmuch} {counted} did we save compared to (last month|last week|last year)",
            "{utility} cost (breakdown|split) {by} {dimension} {period}",
        ),
        ("read_costs", "read_metric"),
        "thorough",
        ("savings are measured against a baseline", "no unit is switched off"),
        web_search=True,
    ),
    Workflow(
        "real_time_monitoring",
        (
            "{whatis} the {current} {reading} of {machine} {now}",
            "(monitor|watch|track) {quantity} {here} {now}",
            "{isthere} (active|open) {alarms} {here} {now}",
            "{show} the status of all {kinds} {here} {now}",
        ),
        ("read_metric",),
        "minimal",
        ("the latest value only",),
        terminal=True,
    ),
    Workflow(
        "data_aggregation",
        (
            "{whatis} the (running|cumulative) total of {counted} {here} {period}",
            "{counted} {by} {dimension} (as a pie|stacked|as a bar chart) {period}",
            "total {counted} (of|for) {kinds} {period}",
            "{show} {counted} per shift {here} {period}",
        ),
        ("read_costs", "list_crew"),
        "moderate",
        ("the parts add up to the total",),
        terminal=True,
    ),
    Workflow(
        "predictive_maintenance",
        (
            "{which} {kinds} are (likely|about|going) to fail {ahead}",
            "is the {limited} of {machine} (getting worse|deteriorating|drifting) {period}",
            "{plot} {limited} and {reading} of {machine} {period}",
            "rank {kinds} by (risk|health|condition) {here}",
        ),
        ("read_metric", "list_alarms", "list_maintenance"),
        "thorough",
        ("a trend needs more than one reading", "state how sure the forecast is"),
    ),
)


def bootstrap(n: int, seed: int, plant: Plant) -> Iterator[Trace]:
    """n synthetic traces with different prompts, the workflows in turn; the same for a seed."""
    rng = random.Random(f"bootstrap {seed}")
    seen: set[str] = set()
    while len(seen) < n:
        workflow = WORKFLOWS[len(seen) % len(WORKFLOWS)]
        question = ask(rng, workflow, plant)
        prompt = build_select_widgets({"question": question}, plant)
        if prompt.hash not in seen and not is_sealed(question):
            yield _trace(workflow, question, prompt, plant, (seed, len(seen)))
            seen.add(prompt.hash)


def ask(rng: random.Random, workflow: Workflow, plant: Plant) -> str:
    """A question that belongs to the workflow, as an operator writes it."""
    scene = draw_scene(rng, plant.equipment)
    sentence = expand(rng, rng.choice(workflow.texts), scene, TABLES)
    return write(rng, sentence, scene["period"], _TYPO_CHANCE)


def _trace(
    workflow: Workflow, question: str, prompt: Prompt, plant: Plant, place: tuple[int, int]
) -> Trace:
    seed, index = place
    completion = answer(FUNCTION, prompt, plant)
    return Trace(
        id=f"bootstrap-{content_hash([seed, index, prompt.hash])[:24]}",
        function=FUNCTION,
        prompt=prompt,
        thinking=completion.thinking or "",
        answer=completion.answer,
        reasoning_kind=ReasoningKind.SYNTHETIC,
        teacher=MODEL,
        training_permission=TrainingPermission.OPEN,
        source=TraceSource.BOOTSTRAP,
        family=family(prompt, plant),
        # A clock would make two bootstraps of one seed differ.
        created_at=ORIGIN + index,
        usage=completion.usage,
        behaviour=_behave(workflow, question, plant, ORIGIN + index * HOUR_S),
    )


def _behave(workflow: Workflow, question: str, plant: Plant, now: float) -> dict[str, Any]:
    """Every flag by name. A flag left to a default once cost 550 of 552 traces."""
    named = plant.find(question)
    unit = named[0].id if named else plant.equipment[0].id
    calls = [
        {"tool": tool, "unit": unit, "records": TOOLS[tool](plant, unit, now)}
        for tool in workflow.tools
    ]
    return {
        "workflow": workflow.name,
        "stop_reason": "end_turn",
        "multi_step_reasoning": True,
        "rag": workflow.rag,
        "terminal": workflow.terminal,
        "web_search": workflow.web_search,
        "tool_calls": calls,
        "exploration": workflow.exploration,
        "constraints": list(workflow.constraints),
        "self_corrections": 0,
        "pruning": workflow.exploration == "thorough",
    }
