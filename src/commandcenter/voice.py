"""Turns facts into one or two sentences that can be read aloud, and gathers a plan's facts.

Says only what the facts say; where there is none, it says what is shown.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from commandcenter.equipment import GROUPS
from commandcenter.plans import name_of
from commandcenter.plant import Plant, ReadingState

_FACT = re.compile(r"^(?P<entity>\S+) (?P<metric>\w+) = (?P<value>\S+)(?: (?P<unit>.+))?$")
_MAX_SPOKEN = 2
_ROUND_ABOVE = 100
_MAX_CHARS = 300
_UNITS: Mapping[str, str] = {
    "mm/s": "millimetres per second", "°C": "degrees Celsius", "bar": "bar", "Pa": "pascals",
    "m³/h": "cubic metres per hour", "t/h": "tonnes per hour", "kW": "kilowatts", "kWh": "kilowatt hours",
    "kVA": "kilovolt amperes", "A": "amperes", "V": "volts", "Hz": "hertz", "%": "percent",
    "rpm": "revolutions per minute", "h": "hours", "Nm": "newton metres", "ms": "milliseconds",
    "dBm": "decibel milliwatts", "USD": "dollars",
}  # fmt: skip
_NAMES: Mapping[str, str] = {"cop": "C O P", "thd": "T H D"}
_COUNTED: Mapping[str, str] = {
    "alarms": "open alarms",
    "work_orders": "open work orders",
    "devices_online": "edge devices online",
    "shipments": "shipments on their way",
    "people_on_duty": "people on duty",
}
_LINK_METRICS = frozenset({"signal", "latency"})
_ELECTRIC = frozenset({"power", "energy", "demand", "load", "current"})


def say(facts: Sequence[str], shown: str) -> str:
    """At most two sentences: a fact of the form `pump_001 vibration = 2.3 mm/s` is put in words."""
    if not facts:
        return (
            f"The dashboard shows {shown[:120].lower()}."
            if shown
            else "There is no reading for that."
        )
    return " ".join(_sentence(fact) for fact in facts[:_MAX_SPOKEN])[:_MAX_CHARS]


def gather_facts(plan: Mapping[str, Any], plant: Plant, now: float) -> list[dict[str, Any]]:
    """What the plan's first widgets would read at `now`, as facts for the prompt of `speak`."""
    facts: list[dict[str, Any]] = []
    for widget in plan["widgets"]:
        asked = widget["data_request"]
        for entity in asked["entities"]:
            fact = _read_fact(plant, str(entity), str(asked["metric"]), now)
            if fact is not None and fact not in facts:
                facts.append(fact)
    if not facts:
        facts.append(_plant_fact(plant, _asked_metric(plan), now))
    return facts


def _asked_metric(plan: Mapping[str, Any]) -> str:
    return next((str(widget["data_request"]["metric"]) for widget in plan["widgets"]), "alarms")


def _plant_fact(plant: Plant, metric: str, now: float) -> dict[str, Any]:
    """The plant as a whole, where no unit is asked about; its open alarms if nothing else fits."""
    if metric in _ELECTRIC:
        meters = [unit.id for unit in plant.equipment if unit.kind == "meter"]
        total = sum(plant.reading(meter, "power", now).value for meter in meters)
        return {"entity": "plant", "metric": "power", "value": round(total), "unit": "kW"}
    name, count = _COUNTERS.get(metric, _COUNTERS["alarms"])
    return {"entity": "plant", "metric": name, "value": count(plant, now)}


def _count_open_orders(plant: Plant, now: float) -> int:
    return sum(order.done_at is None for order in plant.maintenance(now))


def _count_devices_online(plant: Plant, now: float) -> int:
    edge = [unit.id for unit in plant.equipment if "signal" in unit.metrics]
    cut_off = {alarm.equipment for alarm in plant.alarms(now) if alarm.metric in _LINK_METRICS}
    return sum(unit not in cut_off for unit in edge)


_COUNTERS: Mapping[str, tuple[str, Callable[[Plant, float], int]]] = {
    "alarms": ("alarms", lambda plant, now: len(plant.alarms(now))),
    "work_orders": ("work_orders", _count_open_orders),
    "maintenance": ("work_orders", _count_open_orders),
    "shipments": ("shipments", lambda plant, now: len(plant.shipments(now))),
    "attendance": ("people_on_duty", lambda plant, now: plant.shifts(now)[-1].present),
    "status": ("devices_online", _count_devices_online),
}


def _read_fact(plant: Plant, entity: str, metric: str, now: float) -> dict[str, Any] | None:
    members = [
        unit for unit in plant.equipment if unit.id == entity or unit.kind == GROUPS.get(entity)
    ]
    if metric == "alarms":
        count = sum(len(plant.alarms(now, equipment_id=unit.id)) for unit in members)
        return {"entity": entity, "metric": metric, "value": count} if members else None
    readings = [plant.reading(unit.id, metric, now) for unit in members if metric in unit.metrics]
    if not readings:
        return None
    mean = sum(reading.value for reading in readings) / len(readings)
    value = round(mean) if abs(mean) >= _ROUND_ABOVE else round(mean, 1)
    alarmed = any(reading.state is ReadingState.ALARM for reading in readings)
    name = metric if len(readings) == 1 else f"mean_{metric}"
    return {
        "entity": entity,
        "metric": name,
        "value": value,
        "unit": readings[0].unit + (" in alarm" if alarmed else ""),
    }


def _sentence(fact: str) -> str:
    found = _FACT.match(fact)
    if found is None:
        return fact.rstrip(". ") + "."
    subject = "The plant" if found["entity"] == "plant" else name_of(found["entity"])
    counted = _COUNTED.get(found["metric"])
    if counted:
        return f"{subject} has {_spoken_count(found['value'], counted)}."
    metric = _NAMES.get(found["metric"], found["metric"].replace("_", " "))
    return (
        f"{subject} {metric} is {found['value']} {_spoken_unit(found['unit'] or '')}".rstrip() + "."
    )


def _spoken_count(value: str, noun: str) -> str:
    if value == "0":
        return f"no {noun}"
    return f"1 {_singular(noun)}" if value == "1" else f"{value} {noun}"


def _singular(noun: str) -> str:
    return {"people on duty": "person on duty"}.get(
        noun, re.sub(r"(device|shipment|alarm|order)s", r"\1", noun)
    )


def _spoken_unit(unit: str) -> str:
    plain = unit.removesuffix("in alarm").strip()
    words = _UNITS.get(plain, plain)
    return f"{words}, which is in alarm" if unit.endswith("in alarm") else words
