"""Decides what type of question the cues make up: an ordered list of rules, the first that fits.

Pure; knows cues and counts, never sentences.
"""

from collections.abc import Callable

from commandcenter.combined import combined_type
from commandcenter.evidence import Evidence
from commandcenter.meanings import (
    ADDING_UP,
    adds_up,
    is_budget,
    is_cause,
    is_drawn_over_time,
    is_extreme,
    is_flow,
    is_forensic,
    is_impact,
    is_measured_wear,
    is_multi_trend,
    is_people,
    is_period_comparison,
    is_shift_course,
    is_sources,
    is_states,
    is_total,
    is_value_record,
    is_worst_machine,
)

Rule = tuple[str, Callable[[Evidence], bool]]

_RULES: tuple[Rule, ...] = (
    # a picture asked for by its name
    ("chat", lambda e: e.any("chat")),
    ("treemap", lambda e: e.all("treemap", "criticality") and not e.any("people", "tasks")),
    ("sankey", lambda e: e.any("sankey") and not e.any("pie", "cost")),
    ("flow", lambda e: e.any("sankey")),
    ("alarm_matrix", lambda e: e.all("matrix", "alarms")),
    ("state_matrix", lambda e: e.any("matrix") and e.any("health", "power_quality", "devices")),
    ("matrix", lambda e: e.any("matrix")),
    ("treemap", lambda e: e.any("treemap") and not e.any("people")),
    ("treemap", lambda e: e.any("criticality") and e.any("by_group", "pie", "stacked") and not e.any("tasks", "ranking")),
    ("incident_timeline", lambda e: e.any("timeline", "time_of") and e.any("alarms", "why")),
    ("incident_timeline", is_forensic),
    ("incident_timeline", lambda e: e.all("timeline", "switching")),
    ("timeline", lambda e: e.any("timeline") and not e.any("people", "summary") and not is_drawn_over_time(e)
        and not (e.all("ranking", "energy") and not e.any("log", "alarms", "switching"))),
    ("trip_cause", lambda e: e.all("why", "incident") and not e.any("trend", "pie", "backup", "stacked")),
    ("states", lambda e: is_states(e) and (e.all("machines", "state_on", "state_off") or not e.any("sized_up"))),
    ("state_count", is_states),
    ("source_mix", lambda e: e.any("stacked") and e.any("sources")),
    ("log", lambda e: e.any("changed_by")),
    ("attention", lambda e: e.all("attention", "advice") and e.units == 0
        and not e.any("tasks", "shift", "ranking", "linked")),
    # people and supply
    ("late_supply", lambda e: e.all("supply", "late") and not e.all("shift", "compare") and (not e.any("tasks") or e.measures("shipments"))),
    ("supply", lambda e: e.any("supply") and not e.any("energy", "production", "hvac", "tasks", "linked")
        and not e.all("shift", "compare")),
    ("org_chart", lambda e: e.any("org_named")),
    ("org_chart", lambda e: (is_people(e) or e.any("who")) and e.any("people_graph")),
    ("staff_map", lambda e: is_people(e) and e.any("people_map") and not e.any("shift")),
    ("maintenance", lambda e: e.all("people", "done") and not e.any("tasks", "production", "shift", "alarms")),
    ("staff", is_people),
    # records that are tied together
    ("alarm_log", lambda e: e.any("linked") and e.any("log", "alarms") and not e.any("why", "trend", "energy")),
    ("cause", is_cause),
    ("impact", is_impact),
    ("handover", lambda e: e.all("shift", "summary") and not e.any("by_shift", "health")),
    ("budget", is_budget),
    ("side_by_side", lambda e: e.any("side_by_side") and e.units >= 2 and e.telling == 0),
    ("comparison", lambda e: e.any("side_by_side") and e.telling < 2 and not e.any("people", "log", "alarms", "all_units", "sources", "places", "ready")),
    ("comparison", lambda e: e.any("alongside") and e.units >= 2),
    ("overlay", lambda e: e.any("alongside") and e.telling >= 2),
    ("unit_overlay", lambda e: e.any("overlay") and e.units >= 2 and e.telling < 2),
    ("overlay", lambda e: e.any("overlay") and not e.any("log", "pie", "stacked")),
    ("sources", is_sources),
    ("flow", is_flow),
    ("log", lambda e: e.all("log_named", "by_group") and not e.any("alarms", "shift", "pie", "bars")),
    # parts of a whole
    ("shift_bars", lambda e: e.any("by_shift") and not e.any("compare", "log", "ranking", "alarms", "tasks")),
    ("group_comparison", lambda e: e.any("compare") and e.any("shift", "by_group") and e.units < 2
        and not e.any("bars")),
    ("bars", lambda e: e.any("bars") and not e.any("pie_chart")),
    ("bars", lambda e: e.all("stacked", "reliability")),
    ("pie", lambda e: e.any("pie_chart") and not e.any("health", "alarms", "tasks", "maintenance")),
    ("composition", lambda e: e.any("stacked") and not (e.any("compare") and e.units >= 2)),
    ("cost_breakdown", lambda e: e.any("cost") and e.any("pie", "tariff", "by_group") and not e.any("ranking")),
    ("alarm_share", lambda e: e.any("alarms") and e.any("pie", "by_group") and not e.any("ranking", "log")
        and not e.any("state_on", "state_off")),
    ("state_breakdown", lambda e: e.any("pie") and (e.any("health", "tasks", "maintenance", "run_states")
        or e.all("state_on", "state_off"))),
    ("breakdown", lambda e: e.any("pie") and not e.any("phases")),
    # records and work
    ("comparison", lambda e: is_measured_wear(e) and e.any("compare") and not e.any("past_period")),
    ("trend", lambda e: is_measured_wear(e) and e.any("trend") and e.telling < 2),
    ("target_comparison", lambda e: e.all("maintenance", "compare", "budget") and not e.any("alarms", "late")),
    ("maintenance", lambda e: e.all("tasks", "done") and e.units == 1 and not e.any("late", "by_group")),
    ("bars", lambda e: e.any("by_group") and e.any("reliability")),
    ("attention", lambda e: e.any("attention") and e.units == 0
        and not e.any("trend", "maintenance", "tasks", "shift", "ranking", "power_quality")),
    ("event_count", lambda e: e.all("count", "switching") and not e.any("things", "devices")
        and (e.any("backup") or not e.any("fleet"))),
    ("reliability_ranking", lambda e: e.any("ranking") and e.measures("mtbf", "downtime", "availability")),
    ("readiness", lambda e: e.any("ready") and not e.any("ranking", "trends_named", "cost")),
    ("readiness", lambda e: e.any("backup") and e.measures("availability") and not e.any("trend")),
    ("reliability", lambda e: e.measures("mtbf", "downtime", "availability")
        and not e.any("trend", "tasks", "cumulative", "places", "link") and not is_period_comparison(e)
        and (e.measures("mtbf") or not e.any("total"))),
    ("overdue_maintenance", lambda e: e.all("maintenance", "late") and not e.any("time_of", "by_group")),
    ("overdue_tasks", lambda e: e.all("tasks", "late") and not e.any("by_group")),
    ("task_bars", lambda e: e.any("tasks") and e.any("by_group", "ranking")),
    ("task_rate", lambda e: e.all("tasks", "measures")),
    ("schedule", lambda e: e.all("tasks", "schedule") and not e.any("energy")),
    ("tasks", lambda e: e.any("tasks")),
    ("trend", lambda e: is_shift_course(e) and e.telling < 2),
    ("shift_alarms", lambda e: e.all("shift", "alarms") and not e.any("ranking")),
    ("shift_bars", lambda e: e.any("shift") and e.any("by_shift", "by_group", "ranking", "compare")),
    ("shift_report", lambda e: e.any("shift") and e.any("health", "efficiency") and not e.any("log")),
    ("shift_value", lambda e: e.any("shift") and e.any(*ADDING_UP)),
    ("shift_log", lambda e: e.any("shift")),
    ("schedule", lambda e: e.any("maintenance") and e.any("schedule", "time_of")),
    ("task_bars", lambda e: e.all("maintenance", "by_group") and not e.any("cost")),
    ("maintenance", lambda e: e.any("maintenance") and not e.any("cost", "compare")),
    ("power_events", lambda e: e.all("power_quality", "log") or (e.any("sags")
        and not e.any("pie", "trend", "all_units", "fleet", "current", "compare"))),
    ("alarm_history", lambda e: e.all("alarms", "past_alarm") and not e.any("summary", "ranking", "why", "trends_named")),
    ("alarm_log", lambda e: e.any("log", "table") and e.any("alarms")),
    ("alarm_trend", lambda e: e.any("trend", "time_of") and e.measures("alarms") and e.telling == 0),
    # amounts
    ("shift_log", lambda e: e.any("night") and not e.metrics and not e.any("trend")),
    ("phases", lambda e: e.any("phases") and not e.any("alarms")),
    ("fleet_trend", lambda e: e.telling >= 2 and e.any("all_units") and e.units == 0
        and not e.any("ranking", "compare", "alarms")),
    ("cumulative", lambda e: e.any("cumulative") and e.units < 2),
    ("cumulative", lambda e: e.any("since_start") and adds_up(e) and e.units < 2 and not e.any("stepwise", "trend")),
    ("savings", lambda e: e.measures("savings")),
    ("states", lambda e: e.any("compare") and e.measures("status") and e.units == 0),
    ("setpoint", lambda e: e.any("setpoint") and e.units == 1 and (e.any("compare", "hvac") or not e.any("alarms"))),
    ("setpoint", lambda e: e.all("setpoint", "hvac") and e.units == 0 and not e.any("places", "all_units", "alarms", "list")),
    ("setpoint", lambda e: e.any("compare") and e.units == 1 and not e.any("past_period")),
    ("period_total", lambda e: is_period_comparison(e) and adds_up(e) and not e.any("profile")),
    ("period_comparison", is_period_comparison),
    ("group_comparison", lambda e: e.all("compare", "production", "all_units") and e.units == 0),
    ("fleet_comparison", lambda e: e.all("compare", "all_units") and e.units == 0),
    ("area_comparison", lambda e: e.all("compare", "places") and e.units == 0),
    ("target_comparison", lambda e: e.all("compare", "target") and e.units == 0),
    ("comparison", lambda e: e.any("compare") or (e.units >= 2 and not e.any("trend", "span"))),
    ("peak", is_extreme),
    ("health_ranking", lambda e: e.any("ranking") and not e.any("trends_named")
        and (e.any("health", "efficiency") or e.measures("efficiency") or is_worst_machine(e)
            or (e.any("attention") and not e.any("energy")))),
    ("alarm_ranking", lambda e: e.all("ranking", "alarms")),
    ("trend_ranking", lambda e: e.any("ranking") and e.any("trend", "waste")),
    ("ranking", lambda e: e.any("ranking")),
    ("event_count", lambda e: e.any("count", "list", "time_of") and e.any("switching")
        and (e.any("count") or not e.any("devices"))),
    # devices and alarms
    ("devices", lambda e: e.any("devices") and e.all("link", "reliability")),
    ("device_count", lambda e: e.all("devices", "count")),
    ("device_fleet", lambda e: e.all("devices", "all_units") and not e.any("alarms")),
    ("device_fleet", lambda e: e.all("devices", "fleet", "health") and not e.any("alarms", "link")),
    ("devices", lambda e: e.any("devices") and (e.telling == 0 or e.any("link"))),
    ("unit_detail", lambda e: e.any("panel") and not e.any("alarms")),
    ("trend", is_value_record),
    ("log", lambda e: e.any("log", "table")),
    ("unit_alarms", lambda e: e.any("alarms") and not e.any("trends_named") and (e.units + e.groups > 0
        or e.telling > 0 or e.any("power_quality", "energy", "hvac", "backup"))),
    ("alarms", lambda e: e.any("alarms") and not e.any("trends_named")),
    # values over time, then values now
    ("total", lambda e: e.any("cost") and not e.any("trend") and e.units < 2),
    ("backup", lambda e: e.any("backup") and not e.any("trend")),
    ("survey", lambda e: (e.any("quality_named") or (e.any("power_quality") and e.any("fleet", "all_units")))
        and e.units == 0 and not e.any("trend", "span")),
    ("fleet_trend", lambda e: e.any("trend", "span") and e.any("all_units") and e.units == 0
        and not e.any("total", "peak")),
    ("fleet_trend", lambda e: e.all("trend", "fleet", "power_quality") and e.units == 0),
    ("multi_trend", is_multi_trend),
    ("multi_trend", lambda e: e.any("pairs")),
    ("trend", lambda e: e.any("trend")),
    ("peak", lambda e: e.any("peak")),
    ("supply_point", lambda e: (e.measures("load") and (e.units + e.groups > 0 or e.any("mains")))
        or (e.any("mains") and e.measures("power", "current") and not e.any("all_units", "power_quality"))),
    ("zone_survey", lambda e: e.any("hvac") and e.any("places", "all_units") and not e.any("summary", "panel")
        and not (e.groups > 0 and e.any("health"))),
    ("total", is_total),
    ("health", lambda e: e.units > 0 and (e.any("health", "why", "summary", "attention") or not e.metrics)),
    ("trend", lambda e: e.any("span")),
    ("group_health", lambda e: e.groups > 0 and e.units == 0 and e.any("health", "efficiency")),
    ("system_health", lambda e: e.any("hvac") and e.any("health", "summary", "efficiency")),
    ("overall_health", lambda e: e.any("total") and (e.any("health") or not e.metrics)),
    ("report", lambda e: e.any("summary") and e.any(*ADDING_UP) and e.units == 0),
    ("state_count", lambda e: e.all("sized_up", "by_group", "health") and e.units == 0),
    ("plant_health", lambda e: e.any("health", "summary")),
    ("bars", lambda e: e.any("by_group")),
    ("plant_health", lambda e: e.any("all_units") and not e.metrics and not e.any("read")),
    ("survey", lambda e: e.any("all_units") or (e.any("fleet") and bool(e.metrics))),
)  # fmt: skip


def choose_type(evidence: Evidence) -> str:
    """A combined request, else the first rule that fits, else `status`: a value as it is now."""
    combined = combined_type(evidence)
    return combined or next((name for name, fits in _RULES if fits(evidence)), "status")
