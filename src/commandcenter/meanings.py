"""Meanings that take several cues together: a cause, a flow, a total, a comparison of periods.

Pure; each is true or false of the evidence, and intents.py says which of them comes first.
"""

from commandcenter.combined import find_topics
from commandcenter.evidence import Evidence

_CARRIED = ("energy", "water", "sources", "production", "carriers", "cost")
ADDING_UP = ("energy", "cost", "production", "water", "emissions")
_WEAR = (
    "vibration", "temperature", "pressure", "current", "voltage", "humidity", "speed", "torque", "thd",
    "power_factor", "efficiency", "cop",
)  # fmt: skip
_ASKED_OF_PEOPLE = (
    "tasks", "ranking", "energy", "log", "alarms", "maintenance", "cost", "production", "water",
    "sources", "flows", "backup", "hvac",
)  # fmt: skip


def is_impact(e: Evidence) -> bool:
    """One thing's effect on another: two topics and a word that ties them."""
    tied = e.any("impact") or e.all("overlay", "alarms")
    return tied and len({"trend", "alarms", "records", "health"}.intersection(find_topics(e))) >= 2


def is_cause(e: Evidence) -> bool:
    return (
        e.any("why")
        and e.any("trend", "ranking", "peak", "extreme", "off")
        and not e.any("log", "pie")
    )


def is_forensic(e: Evidence) -> bool:
    if e.any("health", "trend", "compare", "impact") and not e.any("timeline"):
        return False
    happened = e.any("incident", "switching") or (
        e.any("alarms") and (e.units == 0 or e.any("timeline"))
    )
    return e.any("reconstruct") and happened


def is_people(e: Evidence) -> bool:
    if e.any("people"):
        return not e.any(
            "tasks", "ranking", "energy", "log", "alarms", "attention", "sankey"
        ) and not e.all("production", "compare")
    named = e.units + e.groups > 0 or e.any("efficiency", "devices", "attention", "fleet")
    return (
        e.any("who")
        and not named
        and not e.any(*_ASKED_OF_PEOPLE)
        and not e.all("shift", "compare")
    )


def is_flow(e: Evidence) -> bool:
    carried = e.any(*_CARRIED, "mains") or e.measures(
        "losses", "flow", "energy", "power", "water", "fuel"
    )
    if e.any("devices", "alarms") or not carried or e.units > 1:
        return False
    if e.measures("power_factor", "thd", "voltage", "current"):
        return False
    plain = e.units == 0 and not e.any("ranking", "trend", "amount", "shift")
    return e.any("flows") and (plain or (e.any("route") and not e.any("trends_named")))


def is_sources(e: Evidence) -> bool:
    return e.any("sources") and e.units < 2 and not e.all("flows", "route") and (
        e.groups + e.units >= 2
        or (e.any("mix", "compare", "overlay", "pie", "by_group") and not e.any("past_period"))
    )  # fmt: skip


def is_multi_trend(e: Evidence) -> bool:
    several = e.telling >= 2 or e.units >= 2 or e.groups >= 2
    return several and e.any("trend", "span", "hvac", "power_quality")


def adds_up(e: Evidence) -> bool:
    return e.any(*ADDING_UP, "carriers") or e.measures("runtime", "downtime", "fuel")


def is_total(e: Evidence) -> bool:
    return e.any("total", "amount") and adds_up(e) and not e.any("trend", "peak")


def is_states(e: Evidence) -> bool:
    """A word for a state, or one for a state of running beside one for a state of rest."""
    opposed = e.all("state_on", "state_off") and not e.any(
        "people", "who", "tasks", "shift", "setpoint", "cumulative", "maintenance", "flows"
    )
    return (
        (e.any("run_states") or opposed)
        and e.units == 0
        and not e.any("pie", "stacked", "why", "backup", "matrix")
        and not e.measures("mtbf")
    )


def is_extreme(e: Evidence) -> bool:
    """The highest value and its time, not the unit that has it."""
    return (
        e.any("extreme")
        and (e.any("time_of") or not e.any("things"))
        and not e.any("by_group", "why", "pie", "compare", "cost")
        and e.groups == 0
    )


def is_period_comparison(e: Evidence) -> bool:
    return e.all("compare", "past_period") and e.units < 2 and e.groups == 0


def is_measured_wear(e: Evidence) -> bool:
    """A measured value compared or followed; the maintenance beside it only says since when."""
    return e.any("maintenance") and e.any("compare", "trend") and e.measures(*_WEAR)


def is_value_record(e: Evidence) -> bool:
    """The record of a measured value is its course, not a list of events."""
    adding = e.any("record") and e.any(*ADDING_UP) and not e.measures("events")
    measured = e.any("log") and e.measures(*_WEAR)
    return (adding or measured) and not e.any("alarms", "switching", "table")


def is_shift_course(e: Evidence) -> bool:
    """A measured value drawn over a shift: the shift says only when."""
    drawn = e.any("shift", "night") and e.any("trend") and e.measures(*_WEAR)
    return drawn and not e.any("by_shift", "by_group", "compare", "alarms", "log", "ranking")


def is_drawn_over_time(e: Evidence) -> bool:
    """Values on a time axis are lines, only events are a timeline."""
    return e.measures(*_WEAR) and not e.any("incident", "alarms", "switching", "log")


def is_worst_machine(e: Evidence) -> bool:
    """Machines put in order, nothing said of what by: their condition decides."""
    ordered = e.any("ranking") and e.any("machines", "fleet") and not e.metrics
    return ordered and not e.any(
        "energy", "cost", "production", "waste", "large", "alarms", "by_group"
    )


def is_budget(e: Evidence) -> bool:
    adding = e.any("cumulative", "cost") or (e.any(*ADDING_UP) and e.any("budget"))
    planned = e.any("budget") or e.all("target", "cumulative")
    return (
        planned
        and adding
        and e.units == 0
        and not e.any("tasks", "shift", "trends_named")
        and (not e.any("maintenance") or e.all("cost", "cumulative"))
    )
