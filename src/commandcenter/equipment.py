"""What stands in the plant: kinds with their metrics, units and limits, and the registry of units.

A constant registry; nothing here depends on a seed or on the time of day.
"""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Metric:
    """How one quantity behaves: `limit` above `nominal` alarms when high, below it when low.

    A counter grows by `nominal` an hour and never alarms (its limit is None)."""

    name: str
    unit: str
    nominal: float
    swing: float = 0.1
    limit: float | None = None
    counter: bool = False


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of equipment: how it is written in ids (`pump`), names (`Pump`) and groups (`pumps`)."""

    id: str
    name: str
    plural: str
    count: int
    areas: tuple[str, ...]
    metrics: tuple[Metric, ...]


@dataclass(frozen=True, slots=True)
class Equipment:
    id: str
    kind: str
    number: int
    name: str
    area: str
    rated_kw: float
    metrics: tuple[str, ...]


def _power(kw: float) -> tuple[Metric, ...]:
    return (
        Metric("power", "kW", kw * 0.7, 0.15, kw * 1.05),
        Metric("energy", "kWh", kw * 0.7, counter=True),
        Metric("current", "A", kw * 1.1, 0.15, kw * 1.7),
        Metric("load", "%", 68, 0.15, 95),
    )


_HEALTH = Metric("health", "%", 88, 0.05, 60)
_RUNTIME = Metric("runtime", "h", 0.8, counter=True)
_STARTS = Metric("starts", "", 0.06, counter=True)
_VIBRATION = Metric("vibration", "mm/s", 2.6, 0.2, 7.1)
_POWER_FACTOR = Metric("power_factor", "", 0.94, 0.02, 0.85)
_VOLTAGE = Metric("voltage", "V", 415, 0.01, 440)
_THD = Metric("thd", "%", 3.8, 0.2, 8)
_FREQUENCY = Metric("frequency", "Hz", 50, 0.002, 50.5)
_UTILITY = ("Utility Block", "Plant Room")
_EDGE = (
    Metric("load", "%", 35, 0.3, 90),
    Metric("temperature", "°C", 44, 0.08, 70),
    Metric("latency", "ms", 22, 0.3, 200),
    Metric("signal", "dBm", -62, 0.05, -90),
    _HEALTH,
)


def _temperature(nominal: float, limit: float) -> Metric:
    return Metric("temperature", "°C", nominal, 0.08, limit)


_KIND_LIST = (
    Kind("pump", "Pump", "pumps", 12, _UTILITY, (
        _VIBRATION, _temperature(52, 80), Metric("pressure", "bar", 4.2, 0.08, 6),
        Metric("flow", "m³/h", 120, 0.12, 70), *_power(45), Metric("speed", "rpm", 1480, 0.02, 1600),
        Metric("efficiency", "%", 78, 0.05, 60), _RUNTIME, _HEALTH)),
    Kind("chiller", "Chiller", "chillers", 4, _UTILITY, (
        _temperature(7, 12), Metric("cop", "", 5.1, 0.08, 3.8), Metric("pressure", "bar", 9, 0.06, 13),
        Metric("flow", "m³/h", 310, 0.1, 200), *_power(420),
        Metric("efficiency", "%", 82, 0.05, 65), _VIBRATION, _RUNTIME, _HEALTH)),
    Kind("ahu", "AHU", "ahus", 8, ("Production Hall", "Office Block", "Warehouse"), (
        _temperature(19, 26), Metric("humidity", "%", 52, 0.1, 70), Metric("flow", "m³/h", 9000, 0.1, 6000),
        Metric("pressure", "Pa", 320, 0.1, 480), *_power(18), _VIBRATION, _RUNTIME, _HEALTH)),
    Kind("cooling_tower", "Cooling Tower", "cooling_towers", 4, ("Roof",), (
        _temperature(29, 35), Metric("level", "%", 76, 0.08, 40), Metric("flow", "m³/h", 280, 0.1, 180),
        *_power(30), _VIBRATION, Metric("efficiency", "%", 72, 0.06, 55), _RUNTIME, _HEALTH)),
    Kind("transformer", "Transformer", "transformers", 4, ("Substation",), (
        _temperature(63, 95), *_power(1250), _VOLTAGE, _POWER_FACTOR, _THD, _FREQUENCY,
        Metric("level", "%", 90, 0.03, 70), Metric("efficiency", "%", 98, 0.005, 95), _HEALTH)),
    Kind("dg", "DG Set", "dgs", 3, ("Power House",), (
        *_power(750), Metric("fuel", "%", 72, 0.15, 25), _temperature(78, 105),
        Metric("pressure", "bar", 4.5, 0.06, 3), _VOLTAGE, _FREQUENCY, _VIBRATION, _STARTS, _RUNTIME,
        _HEALTH)),
    Kind("ups", "UPS", "upses", 4, ("Server Room", "Control Room"), (
        Metric("battery", "%", 96, 0.03, 60), *_power(80), _VOLTAGE, _temperature(27, 40), _FREQUENCY,
        Metric("efficiency", "%", 94, 0.01, 88), _STARTS, _RUNTIME, _HEALTH)),
    Kind("compressor", "Compressor", "compressors", 4, ("Compressor House",), (
        Metric("pressure", "bar", 7.2, 0.06, 8.8), _temperature(74, 100), _VIBRATION,
        Metric("flow", "m³/h", 640, 0.12, 400), *_power(110), Metric("efficiency", "%", 76, 0.05, 60),
        _RUNTIME, _HEALTH)),
    Kind("motor", "Motor", "motors", 10, ("Production Hall", "Plant Room"), (
        _temperature(61, 95), _VIBRATION, Metric("speed", "rpm", 1470, 0.02, 1600), *_power(55),
        _VOLTAGE, _POWER_FACTOR, Metric("torque", "Nm", 340, 0.1, 480), _STARTS, _RUNTIME, _HEALTH)),
    Kind("boiler", "Boiler", "boilers", 3, ("Boiler House",), (
        Metric("pressure", "bar", 9.5, 0.05, 11.5), _temperature(178, 200), Metric("level", "%", 64, 0.08, 35),
        Metric("flow", "t/h", 5.2, 0.12, 3), Metric("efficiency", "%", 86, 0.03, 76),
        Metric("fuel", "m³/h", 380, 0.12, 520), *_power(40), _RUNTIME, _HEALTH)),
    Kind("meter", "Energy Meter", "meters", 12, ("Substation", "Production Hall", "Office Block"), (
        *_power(300), _VOLTAGE, _POWER_FACTOR, _THD, _FREQUENCY,
        Metric("demand", "kVA", 320, 0.15, 480), _HEALTH)),
    Kind("panel", "Panel", "panels", 6, ("Substation", "Production Hall"), (
        *_power(220), _VOLTAGE, _POWER_FACTOR, _THD, _FREQUENCY, _temperature(38, 60), _HEALTH)),
    Kind("feeder", "Feeder", "feeders", 8, ("Substation",), (
        *_power(260), _VOLTAGE, _POWER_FACTOR, _THD, _HEALTH)),
    Kind("plc", "PLC", "plcs", 4, ("Production Hall", "Boiler House"), _EDGE),
    Kind("rtu", "RTU", "rtus", 3, ("Substation",), _EDGE),
    Kind("gateway", "Gateway", "gateways", 3, ("Control Room",), _EDGE),
    Kind("solar", "Solar Array", "solar", 2, ("Roof",), (
        *_power(180), _VOLTAGE, _temperature(41, 75), Metric("efficiency", "%", 19, 0.06, 14), _HEALTH)),
)  # fmt: skip

KINDS: Mapping[str, Kind] = {kind.id: kind for kind in _KIND_LIST}
GROUPS: Mapping[str, str] = {kind.plural: kind.id for kind in _KIND_LIST}


def build_equipment() -> tuple[Equipment, ...]:
    """Every unit, in the order of KINDS and then of its number."""
    return tuple(
        _build_unit(kind, number) for kind in KINDS.values() for number in range(1, kind.count + 1)
    )


def find_metric(kind: str, name: str) -> Metric | None:
    return next((metric for metric in KINDS[kind].metrics if metric.name == name), None)


def _build_unit(kind: Kind, number: int) -> Equipment:
    power = find_metric(kind.id, "power")
    return Equipment(
        id=f"{kind.id}_{number:03d}",
        kind=kind.id,
        number=number,
        name=f"{kind.name} {number}",
        area=kind.areas[(number - 1) % len(kind.areas)],
        rated_kw=0.0 if power is None else round(power.nominal / 0.7, 1),
        metrics=tuple(metric.name for metric in kind.metrics),
    )
