"""Meanings that take several cues together: a cause, a flow, a total, a comparison of periods.

Pure; each is true or false of the evidence, and intents.py says which of them comes first.
"""

from commandcenter.combined import find_topics
from commandcenter.evidence import Evidence

_CARRIED = ("energy", "water", "sources", "production", "carriers", "cost")
ADDING_UP = ("energy", "cost", "production", "water", "emissions")
_ASKED_OF_PEOPLE = (
    "tasks", "ranking", "energy", "log", "alarms", "maintenance", "cost", "production", "water",
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
    return e.any("reconstruct") and e.any("incident", "alarms", "switching")


def is_people(e: Evidence) -> bool:
    if e.any("people"):
        return not e.any("tasks", "ranking", "energy", "log", "alarms")
    return e.any("who") and not e.any(*_ASKED_OF_PEOPLE)


def is_flow(e: Evidence) -> bool:
    carried = e.any(*_CARRIED) or e.measures("losses", "flow", "energy", "power", "water", "fuel")
    if e.any("devices", "alarms") or not carried or e.units > 1:
        return False
    plain = e.units == 0 and not e.any("ranking", "trend", "amount", "shift")
    return e.any("flows") and (plain or (e.any("route") and not e.any("trends_named")))


def is_sources(e: Evidence) -> bool:
    return e.any("sources") and e.units < 2 and (
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
    return (
        e.any("run_states")
        and e.units == 0
        and not e.any("pie", "stacked", "why", "backup", "matrix")
    )


def is_extreme(e: Evidence) -> bool:
    """The highest value and its time, not the unit that has it."""
    return (
        e.any("extreme")
        and not e.any("things", "by_group", "why", "pie", "compare", "cost")
        and e.groups == 0
    )


def is_period_comparison(e: Evidence) -> bool:
    return e.all("compare", "past_period") and e.units < 2 and e.groups == 0


def is_budget(e: Evidence) -> bool:
    adding = e.any("cumulative", "cost") or (e.any(*ADDING_UP) and e.any("budget"))
    planned = e.any("budget") or e.all("target", "cumulative")
    return (
        planned
        and adding
        and e.units == 0
        and not e.any("maintenance", "tasks", "shift", "trends_named")
    )
