"""The function `investigate`: its one prompt builder, its schema, and the scripted answer to a prompt.

Refuses a request without a question; what it leaves out is read from the question or the plant.
"""

import random
from collections.abc import Hashable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from commandcenter.equipment import KINDS, Equipment, Metric, find_metric
from commandcenter.features import parse_intent
from commandcenter.investigation.cases import APPROACHES, Work, work_through
from commandcenter.investigation.notebook import Case
from commandcenter.plant import Plant
from commandcenter.prompt import question_of, read_lines, read_question
from commandcenter.series import DAY_S, ORIGIN
from understudy.curate.signals.findings import Exploration
from understudy.records import Message, Prompt

FUNCTION = "investigate"
# A tiny student reads only the first line: it must tell the functions apart.
_SYSTEM = """investigate v1

You investigate a question about an industrial plant with the plant's own tools: read_metric,
read_series, verify_metric, list_alarms, list_orders, read_costs, rank_kind, list_shifts, list_people,
search_schema, run_query.

Rules: quote only numbers that a tool returned. Follow an alarm before anything else. Look as deep as
the question needs and no deeper. Say how sure you are.

Answer with compact JSON alone:
{"text":"...","figures":[{"name":"...","value":0,"unit":"..."}],"confidence":"high"}"""
_DEFAULT_WORKFLOW = "equipment_analysis"
_QUOTED = 3
_MAX_FIGURES = 8
_FORMAT = "%Y-%m-%d %H:%M"

INVESTIGATE_SCHEMA: Mapping[str, Any] = {
    "type": "object",
    "properties": {
        "text": {"type": "string", "minLength": 1, "maxLength": 400},
        "figures": {
            "type": "array",
            "maxItems": _MAX_FIGURES,
            "items": {
                "type": "object",
                "properties": {
                    "name": {"type": "string", "minLength": 1, "maxLength": 80},
                    "value": {"type": "number"},
                    "unit": {"type": "string", "maxLength": 20},
                },
                "required": ["name", "value", "unit"],
                "additionalProperties": False,
            },
        },
        "confidence": {"enum": ["high", "medium", "low"]},
    },
    "required": ["text", "figures", "confidence"],
    "additionalProperties": False,
}


def build_investigate(request: Mapping[str, Any], plant: Plant) -> Prompt:
    """`question`, and where known `workflow`, `unit` and `now` (seconds since 1970)."""
    question = question_of(request)
    now = request.get("now")
    at = float(now) if isinstance(now, int | float) else ORIGIN + 30 * DAY_S
    unit = _unit_of(question, str(request.get("unit", "")), plant)
    workflow = str(request.get("workflow", ""))
    lines = [
        f"Question: {question}",
        f"Work: {workflow if workflow in APPROACHES else _DEFAULT_WORKFLOW}",
        f"Unit: {unit.id}",
        f"Metric: {_metric_of(parse_intent(question, plant).metric, unit).name}",
        f"Time: {datetime.fromtimestamp(at, UTC):{_FORMAT}}",
    ]
    return Prompt(_SYSTEM, (Message("user", "\n".join(lines)),))


def workflow_of(prompt: Prompt) -> str:
    named = _line(prompt, "Work")
    return named if named in APPROACHES else _DEFAULT_WORKFLOW


def investigate(prompt: Prompt, plant: Plant) -> Work:
    """Sees nothing but the prompt and the plant; the same for the same prompt."""
    question = read_question(prompt)
    unit = _unit_of(question, _line(prompt, "Unit"), plant)
    metric = _metric_of(_line(prompt, "Metric"), unit)
    named = unit in plant.find(question)
    case = Case(workflow_of(prompt), unit, metric, time_of(prompt), named)
    return work_through(case, plant, random.Random(f"investigate {prompt.hash}"))


def conclude(work: Work) -> dict[str, Any]:
    """The answer: what was found in a sentence, the plant's numbers, and how sure it is."""
    case, figures = work.book.case, work.book.figures[:_MAX_FIGURES]
    approach = APPROACHES[case.workflow]
    lead = (approach.ill if work.alarmed else approach.well).format(
        unit=case.unit.name, metric=case.name, area=case.unit.area
    )
    quoted = ", ".join(
        f"{figure['name'].replace('_', ' ')} {figure['value']} {figure['unit']}".strip()
        for figure in figures[:_QUOTED]
    )
    return {"text": f"{lead}: {quoted}.", "figures": figures, "confidence": _confidence(work)}


def figure_names(answer: Mapping[str, Any]) -> Sequence[Hashable]:
    """Two investigations agree as far as they rest on the same figures."""
    figures = answer.get("figures")
    rows = figures if isinstance(figures, list) else []
    return [str(figure.get("name")) for figure in rows if isinstance(figure, dict)]


def _confidence(work: Work) -> str:
    if work.book.acts["validations"] or work.depth is Exploration.MINIMAL:
        return "high"
    return "medium"


def _unit_of(question: str, unit_id: str, plant: Plant) -> Equipment:
    """The unit that was named, else one that the question names or is of its kind."""
    known = {unit.id: unit for unit in plant.equipment}
    if unit_id in known:
        return known[unit_id]
    named = plant.find(question)
    kinds = plant.find_kinds(question)
    of_kind = (unit for unit in plant.equipment if not kinds or unit.kind == kinds[0])
    return named[0] if named else next(of_kind)


def _metric_of(name: str | None, unit: Equipment) -> Metric:
    """The metric if the unit has it with a limit, else the unit's first that has one."""
    found = find_metric(unit.kind, name or "")
    if found is not None and found.limit is not None:
        return found
    return next(metric for metric in KINDS[unit.kind].metrics if metric.limit is not None)


def _line(prompt: Prompt, label: str) -> str:
    return next(iter(read_lines(prompt, label)), "")


def time_of(prompt: Prompt) -> float:
    try:
        return datetime.strptime(_line(prompt, "Time"), _FORMAT).replace(tzinfo=UTC).timestamp()
    except ValueError:
        return ORIGIN + 30 * DAY_S
