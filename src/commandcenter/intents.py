"""Decides what type of question the cues make up: an ordered list of rules, the first that fits.

Pure; knows cues and counts, never sentences.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Evidence:
    """What was found in a question; `telling` counts the metrics that are not
    generic, `units` the named units, `groups` the kinds without a number."""

    cues: frozenset[str]
    metrics: frozenset[str]
    telling: int
    units: int
    groups: int

    def any(self, *names: str) -> bool:
        return not self.cues.isdisjoint(names)

    def all(self, *names: str) -> bool:
        return self.cues.issuperset(names)

    def measures(self, *names: str) -> bool:
        return not self.metrics.isdisjoint(names)


Rule = tuple[str, Callable[[Evidence], bool]]

# Topics of one line belong together: energy and its cost are one thing asked about, not two.
_TOPICS = (
    ("energy", "cost", "production", "emissions"),
    ("alarms",),
    ("maintenance", "tasks"),
    ("health", "reliability", "efficiency"),
    ("trends_named",),
    ("shift",),
)
_CARRIED = ("energy", "water", "sources", "production")
_ADDING_UP = ("energy", "cost", "production", "water", "emissions")


def _count_topics(e: Evidence) -> int:
    return sum(e.any(*topics) for topics in _TOPICS)


def _is_impact(e: Evidence) -> bool:
    """One thing's effect on another: two topics and a word that ties them."""
    return (e.any("impact") or e.all("overlay", "alarms")) and _count_topics(e) >= 2


def _is_people(e: Evidence) -> bool:
    return e.any("people") and not e.any("tasks", "ranking", "energy", "log", "alarms")


def _is_flow(e: Evidence) -> bool:
    carried = e.any(*_CARRIED) or e.measures("losses", "flow", "energy", "power", "water")
    return e.any("flows") and carried and e.units == 0 and not e.any("ranking", "trend")


def _is_sources(e: Evidence) -> bool:
    return e.any("sources") and (
        e.groups + e.units >= 2 or e.any("mix", "compare", "overlay", "pie")
    )


def _is_multi_trend(e: Evidence) -> bool:
    several = e.telling >= 2 or e.units >= 2 or e.groups >= 2
    return several and e.any("trend", "span", "hvac", "power_quality")


def _is_total(e: Evidence) -> bool:
    return e.any("total", "amount") and e.any(*_ADDING_UP) and not e.any("trend", "peak")


_RULES: tuple[Rule, ...] = (
    # a picture asked for by its name
    ("chat", lambda e: e.any("chat")),
    ("sankey", lambda e: e.any("sankey")),
    ("state_matrix", lambda e: e.any("matrix") and e.any("health", "alarms", "power_quality", "devices")),
    ("matrix", lambda e: e.any("matrix")),
    ("treemap", lambda e: e.any("treemap")),
    ("incident_timeline", lambda e: e.any("timeline", "time_of") and e.any("alarms", "why")),
    ("incident_timeline", lambda e: e.all("timeline", "switching")),
    ("timeline", lambda e: e.any("timeline")),
    ("states", lambda e: e.any("run_states") and not e.any("pie", "stacked")),
    ("source_mix", lambda e: e.any("stacked") and e.any("sources")),
    # people and supply
    ("supply", lambda e: e.any("supply") and not e.any("energy", "production", "hvac")),
    ("org_chart", lambda e: _is_people(e) and e.any("people_graph")),
    ("staff_map", lambda e: _is_people(e) and e.any("people_map")),
    ("staff", _is_people),
    # several things at once
    ("overview", lambda e: _count_topics(e) >= (2 if e.any("summary") else 3)),
    ("impact", _is_impact),
    ("overlay", lambda e: e.any("overlay") and not e.any("log", "pie", "stacked")),
    ("sources", _is_sources),
    ("flow", _is_flow),
    # parts of a whole
    ("group_comparison", lambda e: e.any("compare") and e.any("shift", "by_group") and e.units < 2),
    ("composition", lambda e: e.any("stacked")),
    ("cost_breakdown", lambda e: e.any("pie") and e.any("cost")),
    ("state_breakdown", lambda e: e.any("pie") and e.any("health", "alarms", "tasks", "maintenance")),
    ("pie", lambda e: e.any("pie_chart")),
    ("breakdown", lambda e: e.any("pie")),
    # records and work
    ("bars", lambda e: e.any("bars") or (e.any("by_group") and e.any("reliability"))),
    ("attention", lambda e: e.any("attention") and not e.any("trend", "maintenance", "tasks", "shift")),
    ("reliability_ranking", lambda e: e.any("ranking") and e.measures("mtbf", "downtime", "availability")),
    ("readiness", lambda e: e.any("ready") and not e.any("ranking", "trends_named")),
    ("reliability", lambda e: e.measures("mtbf", "downtime", "availability") and not e.any("trend")),
    ("overdue_tasks", lambda e: e.all("tasks", "late")),
    ("task_bars", lambda e: e.all("tasks", "by_group")),
    ("tasks", lambda e: e.any("tasks")),
    ("shift_bars", lambda e: e.any("shift") and e.any("energy", "production", "cost", "ranking")),
    ("handover", lambda e: e.all("shift", "summary")),
    ("shift_log", lambda e: e.any("shift")),
    ("schedule", lambda e: e.any("maintenance") and e.any("schedule", "time_of")),
    ("maintenance", lambda e: e.any("maintenance")),
    ("power_events", lambda e: e.all("log", "power_quality")),
    ("alarm_log", lambda e: e.all("log", "alarms")),
    ("alarm_history", lambda e: e.any("trend", "time_of") and e.measures("alarms") and e.telling == 0),
    # amounts
    ("phases", lambda e: e.any("phases")),
    ("fleet_trend", lambda e: e.telling >= 2 and e.any("all_units") and e.units == 0
        and not e.any("ranking", "compare", "alarms")),
    ("cumulative", lambda e: e.any("cumulative") and e.units < 2),
    ("savings", lambda e: e.measures("savings")),
    ("states", lambda e: e.any("compare") and e.measures("status") and e.units == 0),
    ("setpoint", lambda e: e.any("compare") and e.units == 1),
    ("period_comparison", lambda e: e.all("compare", "past_period") and e.units < 2),
    ("fleet_comparison", lambda e: e.all("compare", "all_units") and e.units == 0),
    ("comparison", lambda e: e.any("compare") or (e.units >= 2 and not e.any("trend"))),
    ("health_ranking", lambda e: e.any("ranking") and (e.any("health") or e.measures("efficiency"))),
    ("alarm_ranking", lambda e: e.all("ranking", "alarms")),
    ("trend_ranking", lambda e: e.all("ranking", "trend")),
    ("ranking", lambda e: e.any("ranking")),
    ("event_count", lambda e: e.any("count", "list", "time_of") and e.any("switching")),
    # devices and alarms
    ("device_count", lambda e: e.all("devices", "count")),
    ("device_fleet", lambda e: e.all("devices", "all_units")),
    ("devices", lambda e: e.any("devices") or (e.any("panel") and not e.any("alarms"))),
    ("log", lambda e: e.any("log", "table")),
    ("unit_alarms", lambda e: e.any("alarms") and not e.any("trends_named") and (e.units + e.groups > 0
        or e.any("power_quality", "energy", "hvac", "backup"))),
    ("alarms", lambda e: e.any("alarms") and not e.any("trends_named")),
    # values over time, then values now
    ("total", lambda e: e.all("amount", "cost")),
    ("backup", lambda e: e.any("backup") and not e.any("trend")),
    ("fleet_trend", lambda e: e.any("trend", "span") and e.any("all_units") and e.units == 0
        and not e.any("total", "peak")),
    ("multi_trend", _is_multi_trend),
    ("trend", lambda e: e.any("trend")),
    ("peak", lambda e: e.any("peak")),
    ("supply_point", lambda e: e.measures("load") and e.units + e.groups > 0),
    ("total", _is_total),
    ("health", lambda e: e.units > 0 and (e.any("health", "why", "summary") or not e.metrics)),
    ("trend", lambda e: e.any("span")),
    ("system_health", lambda e: e.any("hvac") and e.any("health", "summary", "efficiency")),
    ("overall_health", lambda e: e.any("total") and (e.any("health") or not e.metrics)),
    ("plant_health", lambda e: e.any("health", "summary")),
    ("bars", lambda e: e.any("by_group")),
    ("zone_survey", lambda e: e.all("all_units", "hvac")),
    ("plant_health", lambda e: e.any("all_units") and not e.metrics),
    ("survey", lambda e: e.any("all_units")),
)  # fmt: skip


def choose_type(evidence: Evidence) -> str:
    """The first rule that fits, else `status`: a value as it is now."""
    return next((name for name, fits in _RULES if fits(evidence)), "status")


def query_type(intent_type: str) -> str:
    """The coarse type that the prompt states; the finer one is the model's to find in the words."""
    return next((name for name, members in QUERY_TYPES.items() if intent_type in members), "value")


QUERY_TYPES: Mapping[str, frozenset[str]] = {
    "value": frozenset({"status", "supply_point", "survey", "zone_survey", "total", "peak"}),
    "trend": frozenset({
        "trend", "overlay", "multi_trend", "fleet_trend", "phases", "cumulative", "impact",
    }),
    "comparison": frozenset({
        "comparison", "fleet_comparison", "group_comparison", "period_comparison", "setpoint",
        "states", "savings", "ranking", "trend_ranking", "health_ranking", "alarm_ranking", "bars",
        "reliability_ranking", "shift_bars",
    }),
    "share": frozenset({
        "pie", "breakdown", "state_breakdown", "cost_breakdown", "composition", "treemap",
        "source_mix", "sources", "sankey", "flow", "matrix", "state_matrix",
    }),
    "records": frozenset({
        "log", "power_events", "alarm_history", "alarm_log", "timeline", "incident_timeline",
        "schedule", "maintenance", "task_bars", "tasks", "overdue_tasks", "reliability",
        "shift_log", "handover", "event_count", "chat",
    }),
    "condition": frozenset({
        "alarms", "unit_alarms", "attention", "readiness", "health", "overall_health",
        "plant_health", "devices", "device_count", "device_fleet", "backup", "system_health",
        "overview",
    }),
    "organisation": frozenset({"staff", "staff_map", "org_chart", "supply"}),
}  # fmt: skip
