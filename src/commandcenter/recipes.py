"""Which widgets answer which type of question, in what order, and what each of them asks for.

A plan follows from the type, the domains and the number of units alone, so that it can be learnt.
"""

from collections.abc import Mapping, Sequence

RECIPES: Mapping[str, tuple[str, ...]] = {
    "status": ("kpi", "trend"),
    "supply_point": ("kpi", "distribution", "trend"),
    "survey": ("kpi", "matrix-heatmap", "trend"),
    "zone_survey": ("kpi", "matrix-heatmap", "trend-multi-line"),
    "total": ("kpi", "trends-cumulative", "trend"),
    "peak": ("kpi", "trend", "alerts"),
    "trend": ("trend", "kpi"),
    "overlay": ("trend-multi-line", "kpi", "matrix-heatmap"),
    "multi_trend": ("trend-multi-line", "kpi", "matrix-heatmap"),
    "fleet_trend": ("trend-multi-line", "matrix-heatmap", "kpi"),
    "comparison": ("comparison", "kpi", "trend"),
    "fleet_comparison": ("category-bar", "comparison", "kpi"),
    "group_comparison": ("category-bar", "comparison", "kpi"),
    "period_comparison": ("comparison", "kpi", "trend"),
    "setpoint": ("comparison", "kpi", "trend"),
    "states": ("category-bar", "matrix-heatmap", "kpi"),
    "savings": ("comparison", "trends-cumulative", "kpi"),
    "ranking": ("category-bar", "kpi", "distribution"),
    "trend_ranking": ("category-bar", "kpi", "trend"),
    "health_ranking": ("category-bar", "matrix-heatmap", "kpi"),
    "alarm_ranking": ("alerts", "category-bar", "kpi"),
    "bars": ("category-bar", "kpi", "distribution"),
    "pie": ("distribution", "composition", "kpi"),
    "breakdown": ("distribution", "composition", "category-bar", "kpi"),
    "state_breakdown": ("distribution", "kpi", "category-bar"),
    "cost_breakdown": ("distribution", "kpi", "trends-cumulative"),
    "composition": ("composition", "distribution", "category-bar"),
    "treemap": ("composition", "matrix-heatmap", "distribution"),
    "source_mix": ("composition", "trend-multi-line", "distribution"),
    "sources": ("trend-multi-line", "distribution", "kpi", "composition"),
    "phases": ("trend-multi-line", "kpi", "alerts"),
    "cumulative": ("trends-cumulative", "kpi"),
    "sankey": ("flow-sankey",),
    "flow": ("flow-sankey", "kpi", "distribution"),
    "matrix": ("matrix-heatmap",),
    "state_matrix": ("matrix-heatmap", "kpi"),
    "log": ("eventlogstream", "timeline"),
    "power_events": ("alerts", "timeline", "trend", "kpi"),
    "alarm_history": ("alerts", "timeline", "kpi", "trend"),
    "alarm_log": ("eventlogstream", "alerts", "timeline"),
    "timeline": ("timeline", "eventlogstream"),
    "incident_timeline": ("timeline", "eventlogstream", "alerts"),
    "schedule": ("timeline", "eventlogstream", "kpi"),
    "maintenance": ("eventlogstream", "kpi", "timeline"),
    "task_bars": ("eventlogstream", "kpi", "category-bar"),
    "tasks": ("eventlogstream", "kpi"),
    "overdue_tasks": ("eventlogstream", "kpi", "alerts"),
    "reliability_ranking": ("category-bar", "kpi", "timeline"),
    "reliability": ("kpi", "category-bar", "timeline"),
    "shift_log": ("eventlogstream", "timeline", "kpi"),
    "handover": ("eventlogstream", "kpi", "alerts", "timeline"),
    "shift_bars": ("category-bar", "distribution", "kpi"),
    "alarms": ("alerts", "kpi", "eventlogstream"),
    "unit_alarms": ("alerts", "kpi", "trend"),
    "attention": ("alerts", "kpi", "matrix-heatmap"),
    "readiness": ("kpi", "alerts"),
    "health": ("kpi", "trend", "alerts", "edgedevicepanel"),
    "overall_health": ("kpi", "matrix-heatmap", "distribution", "alerts"),
    "plant_health": ("kpi", "matrix-heatmap", "alerts"),
    "devices": ("edgedevicepanel", "kpi", "alerts"),
    "device_count": ("edgedevicepanel", "kpi"),
    "device_fleet": ("edgedevicepanel", "kpi", "matrix-heatmap"),
    "event_count": ("kpi", "timeline", "eventlogstream"),
    "backup": ("kpi", "trend", "alerts"),
    "system_health": ("kpi", "trend", "alerts", "matrix-heatmap"),
    "impact": ("trend-multi-line", "kpi", "alerts", "timeline"),
    "overview": ("kpi", "trend", "alerts", "eventlogstream"),
    "staff": ("peopleview", "kpi"),
    "staff_map": ("peoplehexgrid", "peopleview"),
    "org_chart": ("peoplenetwork", "peopleview"),
    "supply": ("supplychainglobe", "kpi"),
    "chat": ("chatstream",),
}

# A value that wears a machine out is read against its limit, one that adds up against its total.
_CONDITIONS = frozenset(
    {"vibration", "temperature", "pressure", "health", "thd", "voltage", "humidity"}
)
_ADDS_UP = frozenset({"cost", "emissions", "water", "output"})


def choose_scenarios(intent_type: str, metric: str | None, period: str | None) -> tuple[str, ...]:
    """The widgets in the order shown; all are in the catalog and none is shown twice."""
    shown = list(RECIPES.get(intent_type, RECIPES["status"]))
    shown += _extra_scenarios(intent_type, metric, period)
    if intent_type == "backup" and metric == "runtime":
        shown[shown.index("alerts")] = "timeline"
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
    "alarms": "alarms", "attention": "health", "health": "health", "plant_health": "health",
    "health_ranking": "health", "devices": "status", "device_fleet": "status", "tasks": "work_orders",
    "task_bars": "work_orders",
    "overdue_tasks": "work_orders", "maintenance": "maintenance", "schedule": "maintenance",
    "reliability": "mtbf", "shift_log": "events", "log": "events", "timeline": "events",
    "staff": "attendance", "staff_map": "attendance", "org_chart": "team", "supply": "shipments",
    "chat": "conversation", "event_count": "starts", "overview": "health", "matrix": "health",
    "alarm_log": "alarms", "alarm_history": "alarms", "unit_alarms": "alarms", "phases": "current",
    "incident_timeline": "events", "handover": "events",
}  # fmt: skip
_DOMAIN_METRICS: Mapping[str, str] = {
    "energy": "energy", "power_quality": "power_factor", "hvac": "temperature", "backup": "runtime",
    "sources": "power", "water": "water", "alarms": "alarms", "maintenance": "maintenance",
    "health": "health", "devices": "status", "production": "output", "cost": "cost",
    "emissions": "emissions", "people": "attendance", "supply": "shipments", "shift": "output",
}  # fmt: skip


PEOPLE_AND_SUPPLY = frozenset({"staff", "staff_map", "org_chart", "supply", "chat"})
"""Types that measure one thing only, whatever quantity the question mentions beside it."""


def default_metric(intent_type: str, domains: Sequence[str]) -> str:
    """What is measured where the question names no metric."""
    by_domain = (_DOMAIN_METRICS[domain] for domain in domains if domain in _DOMAIN_METRICS)
    return _DEFAULT_METRICS.get(intent_type) or next(by_domain, "health")


ASKS: Mapping[str, str] = {
    "status": "a value as it is now",
    "supply_point": "what a supply point carries now",
    "survey": "a value now at all units",
    "zone_survey": "a value now in all zones",
    "total": "a total",
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
    "device_count": "a count of edge devices",
    "device_fleet": "all edge devices",
    "event_count": "how often something happened",
    "backup": "backup power",
    "overview": "several things at once",
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
