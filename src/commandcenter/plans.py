"""Builds a plan out of an intent: which widgets, how large, and what data each of them asks for.

Pure and regular: the same intent always gives the same plan.
"""

from collections.abc import Sequence
from typing import Any

from commandcenter.catalog import CATALOG
from commandcenter.equipment import GROUPS, KINDS
from commandcenter.features import Intent
from commandcenter.recipes import choose_scenarios, default_metric

_RELEVANCES = (0.9, 0.8, 0.7, 0.6, 0.5, 0.4, 0.3, 0.2)
# Some widgets show records rather than a measured value, whatever the question measures.
_OWN_METRIC = {
    "alerts": "alarms",
    "peopleview": "attendance",
    "peoplehexgrid": "attendance",
    "peoplenetwork": "team",
    "supplychainglobe": "shipments",
    "chatstream": "conversation",
}
_RECORDS = ("work_orders", "maintenance", "alarms", "events")


def build_plan(intent: Intent, alarmed: bool) -> dict[str, Any]:
    """`alarmed` says that a unit asked about has an open alarm."""
    scenarios = list(choose_scenarios(intent.type, intent.metric, intent.period))
    if alarmed and "alerts" not in scenarios:
        scenarios.append("alerts")
    return {
        "heading": _heading(intent),
        "widgets": [
            _build_widget(scenario, place, intent) for place, scenario in enumerate(scenarios)
        ],
    }


def name_of(entity: str) -> str:
    """`pump_001` as people say it: Pump 1; a group (`pumps`) as Pumps; other words as they are."""
    kind, _, number = entity.rpartition("_")
    if kind in KINDS and number.isdigit():
        return f"{KINDS[kind].name} {int(number)}"
    if entity in GROUPS:
        name = KINDS[GROUPS[entity]].name
        return name if entity == "solar" else f"{name}s"
    return entity.replace("_", " ")


def _build_widget(scenario: str, place: int, intent: Intent) -> dict[str, Any]:
    metric = _metric_of(scenario, intent)
    # The entities stand in a field of their own: repeating them here only costs tokens.
    about = " ".join([metric.replace("_", " "), intent.period or ""]).strip()
    return {
        "scenario": scenario,
        "size": "hero" if place == 0 else CATALOG[scenario].sizes[0].value,
        "relevance": _RELEVANCES[place],
        "data_request": {"metric": metric, "entities": list(intent.entities), "query": about},
    }


def _metric_of(scenario: str, intent: Intent) -> str:
    own = _OWN_METRIC.get(scenario)
    if own is not None:
        return own
    asked = intent.metric or default_metric(intent.type, intent.domains)
    if scenario in ("timeline", "eventlogstream") and asked not in _RECORDS:
        return "events"
    return asked


def _heading(intent: Intent) -> str:
    asked = intent.metric or default_metric(intent.type, intent.domains)
    parts = dict.fromkeys([*asked.split("_"), *intent.type.split("_")])
    title = " ".join(parts).capitalize()
    names = _join([name_of(entity) for entity in intent.entities[:2]])
    return f"{title}: {names}"[:80] if names else title[:80]


def _join(names: Sequence[str]) -> str:
    return " and ".join(names)
