"""Requests that name several parts: `overview of pump 1: trend, alarms and work orders`.

Each part has a widget of its own, so the type of such a request lists its parts.
"""

from collections.abc import Iterator, Mapping, Sequence
from itertools import combinations

from commandcenter.evidence import Evidence

PARTS: Mapping[str, str] = {
    "comparison": "comparison",
    "trend": "trend",
    "alarms": "alerts",
    "records": "eventlogstream",
    "timeline": "timeline",
    "share": "distribution",
    "map": "matrix-heatmap",
}
"""What a combined request may name, and the widget of each, in the order in which they are shown."""

_MOST_PARTS = 4
_PICTURES = ("matrix", "sankey", "supply", "chat", "linked")
# A request names its parts, and each has a widget of its own; in the order in which they are shown.
# Topics of one line belong together: energy and its cost are one thing asked about, not two.
_TOPICS: Mapping[str, tuple[str, ...]] = {
    "comparison": ("compare",),
    "trend": ("energy", "cost", "production", "emissions", "trends_named"),
    "alarms": ("alarms",),
    "records": ("maintenance", "tasks", "log"),
    "timeline": ("timeline",),
    "share": ("pie",),
    "health": ("health", "reliability", "efficiency"),
    "shift": ("shift",),
}


def find_topics(e: Evidence) -> list[str]:
    """Which topics are spoken of, the parts first in the order in which they are shown."""
    return [topic for topic, cues in _TOPICS.items() if e.any(*cues)]


def combined_type(e: Evidence) -> str | None:
    """`overview_…` where a summary names its parts, `parts_…` for a list of them."""
    topics = find_topics(e)
    parts = _find_parts(e, topics)
    if e.any(*_PICTURES) or not {"alarms", "records", "timeline"}.intersection(parts):
        return None
    lead = _find_lead(e, len(topics), parts)
    return "_".join((lead, *parts[:_MOST_PARTS])) if lead else None


def _find_parts(e: Evidence, topics: Sequence[str]) -> list[str]:
    found = set(topics)
    if "health" in topics and e.units == 0 and e.all("machines", "summary"):
        found.add("map")
    if e.any("summary") and e.telling > 0:
        # `a report on dg 1 with runtime and alarms`: a measured value is a part too.
        found.add("trend")
    if e.any("summary", "panel") and (e.any("curve_named") or {"alarms", "records"} <= found):
        # Whoever wants alarms and records in one picture wants the course of the values too.
        found.add("trend")
    return [part for part in PARTS if part in found]


def _find_lead(e: Evidence, topics: int, parts: Sequence[str]) -> str | None:
    if e.any("summary") and not (parts == ["records"] and e.any("shift")):
        return "overview" if topics >= 2 or len(parts) >= 2 else None
    if not _is_list(e, parts):
        return None
    if topics >= 3 and len(parts) == 2:
        return "overview"
    two_compared = e.units >= 2 and parts == ["comparison", "alarms"]
    return "parts" if len(parts) >= 3 or two_compared else None


def _is_list(e: Evidence, parts: Sequence[str]) -> bool:
    """`jobs split by status` names one thing in three words; a timeline of alarms is one thing too."""
    if e.any("shift") or (
        "timeline" in parts and not {"comparison", "trend", "share"} & set(parts)
    ):
        return False
    return e.any("listed", "trends_named") or {"trend", "alarms", "records"} <= set(parts)


def _combined_recipes() -> Iterator[tuple[str, tuple[str, ...]]]:
    """An overview begins with the figures; a list of parts with its first part."""
    for size in range(1, _MOST_PARTS + 1):
        for parts in combinations(PARTS, size):
            shown = tuple(PARTS[part] for part in parts)
            yield "_".join(("overview", *parts)), ("kpi", *shown)
            yield "_".join(("parts", *parts)), (*shown, "kpi")


COMBINED: Mapping[str, tuple[str, ...]] = dict(_combined_recipes())
"""The widgets of every combined type."""
