"""A plan as a list whose order tier 1 may change: its widgets by scenario.

The first widget is the answer itself and always hero, whichever it is.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from commandcenter.catalog import CATALOG
from commandcenter.prompt import read_question
from understudy.function import ListedItem, Listing

CRITICAL = frozenset({"alerts", "kpi"})


def list_widgets(plan: Mapping[str, Any]) -> list[ListedItem]:
    """Best first; empty when one of them is no widget of the catalog."""
    widgets = plan.get("widgets")
    found = []
    for widget in widgets if isinstance(widgets, list) else []:
        scenario = CATALOG.get(str(widget.get("scenario"))) if isinstance(widget, dict) else None
        if scenario is None:
            return []
        relevance = widget.get("relevance")
        known = isinstance(relevance, (int, float)) and not isinstance(relevance, bool)
        about = f"{scenario.name}: {scenario.description} {', '.join(scenario.good_for)}"
        found.append(ListedItem(scenario.name, about, float(relevance) if known else None))
    return found


def arrange_widgets(plan: Mapping[str, Any], order: Sequence[int]) -> Mapping[str, Any]:
    """The plan with the widgets at these places. What comes first becomes hero; what was hero takes
    its scenario's usual size."""
    widgets = [dict(plan["widgets"][place]) for place in order]
    for place, widget in enumerate(widgets):
        if place == 0:
            widget["size"] = "hero"
        elif widget.get("size") == "hero":
            widget["size"] = CATALOG[widget["scenario"]].sizes[0].value
    return {**plan, "widgets": widgets}


LISTING = Listing(read_question, list_widgets, arrange_widgets, CRITICAL)
