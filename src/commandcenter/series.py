"""Seeded time series: the value of a metric is a pure function of (seed, unit, metric, time).

Nothing is stored, so any moment can be asked for in any order and always gives the same value.
"""

import hashlib
import math
from dataclasses import dataclass

from commandcenter.equipment import Metric

DAY_S = 86_400.0
HOUR_S = 3_600.0
ORIGIN = 1_704_067_200.0
"""2024-01-01 00:00 UTC, when the plant's counters stood at zero."""
_NOISE_STEP_S = 900.0


@dataclass(frozen=True, slots=True)
class Sample:
    at: float
    value: float


def chance(seed: int, *key: object) -> float:
    """A number in [0, 1) that depends on the seed and the key alone."""
    text = "\x1f".join(str(part) for part in (seed, *key))
    digest = hashlib.blake2b(text.encode(), digest_size=8).digest()
    return int.from_bytes(digest) / 2**64


def counter_value(seed: int, unit: str, metric: Metric, at: float) -> float:
    """Grows for ever: the daily swing is small enough that its slope never turns negative."""
    hours = max(0.0, (at - ORIGIN) / HOUR_S)
    scale = 0.85 + 0.3 * chance(seed, unit, metric.name, "scale")
    wave = 0.5 * (24 / math.tau) * math.sin(math.tau * hours / 24)
    return metric.nominal * scale * (hours + wave)


def gauge_value(seed: int, unit: str, metric: Metric, at: float) -> float:
    """A nominal value with a daily and a weekly wave and smooth noise, short of its limit."""
    key = (unit, metric.name)
    phase = chance(seed, *key, "phase")
    level = 1 + 0.5 * metric.swing * (2 * chance(seed, *key, "level") - 1)
    daily = math.sin(math.tau * (at / DAY_S + 0.1 * phase - 0.35))
    weekly = math.sin(math.tau * (at / (7 * DAY_S) + phase))
    wave = metric.swing * (0.5 * daily + 0.2 * weekly + 0.3 * _noise(seed, key, at))
    value = metric.nominal * (level + wave)
    if metric.limit is None:
        return value
    # Only an alarm may carry a value past its limit, so that series and alarms tell one story.
    edge = metric.nominal + 0.97 * (metric.limit - metric.nominal)
    return min(value, edge) if metric.limit > metric.nominal else max(value, edge)


def alarm_value(metric: Metric, depth: float) -> float:
    """The value while an alarm is open: beyond the limit by up to a third of the normal margin."""
    if metric.limit is None:
        return metric.nominal
    return metric.limit + (0.05 + 0.3 * depth) * (metric.limit - metric.nominal)


def _noise(seed: int, key: tuple[str, str], at: float) -> float:
    """Value noise in [-1, 1]: random at every step, linear in between."""
    step, within = divmod(at, _NOISE_STEP_S)
    left = chance(seed, *key, int(step))
    right = chance(seed, *key, int(step) + 1)
    return 2 * (left + (right - left) * within / _NOISE_STEP_S) - 1
