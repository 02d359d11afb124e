"""What happens in the plant: alarms, work orders, shifts, costs, shipments and people.

Every record is drawn from (seed, unit, day), and its state is worked out for the moment asked about.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum

from commandcenter.equipment import KINDS, Equipment
from commandcenter.series import DAY_S, HOUR_S, chance

TEAMS = ("electrical", "mechanical", "instrumentation", "utilities")
SHIFTS = (("morning", 6), ("evening", 14), ("night", 22))
AREAS = tuple(sorted({area for kind in KINDS.values() for area in kind.areas}))
_TASKS = (
    "bearing lubrication", "filter change", "alignment check", "seal inspection", "calibration",
    "belt replacement", "thermography", "oil analysis", "cleaning", "terminal tightening",
)  # fmt: skip
_PEOPLE = (
    "Asha Rao", "Ben Okoye", "Carla Mendes", "Dev Patel", "Elena Petrova", "Farid Haddad",
    "Grace Lim", "Hugo Brandt", "Ines Costa", "Jonas Weber", "Kavya Nair", "Liam Byrne",
    "Maya Cohen", "Nils Holm", "Olga Novak", "Priya Das", "Quentin Roy", "Rosa Vidal",
    "Samir Khan", "Tara Singh", "Umar Sayed", "Vera Koch", "Wei Zhang", "Yara Saleh",
)  # fmt: skip
_VENDORS = (
    ("Nordflow Pumps", "Denmark"), ("Kaizen Bearings", "Japan"), ("Andes Filters", "Chile"),
    ("Rhein Drives", "Germany"), ("Deccan Switchgear", "India"), ("Lakeside Controls", "Canada"),
)  # fmt: skip
_TARIFF_PER_KWH = 0.12


class Severity(Enum):
    CRITICAL = "critical"
    WARNING = "warning"
    INFO = "info"


class OrderState(Enum):
    OPEN = "open"
    OVERDUE = "overdue"
    DONE = "done"


@dataclass(frozen=True, slots=True)
class Alarm:
    """`cleared_at` is None while the alarm is open at the moment asked about."""

    id: str
    equipment: str
    metric: str
    severity: Severity
    message: str
    started_at: float
    cleared_at: float | None
    depth: float


@dataclass(frozen=True, slots=True)
class WorkOrder:
    id: str
    equipment: str
    task: str
    team: str
    created_at: float
    due_at: float
    done_at: float | None
    state: OrderState


@dataclass(frozen=True, slots=True)
class Shift:
    name: str
    start: float
    end: float
    supervisor: str
    present: int
    absent: int
    output_units: int


@dataclass(frozen=True, slots=True)
class Cost:
    day: float
    area: str
    energy_kwh: float
    amount_usd: float


@dataclass(frozen=True, slots=True)
class Person:
    name: str
    team: str
    area: str
    shift: str
    reports_to: str | None


@dataclass(frozen=True, slots=True)
class Shipment:
    id: str
    vendor: str
    country: str
    part: str
    sent_at: float
    due_at: float
    late: bool


def alarms_of(seed: int, unit: Equipment, since: float, now: float) -> Iterator[Alarm]:
    """Alarms of one unit that were open at some time in [since, now]; at most one starts a day."""
    for day in range(int(since // DAY_S) - 1, int(now // DAY_S) + 1):
        alarm = _draw_alarm(seed, unit, day, now)
        if alarm is not None and (alarm.cleared_at is None or alarm.cleared_at >= since):
            yield alarm


def _draw_alarm(seed: int, unit: Equipment, day: int, now: float) -> Alarm | None:
    if chance(seed, unit.id, day, "alarm") > 0.12:
        return None
    limited = [m for m in KINDS[unit.kind].metrics if m.limit is not None]
    metric = limited[int(chance(seed, unit.id, day, "which") * len(limited))]
    started_at = day * DAY_S + chance(seed, unit.id, day, "start") * DAY_S
    ended_at = started_at + (1 + 9 * chance(seed, unit.id, day, "length")) * HOUR_S
    if started_at > now:
        return None
    depth = chance(seed, unit.id, day, "depth")
    severity = Severity.CRITICAL if depth > 0.75 else Severity.WARNING
    side = "high" if (metric.limit or 0) > metric.nominal else "low"
    return Alarm(
        id=f"alarm_{unit.id}_{day}",
        equipment=unit.id,
        metric=metric.name,
        severity=severity if depth > 0.2 else Severity.INFO,
        message=f"{unit.name} {metric.name.replace('_', ' ')} {side}",
        started_at=started_at,
        cleared_at=None if ended_at > now else ended_at,
        depth=depth,
    )


def orders_of(seed: int, unit: Equipment, since: float, now: float) -> Iterator[WorkOrder]:
    """Work orders of one unit that were written in [since, now]; at most one a week."""
    week_s = 7 * DAY_S
    for week in range(int(since // week_s), int(now // week_s) + 1):
        if chance(seed, unit.id, week, "order") > 0.35:
            continue
        created_at = week * week_s + chance(seed, unit.id, week, "written") * week_s
        if since <= created_at <= now:
            yield _draw_order(seed, unit, week, created_at, now)


def _draw_order(seed: int, unit: Equipment, week: int, created_at: float, now: float) -> WorkOrder:
    key = (unit.id, week)
    due_at = created_at + (2 + 10 * chance(seed, *key, "due")) * DAY_S
    finished_at = created_at + (1 + 13 * chance(seed, *key, "done")) * DAY_S
    done = finished_at <= now
    late = OrderState.OVERDUE if now > due_at else OrderState.OPEN
    return WorkOrder(
        id=f"wo_{unit.id}_{week}",
        equipment=unit.id,
        task=_TASKS[int(chance(seed, *key, "task") * len(_TASKS))],
        team=TEAMS[int(chance(seed, *key, "team") * len(TEAMS))],
        created_at=created_at,
        due_at=due_at,
        done_at=finished_at if done else None,
        state=OrderState.DONE if done else late,
    )


def shifts_between(seed: int, since: float, now: float) -> Iterator[Shift]:
    """Shifts that began in [since, now], oldest first."""
    for day in range(int(since // DAY_S), int(now // DAY_S) + 1):
        for name, hour in SHIFTS:
            start = day * DAY_S + hour * HOUR_S
            if since <= start <= now:
                yield _draw_shift(seed, name, start)


def _draw_shift(seed: int, name: str, start: float) -> Shift:
    key = (name, int(start))
    absent = int(3 * chance(seed, *key, "absent"))
    return Shift(
        name=name,
        start=start,
        end=start + 8 * HOUR_S,
        supervisor=_PEOPLE[int(chance(seed, *key, "lead") * len(_PEOPLE))],
        present=len(_PEOPLE) // len(SHIFTS) - absent,
        absent=absent,
        output_units=int(900 + 300 * chance(seed, *key, "output")),
    )


def costs_between(seed: int, since: float, now: float) -> Iterator[Cost]:
    """Energy and its cost for each whole day that began in [since, now], by area."""
    for day in range(int(-(-since // DAY_S)), int(now // DAY_S) + 1):
        for area in AREAS:
            energy_kwh = round(1500 + 2500 * chance(seed, area, day, "energy"), 1)
            yield Cost(day * DAY_S, area, energy_kwh, round(energy_kwh * _TARIFF_PER_KWH, 2))


def build_people(seed: int) -> tuple[Person, ...]:
    """The roster: the first of each team leads it, the first of all leads the plant."""
    people = []
    for index, name in enumerate(_PEOPLE):
        team = TEAMS[index % len(TEAMS)]
        lead = None if index == 0 else _PEOPLE[0] if index < len(TEAMS) else _PEOPLE[index % 4]
        shift = SHIFTS[int(chance(seed, name, "shift") * len(SHIFTS))][0]
        area = AREAS[int(chance(seed, name, "area") * len(AREAS))]
        people.append(Person(name, team, area, shift, lead))
    return tuple(people)


def shipments_at(seed: int, now: float) -> Iterator[Shipment]:
    """Parts on their way at `now`; one leaves each vendor about every ten days."""
    for day in range(int(now // DAY_S) - 20, int(now // DAY_S) + 1):
        for vendor, country in _VENDORS:
            if chance(seed, vendor, day, "sent") > 0.1 or day * DAY_S > now:
                continue
            due_at = (day + 5 + int(15 * chance(seed, vendor, day, "trip"))) * DAY_S
            arrives_at = due_at + (5 * chance(seed, vendor, day, "delay") - 2) * DAY_S
            if arrives_at > now:
                part = _TASKS[int(chance(seed, vendor, day, "part") * len(_TASKS))].split()[0]
                code = f"ship_{vendor.split()[0].lower()}_{day}"
                yield Shipment(code, vendor, country, part, day * DAY_S, due_at, now > due_at)
