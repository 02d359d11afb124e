"""Does an entry's place in the list change what is said of it? Off-policy estimates take it that it does not.

Compares an entry with itself at other places, in answers whose model held it equally relevant. The
places were chosen by rankers, not by chance: an order that knows more of a question than that
relevance looks like a bias. So an interval around zero is evidence; any other is a question.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import NormalDist

import numpy as np

from understudy.learn.tier1.tensors import Array

MIN_ANSWERS = 30
MOST_KEYS = 300
# Less of the spread of places than this is left when entry and relevance are held equal: no telling.
_MIN_SPREAD = 0.01


@dataclass(frozen=True, slots=True)
class Judged:
    """The entries of one answer that were shown and rewarded (-1 to 1), with the place of each and
    the model's own relevance, 0 where it gave none."""

    keys: Sequence[str]
    places: Array
    relevance: Array
    rewards: Array


@dataclass(frozen=True, slots=True)
class PlaceEffect:
    """The change of the reward with each place further down; `judged` entries told."""

    value: float
    low: float
    high: float
    judged: int

    @property
    def seen(self) -> bool:
        return self.low > 0 or self.high < 0


def place_effect(answers: Sequence[Judged], confidence: float) -> PlaceEffect | None:
    """Least squares with a constant for each answer and each entry; interval robust to what the
    entries of an answer share (Liang and Zeger 1986, with the usual small-sample factor).

    None where under 30 answers tell, or where entries hardly change their places.
    """
    told = _telling(answers)
    if len(told) < MIN_ANSWERS:
        return None
    keys = {key: column for column, key in enumerate({key: 0 for one in told for key in one.keys})}
    places = np.concatenate([_centred(one.places) for one in told])
    rewards = np.concatenate([_centred(one.rewards) for one in told])
    equal = np.concatenate([_centred(_held_equal(one, keys)) for one in told])
    left, rank = _residuals(equal, np.stack([places, rewards], axis=1))
    spread = float(left[:, 0] @ left[:, 0])
    if spread < _MIN_SPREAD * float(places @ places):
        return None
    value = float(left[:, 0] @ left[:, 1]) / spread
    parts = left[:, 0] * (left[:, 1] - value * left[:, 0])
    starts = np.cumsum([0, *(len(one.keys) for one in told[:-1])])
    shared = np.add.reduceat(parts, starts)
    small = len(told) / (len(told) - 1) * (len(parts) - 1) / max(1, len(parts) - 1 - rank)
    deviation = float(np.sqrt(small * (shared @ shared))) / spread
    reach = NormalDist().inv_cdf((1 + confidence) / 2) * deviation
    return PlaceEffect(value, value - reach, value + reach, len(parts))


def _telling(answers: Sequence[Judged]) -> list[Judged]:
    """Without answers that a thumb alone judged, which says the same of every entry, and without
    entries that stand in one answer only."""
    varied = [one for one in answers if len(one.keys) > 1 and np.ptp(one.rewards) > 0]
    found = Counter(key for one in varied for key in one.keys)
    common = {key for key, times in found.most_common(MOST_KEYS) if times > 1}
    told = []
    for one in varied:
        kept = [number for number, key in enumerate(one.keys) if key in common]
        if len(kept) > 1:
            keys = [one.keys[number] for number in kept]
            told.append(Judged(keys, one.places[kept], one.relevance[kept], one.rewards[kept]))
    return told


def _held_equal(one: Judged, keys: dict[str, int]) -> Array:
    found = np.zeros((len(one.keys), 1 + len(keys)))
    found[:, 0] = one.relevance
    found[np.arange(len(one.keys)), [1 + keys[key] for key in one.keys]] = 1
    return found


def _residuals(inputs: Array, values: Array) -> tuple[Array, int]:
    """What the inputs do not explain of each column, and how many of them tell different things."""
    slopes, _, rank, _ = np.linalg.lstsq(inputs, values, rcond=None)
    return values - inputs @ slopes, int(rank)


def _centred(values: Array) -> Array:
    return values - values.mean(axis=0)
