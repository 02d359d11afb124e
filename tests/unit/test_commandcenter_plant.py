"""The simulated plant: deterministic, queryable, and able to hear which units are meant."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from commandcenter.equipment import KINDS
from commandcenter.operations import OrderState
from commandcenter.plant import Plant, ReadingState
from understudy.errors import InputError, NotFoundError

NOW = 1_770_000_000.0
DAY_S = 86_400.0
PLANT = Plant(7)


def test_every_kind_of_the_plant_stands_in_it() -> None:
    kinds = {unit.kind for unit in PLANT.equipment}
    assert kinds >= {
        "chiller", "pump", "ahu", "cooling_tower", "transformer", "dg", "ups", "compressor",
        "motor", "boiler", "meter",
    }  # fmt: skip
    assert len({unit.id for unit in PLANT.equipment}) == len(PLANT.equipment)
    assert PLANT.get("pump_001").name == "Pump 1"


@pytest.mark.parametrize(
    ("text", "ids"),
    [
        ("What are the current vibration levels for pump 001?", ["pump_001"]),
        ("pump 1", ["pump_001"]),
        ("P-1 and p2", ["pump_001", "pump_002"]),
        ("chiller-2", ["chiller_002"]),
        ("CH-02", ["chiller_002"]),
        ("ahu3", ["ahu_003"]),
        ("dg set 2", ["dg_002"]),
        ("trafo 1", ["transformer_001"]),
        ("pmup 4", ["pump_004"]),
        ("chiler 1 and 2", ["chiller_001", "chiller_002"]),
        ("pumps 1-3", ["pump_001", "pump_002", "pump_003"]),
        ("pump 1 to pump 3", ["pump_001", "pump_003"]),
        ("transfomer 1 versus trasformer 2", ["transformer_001", "transformer_002"]),
        ("UPS 1, 2 and 3", ["ups_001", "ups_002", "ups_003"]),
        ("pump A and B", ["pump_001", "pump_002"]),
        ("boiler number two", ["boiler_002"]),
        ("cooling_tower_004's fan", ["cooling_tower_004"]),
        ("motor no. 7 rpm", ["motor_007"]),
        ("pump 1 and 24 hours", ["pump_001"]),
        ("remote terminal unit 1", ["rtu_001"]),
        ("solar inverter 2", ["solar_002"]),
        ("PV strings 1 and 2", ["solar_001", "solar_002"]),
        ("UPSes 1 and 2", ["ups_001", "ups_002"]),
        ("UPS system 1", ["ups_001"]),
        ("feeder line 3", ["feeder_003"]),
        ("pump 99", []),
        ("power 2", []),
        ("how much comes from it, which 3 does most use", []),
        ("phase p 2", []),
    ],
)
def test_mentions_of_units_are_understood(text: str, ids: list[str]) -> None:
    assert [unit.id for unit in PLANT.find(text)] == ids


def test_a_kind_without_a_number_is_a_kind() -> None:
    assert PLANT.find_kinds("temperatures of the chillers and the diesel generator") == (
        "chiller", "dg",
    )  # fmt: skip


def test_masking_hides_which_unit_is_meant() -> None:
    assert PLANT.mask("load of pump 1?", "X") == PLANT.mask("load of CH-02?", "X") == "load of X?"


def test_every_unit_is_found_by_its_id_and_its_name() -> None:
    for unit in PLANT.equipment:
        assert PLANT.find(unit.id) == PLANT.find(unit.name) == (unit,)


@settings(max_examples=150, deadline=None)
@given(st.text(max_size=200) | st.text(alphabet="pumch -_,.0123456789andvs", max_size=200))
def test_finding_takes_any_text(text: str) -> None:
    assert set(PLANT.find(text)) <= set(PLANT.equipment)
    PLANT.mask(text, "unit")


@pytest.mark.parametrize("text", ["pump " * 20_000, "1 " * 50_000, "pumps 1" + " to 2" * 20_000])
def test_finding_reads_long_text(text: str) -> None:
    assert len(PLANT.find(text)) <= len(PLANT.equipment)


def test_the_same_seed_gives_the_same_plant() -> None:
    other = Plant(7)
    week = (NOW - 7 * DAY_S, NOW)
    assert PLANT.series("pump_001", "vibration", *week, 3600) == other.series(
        "pump_001", "vibration", *week, 3600
    )
    assert PLANT.alarms(NOW, since=week[0]) == other.alarms(NOW, since=week[0])
    assert PLANT.maintenance(NOW) == other.maintenance(NOW)
    assert Plant(8).maintenance(NOW) != other.maintenance(NOW)


def test_every_metric_of_every_kind_can_be_read() -> None:
    for kind in KINDS.values():
        for metric in kind.metrics:
            reading = PLANT.reading(f"{kind.id}_001", metric.name, NOW)
            assert (reading.unit, reading.at) == (metric.unit, NOW)


def test_a_series_agrees_with_readings_at_any_moment() -> None:
    for sample in PLANT.series("chiller_002", "temperature", NOW - 7200, NOW, 1800):
        assert PLANT.reading("chiller_002", "temperature", sample.at).value == sample.value


def test_counters_never_run_backwards() -> None:
    values = [s.value for s in PLANT.series("meter_001", "energy", NOW - 9 * DAY_S, NOW, 900)]
    assert values == sorted(values)


def test_a_reading_is_in_alarm_exactly_while_its_alarm_is_open() -> None:
    alarm = PLANT.alarms(NOW, since=NOW - 5 * DAY_S)[0]
    during = PLANT.reading(alarm.equipment, alarm.metric, alarm.started_at)
    before = PLANT.reading(alarm.equipment, alarm.metric, alarm.started_at - 1)
    assert (during.state, before.state) == (ReadingState.ALARM, ReadingState.NORMAL)
    open_then = PLANT.alarms(alarm.started_at, equipment_id=alarm.equipment)
    assert alarm.id in {one.id for one in open_then}
    assert all(one.cleared_at is None for one in open_then)


def test_orders_stand_as_of_the_moment_asked_about() -> None:
    orders = PLANT.maintenance(NOW)
    assert {order.state for order in orders} == set(OrderState)
    for order in orders:
        assert (order.state is OrderState.OVERDUE) == (order.done_at is None and order.due_at < NOW)


def test_shifts_costs_people_and_shipments_answer() -> None:
    assert [shift.name for shift in PLANT.shifts(NOW)].count("night") == 1
    assert all(cost.amount_usd > 0 for cost in PLANT.costs(NOW))
    assert all(shipment.sent_at <= NOW for shipment in PLANT.shipments(NOW))
    names = {person.name for person in PLANT.people()}
    assert {person.reports_to for person in PLANT.people()} - {None} < names


def test_an_unknown_unit_or_metric_is_named_with_what_exists() -> None:
    with pytest.raises(NotFoundError, match="pump_001"):
        PLANT.reading("pump 1", "vibration", NOW)
    with pytest.raises(NotFoundError, match="has no metric 'cop'"):
        PLANT.reading("pump_001", "cop", NOW)
    with pytest.raises(NotFoundError):
        PLANT.alarms(NOW, equipment_id="reactor_001")


@pytest.mark.parametrize(
    ("start", "end", "step_s"),
    [(0.0, NOW, 60.0), (NOW, NOW - 1, 60.0), (NOW, float("nan"), 60.0), (NOW - 60, NOW, 0.0),
     (NOW - 60, NOW, float("nan")), (NOW - 60, NOW, 0.001)],
)  # fmt: skip
def test_an_unbounded_window_is_refused(start: float, end: float, step_s: float) -> None:
    with pytest.raises(InputError):
        PLANT.series("pump_001", "vibration", start, end, step_s)
