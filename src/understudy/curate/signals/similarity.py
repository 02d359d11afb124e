"""How alike two reasoning vectors are, in [0, 1], and their differences in words.

Every dimension is measured in its own standard deviations over the corpus, so that none dominates. Vectors of
another version are refused.
"""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from understudy.curate.signals.vector import DIMENSIONS, NAMES, VERSION
from understudy.errors import InputError

Vector = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Scale:
    """Mean and standard deviation of each dimension over a corpus of `count` vectors."""

    mean: tuple[float, ...]
    deviation: tuple[float, ...]
    count: int
    version: int = VERSION

    def to_json(self) -> dict[str, Any]:
        rows = {
            name: {"mean": mean, "deviation": deviation}
            for name, mean, deviation in zip(NAMES, self.mean, self.deviation, strict=True)
        }
        return {"version": self.version, "count": self.count, "dimensions": rows}


@dataclass(frozen=True, slots=True)
class Difference:
    """One dimension of two vectors, the second seen from the first; `size` in standard deviations."""

    name: str
    first: float
    second: float
    size: float
    words: str


def fit_scale(vectors: Iterable[Vector]) -> Scale:
    """In one pass and constant memory (Welford 1962). Raises InputError for an empty corpus."""
    count = 0
    mean = np.zeros(len(DIMENSIONS))
    squares = np.zeros(len(DIMENSIONS))
    for vector in vectors:
        count += 1
        step = vector.astype(np.float64) - mean
        mean += step / count
        squares += step * (vector - mean)
    if count == 0:
        raise InputError("no vectors to scale by; extract the signals of at least one trace")
    deviation = np.sqrt(np.maximum(squares, 0.0) / count)
    return Scale(tuple(map(float, mean)), tuple(map(float, deviation)), count)


def similarity(first: Vector, second: Vector, scale: Scale) -> float:
    """The mean over the dimensions of exp(-|difference| / deviation).

    A dimension that is the same in the whole corpus and in both vectors says nothing and is left
    out; one that differs where the corpus never did counts as 0.
    """
    _check(scale)
    distance = np.abs(first.astype(np.float64) - second.astype(np.float64))
    deviation = np.asarray(scale.deviation)
    varies = deviation > 0
    likeness = np.where(varies, np.exp(-distance / np.where(varies, deviation, 1.0)), 0.0)
    counted = varies | (distance > 0)
    return float(likeness[counted].mean()) if counted.any() else 1.0


def mean_vector(vectors: Sequence[Vector]) -> Vector:
    """Raises InputError for none."""
    if not vectors:
        raise InputError("no vectors to average; give at least one")
    averaged: Vector = np.stack(vectors).mean(axis=0, dtype=np.float64).astype(np.float32)
    return averaged


def differences(first: Vector, second: Vector, scale: Scale) -> list[Difference]:
    """The dimensions that differ, the largest difference first."""
    _check(scale)
    found = []
    for index, dimension in enumerate(DIMENSIONS):
        left, right = float(first[index]), float(second[index])
        if left == right:
            continue
        size = abs(left - right) / scale.deviation[index] if scale.deviation[index] else math.inf
        verb = dimension.more if right > left else dimension.less
        words = f"{verb}: {_short(right)} vs {_short(left)} {dimension.unit}"
        found.append(Difference(dimension.name, left, right, size, words))
    return sorted(found, key=lambda one: (-one.size, one.name))


def _check(scale: Scale) -> None:
    if scale.version != VERSION:
        raise InputError(
            f"the scale is of vector version {scale.version}, this is {VERSION}; extract the signals again"
        )


def _short(value: float) -> str:
    return (
        f"{value:,.0f}"
        if abs(value) >= 100
        else f"{value:.2g}"
        if abs(value) < 1
        else f"{value:.1f}"
    )
