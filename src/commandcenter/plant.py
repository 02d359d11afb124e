"""The simulated plant: its equipment, time series, alarms, work orders, shifts and costs, queryable.

Deterministic by seed; the clock is an argument. Refuses unknown ids and unbounded windows.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum

from commandcenter import operations
from commandcenter.equipment import KINDS, Equipment, Metric, build_equipment, find_metric
from commandcenter.mentions import Mentions
from commandcenter.operations import Alarm, Cost, Person, Shift, Shipment, WorkOrder
from commandcenter.series import DAY_S, Sample, alarm_value, counter_value, gauge_value
from understudy.errors import InputError, NotFoundError

_MAX_SAMPLES = 20_000
_MAX_DAYS = 400


class ReadingState(Enum):
    NORMAL = "normal"
    ALARM = "alarm"


@dataclass(frozen=True, slots=True)
class Reading:
    equipment: str
    metric: str
    value: float
    unit: str
    at: float
    state: ReadingState


class Plant:
    """Owns the registry and the seed; every question to it names the moment it is asked at."""

    def __init__(self, seed: int = 0) -> None:
        self.seed = seed
        self.equipment: tuple[Equipment, ...] = build_equipment()
        self._by_id = {unit.id: unit for unit in self.equipment}
        self._mentions = Mentions()

    def get(self, equipment_id: str) -> Equipment:
        """Raises NotFoundError, naming what the id might have been."""
        unit = self._by_id.get(equipment_id)
        if unit is None:
            near = ", ".join(e.id for e in self.find(equipment_id[:100])) or "pump_001, chiller_001"
            raise NotFoundError(f"no equipment {equipment_id[:100]!r}; write an id such as {near}")
        return unit

    def find(self, text: str) -> tuple[Equipment, ...]:
        """The units that a text mentions, in its order, each once."""
        ids = (
            f"{mention.kind}_{mention.number:03d}"
            for mention in self._mentions.read(text)
            if mention.number is not None
        )
        return tuple(self._by_id[key] for key in dict.fromkeys(ids) if key in self._by_id)

    def find_kinds(self, text: str) -> tuple[str, ...]:
        """The kinds that a text mentions, with or without a number, in its order, each once."""
        return tuple(dict.fromkeys(mention.kind for mention in self._mentions.read(text)))

    def mask(self, text: str, mark: str) -> str:
        """The text with every numbered mention of a unit replaced by `mark`."""
        parts, end = [], 0
        for mention in self._mentions.read(text):
            if mention.number is not None and mention.start >= end:
                parts += [text[end : mention.start], mark]
                end = mention.end
        return "".join([*parts, text[end:]])

    def series(
        self, equipment_id: str, metric: str, start: float, end: float, step_s: float
    ) -> tuple[Sample, ...]:
        """Samples at start, start + step_s, … up to and including end."""
        found = self._metric(equipment_id, metric)
        _check_window(start, end)
        if not step_s > 0 or (end - start) / step_s >= _MAX_SAMPLES:
            raise InputError(
                f"step_s = {step_s} gives no series of 1 to {_MAX_SAMPLES} samples; widen the step"
            )
        unit = self._by_id[equipment_id]
        open_alarms = [
            alarm
            for alarm in operations.alarms_of(self.seed, unit, start, end)
            if alarm.metric == metric
        ]
        count = int((end - start) // step_s) + 1
        times = (start + index * step_s for index in range(count))
        return tuple(Sample(at, self._value(unit, found, at, open_alarms)) for at in times)

    def reading(self, equipment_id: str, metric: str, now: float) -> Reading:
        found = self._metric(equipment_id, metric)
        value = self.series(equipment_id, metric, now, now, 1.0)[0].value
        alarmed = (
            found.limit is not None and (value - found.limit) * (found.limit - found.nominal) > 0
        )
        state = ReadingState.ALARM if alarmed else ReadingState.NORMAL
        return Reading(equipment_id, metric, value, found.unit, now, state)

    def alarms(
        self, now: float, *, since: float | None = None, equipment_id: str | None = None
    ) -> tuple[Alarm, ...]:
        """Alarms open at `now`, newest first; with `since`, also those that cleared after it."""
        start = now if since is None else since
        _check_window(start, now)
        found = (
            alarm
            for unit in self._units(equipment_id)
            for alarm in operations.alarms_of(self.seed, unit, start, now)
        )
        return tuple(sorted(found, key=lambda alarm: (-alarm.started_at, alarm.id)))

    def maintenance(
        self, now: float, *, since: float | None = None, equipment_id: str | None = None
    ) -> tuple[WorkOrder, ...]:
        """Work orders written since `since` (30 days ago), as they stand at `now`, newest first."""
        start = now - 30 * DAY_S if since is None else since
        _check_window(start, now)
        found = (
            order
            for unit in self._units(equipment_id)
            for order in operations.orders_of(self.seed, unit, start, now)
        )
        return tuple(sorted(found, key=lambda order: (-order.created_at, order.id)))

    def shifts(self, now: float, *, since: float | None = None) -> tuple[Shift, ...]:
        """Shifts that began in the last day, or since `since`; the last one is on duty at `now`."""
        start = now - DAY_S if since is None else since
        _check_window(start, now)
        return tuple(operations.shifts_between(self.seed, start, now))

    def costs(self, now: float, *, since: float | None = None) -> tuple[Cost, ...]:
        """Energy cost by day and area over the last 30 days, or since `since`."""
        start = now - 30 * DAY_S if since is None else since
        _check_window(start, now)
        return tuple(operations.costs_between(self.seed, start, now))

    def shipments(self, now: float) -> tuple[Shipment, ...]:
        _check_window(now, now)
        return tuple(operations.shipments_at(self.seed, now))

    def people(self) -> tuple[Person, ...]:
        return operations.build_people(self.seed)

    def _units(self, equipment_id: str | None) -> Iterator[Equipment]:
        return iter(self.equipment if equipment_id is None else (self.get(equipment_id),))

    def _metric(self, equipment_id: str, name: str) -> Metric:
        unit = self.get(equipment_id)
        metric = find_metric(unit.kind, name)
        if metric is None:
            known = ", ".join(m.name for m in KINDS[unit.kind].metrics)
            raise NotFoundError(f"{unit.id} has no metric {name[:60]!r}; it has {known}")
        return metric

    def _value(self, unit: Equipment, metric: Metric, at: float, alarms: list[Alarm]) -> float:
        if metric.counter:
            return round(counter_value(self.seed, unit.id, metric, at), 3)
        for alarm in alarms:
            if alarm.started_at <= at and (alarm.cleared_at is None or at < alarm.cleared_at):
                return round(alarm_value(metric, alarm.depth), 3)
        return round(gauge_value(self.seed, unit.id, metric, at), 3)


def _check_window(start: float, end: float) -> None:
    if not (math.isfinite(start) and math.isfinite(end) and 0 <= end - start <= _MAX_DAYS * DAY_S):
        raise InputError(
            f"the window {start} to {end} is none of 0 to {_MAX_DAYS} days; give seconds since 1970"
        )
