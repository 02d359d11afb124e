"""What a simulated operator has in mind: units, readings, areas and times, and how to say them.

Draws from the plant's own registry, so that every named unit exists.
"""

import random
from collections.abc import Mapping, Sequence

from commandcenter.equipment import KINDS, Equipment
from commandcenter.language.grammar import expand
from commandcenter.language.nouns import NOUNS
from commandcenter.language.subjects import (
    AREA_WORDS,
    COUNTED,
    KIND_WORDS,
    LIMITED,
    QUANTITY,
    READING_WORDS,
    SHIFT_WORDS,
    SYSTEM_WORDS,
    TEAM_WORDS,
)
from commandcenter.language.words import WORDS

TABLES: Mapping[str, str] = {**WORDS, **NOUNS}
_EDGE_KINDS = frozenset({"plc", "rtu", "gateway"})
_NUMBERS = (
    ("{0}",) * 14
    + ("{0:03d}",) * 4
    + ("{0:02d}", "#{0}", "no {0}", "no. {0}", "number {0}", "-{0}", "unit {0}", "-{0:02d}")
)


def draw_scene(rng: random.Random, equipment: Sequence[Equipment]) -> dict[str, str]:
    """Every slot that a template may name, filled for one operator at one moment."""
    main = _draw_kind(rng)
    other = _draw_kind(rng)
    units = _pick(rng, [unit for unit in equipment if unit.kind == main], 3)
    readings = _draw_readings(rng, main)
    counted, areas = rng.choice(COUNTED), rng.sample(AREA_WORDS, 2)
    shifts, quantities = rng.sample(SHIFT_WORDS, 2), rng.sample(QUANTITY, 2)
    singular, plural = KIND_WORDS[main]
    scene = {
        "kind": expand(rng, singular, {}, TABLES),
        "kinds": expand(rng, plural, {}, TABLES),
        "machine": name_unit(rng, units[0]),
        "machine2": name_unit(rng, units[1]),
        "machine3": name_unit(rng, units[2]),
        "other": name_unit(rng, rng.choice([unit for unit in equipment if unit.kind == other])),
        "reading": readings[0],
        "reading2": readings[1],
        "reading3": readings[2],
        "other_reading": _draw_readings(rng, other)[0],
        "limited": _draw_limited(rng, main),
        "quantity": quantities[0],
        "quantity2": quantities[1],
        "counted": counted,
        "area": areas[0],
        "area2": areas[1],
        "shift": shifts[0],
        "shift2": shifts[1],
        "team": rng.choice(TEAM_WORDS),
        "system": rng.choice(SYSTEM_WORDS),
        "count": expand(rng, TABLES["count"], {}, TABLES),
    }
    for slot, kind in (("ups", "ups"), ("dg", "dg")):
        scene[slot] = name_unit(rng, rng.choice([unit for unit in equipment if unit.kind == kind]))
    cooler = rng.choice(("chiller", "ahu", "cooling_tower"))
    scene["cooler"] = _name_some(rng, [unit for unit in equipment if unit.kind == cooler])
    scene["edge_unit"] = name_unit(rng, rng.choice([u for u in equipment if u.kind in _EDGE_KINDS]))
    scene["period"] = expand(rng, TABLES["period"], {"area": areas[0]}, TABLES)
    return scene


def name_unit(rng: random.Random, unit: Equipment) -> str:
    """A unit as people write it: `pump 3`, `Pump-03`, `chilled water pump no 3`, `pump_003`."""
    if rng.random() < 0.04:
        return unit.id
    word = expand(rng, KIND_WORDS[unit.kind][0], {}, TABLES)
    number = rng.choice(_NUMBERS).format(unit.number)
    gap = "" if number.startswith("-") or (rng.random() < 0.06 and number.isdigit()) else " "
    return f"{word}{gap}{number}"


def _name_some(rng: random.Random, units: Sequence[Equipment]) -> str:
    """One unit or all of its kind."""
    if rng.random() < 0.6:
        return name_unit(rng, rng.choice(units))
    return f"{rng.choice(('the ', 'all ', 'our ', ''))}{_plural(rng, units[0].kind)}"


def _plural(rng: random.Random, kind: str) -> str:
    return expand(rng, KIND_WORDS[kind][1], {}, TABLES)


def _draw_kind(rng: random.Random) -> str:
    kinds = list(KINDS)
    return rng.choices(kinds, [0.3 if kind in _EDGE_KINDS else 1.0 for kind in kinds])[0]


def _draw_readings(rng: random.Random, kind: str) -> list[str]:
    """Three different readings of the kind, each in one of its wordings."""
    metrics = rng.sample([metric.name for metric in KINDS[kind].metrics], 3)
    return [expand(rng, READING_WORDS[metric], {}, TABLES) for metric in metrics]


def _draw_limited(rng: random.Random, kind: str) -> str:
    metrics = [metric.name for metric in KINDS[kind].metrics if metric.name in LIMITED]
    return expand(rng, READING_WORDS[rng.choice(metrics)], {}, TABLES)


def _pick(rng: random.Random, units: Sequence[Equipment], count: int) -> list[Equipment]:
    """Different units while there are enough of them."""
    if len(units) >= count:
        return rng.sample(units, count)
    order = rng.sample(units, len(units))
    return [order[index % len(order)] for index in range(count)]
