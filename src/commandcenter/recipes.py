"""Which widgets answer which type of question, in what order, and what each of them asks for.

A plan follows from the type, the domains and the number of units alone, so that it can be learnt.
"""

from collections.abc import Mapping, Sequence

from commandcenter.combined import COMBINED
from commandcenter.single import SINGLE

RECIPES: Mapping[str, tuple[str, ...]] = {**SINGLE, **COMBINED}

# A value that wears a machine out is read against its limit, one that adds up against its total.
_CONDITIONS = frozenset(
    {"vibration", "temperature", "pressure", "health", "thd", "voltage", "humidity"}
)
_ADDS_UP = frozenset({"cost", "emissions", "water", "output", "fuel"})


def choose_scenarios(intent_type: str, metric: str | None, period: str | None) -> tuple[str, ...]:
    """The widgets in the order shown; all are in the catalog and none is shown twice."""
    shown = list(RECIPES.get(intent_type, RECIPES["status"]))
    shown += _extra_scenarios(intent_type, metric, period)
    if intent_type == "backup" and metric == "runtime":
        shown.insert(2, "timeline")
    return tuple(dict.fromkeys(shown))


def _extra_scenarios(intent_type: str, metric: str | None, period: str | None) -> tuple[str, ...]:
    if intent_type == "trend" and (metric == "energy" or metric in _ADDS_UP):
        return ("trends-cumulative",)
    if intent_type in ("trend", "status") and metric in _CONDITIONS:
        return ("alerts",)
    spanned = period is not None and period != "now"
    if intent_type == "status" and (metric in _ADDS_UP or (metric == "energy" and spanned)):
        return ("trends-cumulative",)
    return ()


REASONS: Mapping[str, str] = {
    "kpi": "the number itself",
    "alerts": "open alarms",
    "comparison": "the difference side by side",
    "trend": "how it changes over time",
    "trend-multi-line": "several lines on one axis",
    "trends-cumulative": "the running total",
    "distribution": "the shares of the whole",
    "composition": "the parts stacked up",
    "category-bar": "bars in order of size",
    "timeline": "when things happened",
    "flow-sankey": "where it flows",
    "matrix-heatmap": "all units at a glance",
    "eventlogstream": "the list of records",
    "edgedevicepanel": "the device in detail",
    "chatstream": "the conversation so far",
    "peopleview": "who is there",
    "peoplehexgrid": "who is where",
    "peoplenetwork": "who works with whom",
    "supplychainglobe": "shipments on their way",
}
"""Why a scenario is shown, as the teacher's thinking puts it."""

_DEFAULT_METRICS: Mapping[str, str] = {
    "alarm_matrix": "alarms", "alarm_share": "alarms", "shift_alarms": "alarms", "task_rate": "work_orders",
    "overdue_maintenance": "maintenance", "trip_cause": "events", "late_supply": "shipments",
    "group_health": "health", "state_count": "status", "states": "status",
    "alarms": "alarms", "attention": "health", "health": "health", "plant_health": "health",
    "health_ranking": "health", "devices": "status", "unit_detail": "status", "device_fleet": "status", "tasks": "work_orders",
    "task_bars": "work_orders",
    "overdue_tasks": "work_orders", "maintenance": "maintenance", "schedule": "maintenance",
    "reliability": "mtbf", "shift_log": "events", "log": "events", "timeline": "events",
    "staff": "attendance", "staff_map": "attendance", "org_chart": "team", "supply": "shipments",
    "chat": "conversation", "event_count": "starts", "matrix": "health",
    "alarm_log": "alarms", "alarm_history": "alarms", "alarm_trend": "alarms", "unit_alarms": "alarms", "phases": "current",
    "incident_timeline": "events", "handover": "events",
}  # fmt: skip
_DOMAIN_METRICS: Mapping[str, str] = {
    "energy": "energy", "power_quality": "power_factor", "hvac": "temperature", "backup": "runtime",
    "sources": "power", "water": "water", "alarms": "alarms", "maintenance": "maintenance",
    "health": "health", "devices": "status", "unit_detail": "status", "production": "output", "cost": "cost",
    "emissions": "emissions", "people": "attendance", "supply": "shipments", "shift": "output",
}  # fmt: skip


PEOPLE_AND_SUPPLY = frozenset({"staff", "staff_map", "org_chart", "supply", "late_supply", "chat"})
"""Types that measure one thing only, whatever quantity the question mentions beside it."""


def default_metric(intent_type: str, domains: Sequence[str]) -> str:
    """What is measured where the question names no metric."""
    by_domain = (_DOMAIN_METRICS[domain] for domain in domains if domain in _DOMAIN_METRICS)
    return _DEFAULT_METRICS.get(intent_type) or next(by_domain, "health")


ASKS: Mapping[str, str] = {
    **dict.fromkeys(COMBINED, "several things at once"),
    "status": "a value as it is now",
    "supply_point": "what a supply point carries now",
    "survey": "a value now at all units",
    "zone_survey": "a value now in all zones",
    "total": "a total",
    "report": "a report on what adds up",
    "alarm_trend": "whether alarms become more",
    "peak": "the peak and its time",
    "trend": "a change over time",
    "overlay": "several lines compared over time",
    "multi_trend": "several values over time",
    "fleet_trend": "a change over time at all units",
    "comparison": "a comparison of units",
    "fleet_comparison": "a comparison of all units",
    "group_comparison": "a comparison of groups",
    "period_comparison": "a comparison with another period",
    "setpoint": "a value against its target",
    "states": "units by state",
    "savings": "what was saved",
    "ranking": "a ranking",
    "trend_ranking": "a ranking and its trend",
    "health_ranking": "a ranking by condition",
    "alarm_ranking": "a ranking by alarms",
    "bars": "values by group",
    "pie": "a pie of shares",
    "breakdown": "a breakdown into parts",
    "state_breakdown": "a breakdown by state",
    "cost_breakdown": "a breakdown of cost",
    "composition": "what something is made of",
    "treemap": "a map of nested parts",
    "source_mix": "the stacked mix of sources",
    "sources": "several power sources",
    "cumulative": "a running total",
    "sankey": "a flow diagram",
    "flow": "where something flows",
    "matrix": "a heatmap",
    "state_matrix": "a heatmap of states",
    "log": "an event log",
    "alarm_log": "a log of alarms",
    "timeline": "a timeline",
    "incident_timeline": "a timeline of incidents",
    "schedule": "a maintenance schedule",
    "maintenance": "maintenance records",
    "task_bars": "work orders by group",
    "tasks": "work orders",
    "overdue_tasks": "work orders that are late",
    "reliability": "how reliable units are",
    "shift_log": "what happened in a shift",
    "handover": "a shift summary",
    "shift_bars": "values by shift",
    "alarms": "alarms",
    "unit_alarms": "alarms and their cause",
    "attention": "what needs attention",
    "readiness": "whether something is ready",
    "health": "the condition of a unit",
    "overall_health": "the overall condition",
    "plant_health": "an overview of condition",
    "devices": "edge devices",
    "unit_detail": "one unit in detail",
    "device_count": "a count of edge devices",
    "device_fleet": "all edge devices",
    "event_count": "how often something happened",
    "backup": "backup power",
    "alarm_matrix": "a heatmap of alarms",
    "unit_overlay": "the lines of several units",
    "side_by_side": "units side by side",
    "period_total": "a total against another period",
    "area_comparison": "a comparison of areas",
    "target_comparison": "a value against its target",
    "budget": "a running total against its budget",
    "state_count": "how many units are in which state",
    "cause": "why a value changed",
    "trip_cause": "why something failed",
    "alarm_share": "alarms by kind",
    "task_rate": "a figure about work orders",
    "overdue_maintenance": "maintenance that is late",
    "shift_report": "how a shift went",
    "shift_value": "a value of one shift",
    "shift_alarms": "the alarms of a shift",
    "group_health": "the condition of a group",
    "late_supply": "deliveries that are late",
    "impact": "how one thing bears on another",
    "system_health": "how a system is doing",
    "phases": "the phases beside each other",
    "power_events": "events of power quality",
    "alarm_history": "alarms over time",
    "reliability_ranking": "a ranking by failures",
    "staff": "who is at work",
    "staff_map": "where people are",
    "org_chart": "how people work together",
    "supply": "the supply chain",
    "chat": "the conversation",
}
"""A type of question, as the teacher's thinking puts it."""
