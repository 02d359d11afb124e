"""The tools of an investigation. Each queries the plant and says what it found as plain numbers.

Refuses what the plant refuses; what a tool returns is all that an answer may quote.
"""

from collections.abc import Callable, Mapping, Sequence
from statistics import fmean
from typing import Any

from commandcenter.equipment import KINDS, Metric, find_metric
from commandcenter.operations import OrderState
from commandcenter.plant import Plant
from commandcenter.series import DAY_S, HOUR_S

Result = dict[str, Any]
Tool = Callable[..., Result]


def read_metric(plant: Plant, now: float, *, unit: str, metric: str) -> Result:
    """The value of this moment beside its limit."""
    found = plant.reading(unit, metric, now)
    limit = metric_of(plant, unit, metric).limit
    return {"value": found.value, "unit": found.unit, "limit": limit, "state": found.state.value}


def read_series(plant: Plant, now: float, *, unit: str, metric: str, days: int) -> Result:
    """What a metric did over some days, from samples of every six hours; a counter's growth."""
    samples = plant.series(unit, metric, now - days * DAY_S, now, 6 * HOUR_S)
    values = [sample.value for sample in samples]
    half = len(values) // 2
    before, after = fmean(values[:half]), fmean(values[half:])
    return {
        "samples": len(values),
        "mean": round(fmean(values), 2),
        "lowest": min(values),
        "highest": max(values),
        "first_half": round(before, 2),
        "second_half": round(after, 2),
        "change": round(after - before, 2),
        "past_limit": _past_limit(values, metric_of(plant, unit, metric)),
        "unit": metric_of(plant, unit, metric).unit,
    }


def verify_metric(plant: Plant, now: float, *, unit: str, metric: str, hours: int) -> Result:
    """The last hours again at a finer step: whether one sample stood for all."""
    samples = plant.series(unit, metric, now - hours * HOUR_S, now, HOUR_S / 4)
    values = [sample.value for sample in samples]
    return {"samples": len(values), "mean": round(fmean(values), 2), "highest": max(values)}


def list_alarms(plant: Plant, now: float, *, unit: str, days: int) -> Result:
    found = plant.alarms(now, since=now - days * DAY_S, equipment_id=unit)
    still_open = [alarm for alarm in found if alarm.cleared_at is None]
    return {
        "alarms": len(found),
        "open": len(still_open),
        "metrics": sorted({alarm.metric for alarm in found}),
        "newest": found[0].message if found else "",
    }


def list_orders(plant: Plant, now: float, *, unit: str, days: int) -> Result:
    found = plant.maintenance(now, since=now - days * DAY_S, equipment_id=unit)
    states = [order.state for order in found]
    return {
        "orders": len(found),
        "done": states.count(OrderState.DONE),
        "waiting": states.count(OrderState.OPEN),
        "overdue": states.count(OrderState.OVERDUE),
        "last_task": found[0].task if found else "",
    }


def read_costs(plant: Plant, now: float, *, area: str, days: int) -> Result:
    """An area's energy and cost, beside the whole plant's over the same days."""
    every = plant.costs(now, since=now - days * DAY_S)
    own = [cost for cost in every if cost.area == area]
    amount, total = (sum(cost.amount_usd for cost in costs) for costs in (own, every))
    return {
        "energy_kwh": round(sum(cost.energy_kwh for cost in own), 1),
        "amount_usd": round(amount, 2),
        "plant_usd": round(total, 2),
        "share_percent": round(100 * amount / total, 1) if total else 0.0,
    }


def rank_kind(plant: Plant, now: float, *, kind: str, metric: str) -> Result:
    """The unit of a kind that reads highest and the one that reads lowest, and the mean of all."""
    read = {
        unit.id: plant.reading(unit.id, metric, now).value
        for unit in plant.equipment
        if unit.kind == kind
    }
    highest, lowest = max(read, key=read.__getitem__), min(read, key=read.__getitem__)
    return {
        "units": len(read),
        "highest": highest,
        "highest_value": read[highest],
        "lowest": lowest,
        "lowest_value": read[lowest],
        "mean": round(fmean(read.values()), 2),
    }


def list_shifts(plant: Plant, now: float, *, days: int) -> Result:
    shifts = plant.shifts(now, since=now - days * DAY_S)
    made = [shift.output_units for shift in shifts]
    return {
        "shifts": len(shifts),
        "output_units": sum(made),
        "best_shift_units": max(made),
        "present": shifts[-1].present,
        "absent": shifts[-1].absent,
    }


def list_people(plant: Plant, now: float, *, area: str) -> Result:
    on_duty = plant.shifts(now)[-1].name
    own = [person for person in plant.people() if person.area == area]
    return {"people": len(own), "on_duty": sum(person.shift == on_duty for person in own)}


def search_schema(plant: Plant, _now: float, *, unit: str) -> Result:
    """The columns that are recorded of a unit, and which of them have a limit."""
    metrics = KINDS[plant.get(unit).kind].metrics
    limited = [metric.name for metric in metrics if metric.limit is not None]
    counters = [metric.name for metric in metrics if metric.counter]
    return {"columns": len(metrics), "with_limit": len(limited), "counters": len(counters)}


def run_query(plant: Plant, now: float, *, unit: str, metric: str, days: int) -> Result:
    """How many hourly rows a table of a metric has, and how many of them are past its limit."""
    found = metric_of(plant, unit, metric)
    rows = plant.series(unit, metric, now - days * DAY_S, now, HOUR_S)
    past = _past_limit([row.value for row in rows], found)
    return {"rows": len(rows), "past_limit": past, "last": rows[-1].value, "unit": found.unit}


def _past_limit(values: Sequence[float], metric: Metric) -> int:
    if metric.limit is None:
        return 0
    side = metric.limit - metric.nominal
    return sum((value - metric.limit) * side > 0 for value in values)


def metric_of(plant: Plant, unit: str, metric: str) -> Metric:
    found = find_metric(plant.get(unit).kind, metric)
    if found is None:
        # The plant's own sentence lists what there is.
        plant.reading(unit, metric, 0.0)
        raise AssertionError(metric)
    return found


TOOLS: Mapping[str, Tool] = {
    "read_metric": read_metric,
    "read_series": read_series,
    "verify_metric": verify_metric,
    "list_alarms": list_alarms,
    "list_orders": list_orders,
    "read_costs": read_costs,
    "rank_kind": rank_kind,
    "list_shifts": list_shifts,
    "list_people": list_people,
    "search_schema": search_schema,
    "run_query": run_query,
}
