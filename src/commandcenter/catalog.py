"""The 19 widget scenarios, the JSON Schema of a plan, and what a plan must keep beyond the schema.

Refuses nothing itself: `check_plan` says in words what is wrong with a plan.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Any, cast

from jsonschema import Draft202012Validator


class Size(Enum):
    COMPACT = "compact"
    NORMAL = "normal"
    EXPANDED = "expanded"
    HERO = "hero"


@dataclass(frozen=True, slots=True)
class Scenario:
    """`height` is in dashboard rows; `sizes` are the ones it takes after the first place, which is
    always hero."""

    name: str
    height: int
    sizes: tuple[Size, ...]
    description: str
    good_for: tuple[str, ...]


_SMALL = (Size.COMPACT, Size.NORMAL)
_MEDIUM = (Size.NORMAL, Size.EXPANDED)
_LARGE = (Size.EXPANDED,)

_SCENARIOS = (
    Scenario("kpi", 1, _SMALL, "One number with its unit and state.",
             ("live value", "count", "percentage", "score")),
    Scenario("alerts", 2, _MEDIUM, "Open alarms with severity, source and time.",
             ("alarms", "faults", "limits exceeded", "urgent issues")),
    Scenario("comparison", 2, _LARGE, "Two values side by side with their difference.",
             ("versus", "before and after", "actual against target")),
    Scenario("trend", 3, _LARGE, "One metric as a line over time, with its limit.",
             ("history", "last hours or days", "how a value changes")),
    Scenario("trend-multi-line", 3, _LARGE, "Two to four metrics or units on one time axis.",
             ("several parameters", "overlay", "correlation over time")),
    Scenario("trends-cumulative", 3, _LARGE, "A running total that adds up over time.",
             ("total so far", "accumulated", "savings")),
    Scenario("distribution", 3, _MEDIUM, "A whole divided into its shares, as a pie.",
             ("share", "split", "breakdown by type or status")),
    Scenario("composition", 3, _LARGE, "Stacked bars: what each category is made of.",
             ("mix of sources", "contributions", "stacked parts")),
    Scenario("category-bar", 3, _LARGE, "Bars that rank units, areas or shifts by one metric.",
             ("top consumers", "ranking", "by area, by shift")),
    Scenario("timeline", 3, _LARGE, "Events placed on a time axis in their order.",
             ("schedule", "sequence of events", "when it happened")),
    Scenario("flow-sankey", 4, _LARGE, "Streams from sources to where they end, losses included.",
             ("energy balance", "flows between areas", "losses")),
    Scenario("matrix-heatmap", 4, _LARGE, "A coloured grid of two dimensions.",
             ("all units at a glance", "unit by parameter", "hour by day")),
    Scenario("eventlogstream", 4, _LARGE, "A scrolling list of records, newest first.",
             ("event log", "work orders", "what happened")),
    Scenario("edgedevicepanel", 4, _LARGE, "Everything about a device: readings, state, link.",
             ("one unit in depth", "controllers", "online or offline")),
    Scenario("chatstream", 4, _LARGE, "The conversation so far.",
             ("follow-up", "earlier answers")),
    Scenario("peopleview", 3, _LARGE, "The workforce: roster, attendance, teams.",
             ("who is on shift", "attendance", "absence")),
    Scenario("peoplehexgrid", 3, _LARGE, "People as cells placed by zone or department.",
             ("who is where", "staffing by zone")),
    Scenario("peoplenetwork", 3, _LARGE, "People as a graph of lines of report and teamwork.",
             ("org chart", "who works with whom")),
    Scenario("supplychainglobe", 3, _LARGE, "Vendors and shipments on a globe.",
             ("deliveries", "suppliers", "delays on the way")),
)  # fmt: skip

CATALOG: Mapping[str, Scenario] = {scenario.name: scenario for scenario in _SCENARIOS}
MAX_WIDGETS = 8

Item = tuple[str, str, tuple[str, ...]]


def _widget_schema(sizes: Sequence[str]) -> dict[str, Any]:
    # The order of the properties is the order of writing: what to show, how large, how sure, of what.
    return {
        "type": "object",
        "properties": {
            "scenario": {"enum": list(CATALOG)},
            "size": {"enum": list(sizes)},
            "relevance": {"type": "number", "minimum": 0, "maximum": 1},
            "data_request": {
                "type": "object",
                "properties": {
                    "metric": {"type": "string", "maxLength": 40},
                    "entities": {
                        "type": "array",
                        "items": {"type": "string", "maxLength": 40},
                        "maxItems": 12,
                    },
                    "query": {"type": "string", "minLength": 1, "maxLength": 160},
                },
                "required": ["metric", "entities", "query"],
                "additionalProperties": False,
            },
        },
        "required": ["scenario", "size", "relevance", "data_request"],
        "additionalProperties": False,
    }


PLAN_SCHEMA: Mapping[str, Any] = {
    "type": "object",
    "properties": {
        "heading": {"type": "string", "minLength": 1, "maxLength": 80},
        "widgets": {
            "type": "array",
            "prefixItems": [_widget_schema(["hero"])],
            "items": _widget_schema(["compact", "normal", "expanded"]),
            "minItems": 1,
            "maxItems": MAX_WIDGETS,
        },
    },
    "required": ["heading", "widgets"],
    "additionalProperties": False,
}

SPEAK_SCHEMA: Mapping[str, Any] = {
    "type": "object",
    "properties": {"text": {"type": "string", "minLength": 1, "maxLength": 400}},
    "required": ["text"],
    "additionalProperties": False,
}


def check_plan(plan: object) -> list[str]:
    """What is wrong with a plan, first against the schema, then against the catalog's sizes."""
    faults = [
        f"{'.'.join(str(part) for part in error.path) or 'plan'}: {error.message[:200]}"
        for error in Draft202012Validator(dict(PLAN_SCHEMA)).iter_errors(plan)
    ]
    if faults:
        return faults
    widgets = cast("dict[str, Any]", plan)["widgets"]
    return [
        f"widgets.{place}: {widget['scenario']} is not shown {widget['size']}"
        for place, widget in enumerate(widgets)
        if place > 0 and Size(widget["size"]) not in CATALOG[widget["scenario"]].sizes
    ]


def items(plan: Mapping[str, Any]) -> list[Item]:
    """The plan's widgets as (scenario, metric, entities); a widget without them is left out."""
    found: list[Item] = []
    widgets = plan.get("widgets")
    for widget in widgets if isinstance(widgets, list) else []:
        asked = widget.get("data_request") if isinstance(widget, dict) else None
        if isinstance(asked, dict) and isinstance(asked.get("entities"), list):
            entities = tuple(str(entity) for entity in asked["entities"])
            found.append((str(widget.get("scenario")), str(asked.get("metric")), entities))
    return found
