"""How good a plan is against the scenarios that were expected; a missing plan scores nothing."""

from collections.abc import Mapping, Sequence
from typing import Any

MEASURES = ("coverage", "first_expected", "r_precision", "f1")


def score(expected_scenarios: Sequence[str], answer: Mapping[str, Any] | None) -> dict[str, float]:
    """coverage, first_expected, r_precision and f1, over distinct scenarios, each in [0, 1]."""
    expected = set(expected_scenarios)
    shown = shown_scenarios(answer)
    if not expected or not shown:
        return dict.fromkeys(MEASURES, 0.0)
    hits = len(expected.intersection(shown))
    return {
        "coverage": hits / len(expected),
        "first_expected": float(shown[0] in expected),
        "r_precision": len(expected.intersection(shown[: len(expected)])) / len(expected),
        "f1": 2 * hits / (len(expected) + len(shown)),
    }


def shown_scenarios(answer: Mapping[str, Any] | None) -> list[str]:
    """The plan's distinct scenarios in the order shown; whatever is no widget is passed over."""
    widgets = answer.get("widgets") if answer is not None else None
    names = (
        str(widget.get("scenario"))
        for widget in (widgets if isinstance(widgets, list) else [])
        if isinstance(widget, dict)
    )
    return list(dict.fromkeys(names))
