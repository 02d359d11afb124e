"""The catalog, the plan's schema and grammar, and what is compared and measured."""

import json
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from commandcenter import measures
from commandcenter.catalog import (
    CATALOG,
    PLAN_SCHEMA,
    SPEAK_SCHEMA,
    Size,
    check_plan,
    items,
)

SCENARIOS = (
    "kpi alerts comparison trend trend-multi-line trends-cumulative distribution composition"
    " category-bar timeline flow-sankey matrix-heatmap eventlogstream edgedevicepanel chatstream"
    " peopleview peoplehexgrid peoplenetwork supplychainglobe"
)


def widget(scenario: str, size: str) -> dict[str, Any]:
    asked = {"metric": "load", "entities": ["pump_001"], "query": "load pump_001"}
    return {"scenario": scenario, "size": size, "relevance": 0.9, "data_request": asked}


def plan(*widgets: dict[str, Any]) -> dict[str, Any]:
    return {"heading": "Load", "widgets": list(widgets)}


GOOD = plan(widget("trend", "hero"), widget("kpi", "compact"))


def test_the_catalog_holds_the_nineteen_scenarios() -> None:
    assert set(CATALOG) == set(SCENARIOS.split())
    for scenario in CATALOG.values():
        assert scenario.height >= 1
        assert scenario.sizes
        assert Size.HERO not in scenario.sizes
        assert scenario.description
        assert scenario.good_for


def test_the_schemas_are_schemas() -> None:
    Draft202012Validator.check_schema(dict(PLAN_SCHEMA))
    Draft202012Validator.check_schema(dict(SPEAK_SCHEMA))


def test_a_good_plan_has_no_faults() -> None:
    assert check_plan(GOOD) == []


@pytest.mark.parametrize("scenario", sorted(CATALOG))
def test_every_scenario_may_stand_first_as_hero(scenario: str) -> None:
    assert check_plan(plan(widget(scenario, "hero"))) == []


@pytest.mark.parametrize(
    "bad",
    [
        plan(),
        plan(*[widget("trend", "hero"), *[widget("kpi", "compact")] * 8]),
        plan(widget("trend", "expanded")),
        plan(widget("trend", "hero"), widget("trend", "hero")),
        plan(widget("trend", "hero"), widget("trend", "compact")),
        plan(widget("gauge", "hero")),
        plan({**widget("trend", "hero"), "relevance": 1.2}),
        plan({**widget("trend", "hero"), "colour": "red"}),
        plan({**widget("trend", "hero"), "data_request": {"metric": "load"}}),
        {"widgets": GOOD["widgets"]},
        [],
        None,
    ],
)
def test_a_bad_plan_is_told_its_fault(bad: object) -> None:
    assert check_plan(bad)


@pytest.mark.parametrize("schema", [PLAN_SCHEMA, SPEAK_SCHEMA], ids=["plan", "speak"])
def test_llama_cpp_takes_the_schema_as_a_grammar(schema: dict[str, Any]) -> None:
    xllamacpp = pytest.importorskip("xllamacpp")
    assert xllamacpp.json_schema_to_grammar(json.dumps(schema))


def test_items_are_scenario_metric_and_entities() -> None:
    assert items(GOOD) == [("trend", "load", ("pump_001",)), ("kpi", "load", ("pump_001",))]
    assert items({"widgets": [{"scenario": "kpi"}, 3]}) == items({}) == []


def test_the_measures_agree_with_hand_counts() -> None:
    shown = plan(widget("kpi", "hero"), widget("trend", "expanded"), widget("alerts", "normal"))
    assert measures.score(["trend", "timeline"], shown) == {
        "coverage": 0.5,
        "first_expected": 0.0,
        "r_precision": 0.5,
        "f1": pytest.approx(0.4),
    }


def test_a_scenario_shown_twice_counts_once() -> None:
    twice = plan(widget("kpi", "hero"), widget("kpi", "compact"), widget("trend", "expanded"))
    assert measures.score(["kpi", "trend"], twice)["r_precision"] == 1.0


@pytest.mark.parametrize("answer", [None, {}, {"widgets": "none"}, {"widgets": [7]}])
def test_a_missing_plan_scores_nothing(answer: dict[str, Any] | None) -> None:
    assert set(measures.score(["kpi"], answer).values()) == {0.0}
