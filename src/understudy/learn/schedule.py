"""The order in which samples are learned: which kinds dominate when, and who shares a batch.

Pure and seeded: the same rows, settings and seed give the same order, so that a resumed run
continues exactly where it stopped.
"""

import random
from collections import Counter
from collections.abc import Mapping, Sequence

from understudy.config import Sft
from understudy.curate.samples import SampleKind
from understudy.learn.rendering import Row, fold

PHASES = (SampleKind.ANSWER, SampleKind.THINKING, SampleKind.CONSISTENCY)
# Batches sorted by length together: enough to pad little, few enough to keep the order random.
_BUCKET_BATCHES = 32


def phase_shares(
    main: SampleKind, present: Sequence[SampleKind], sft: Sft
) -> dict[SampleKind, float]:
    """Share of every kind in a phase: the main one dominates, no present one is forgotten."""
    if sft.curriculum == "strict":
        return {kind: float(kind is main) for kind in present}
    if main not in present:
        return {kind: 1 / len(present) for kind in present}
    others = len(present) - 1
    return {
        kind: 1 - others * sft.min_kind_share if kind is main else sft.min_kind_share
        for kind in present
    }


def order_samples(rows: Sequence[Row], sft: Sft, seed: int) -> list[list[Row]]:
    """One list of rows per phase, folded and bucketed by length."""
    present = [kind for kind in PHASES if any(row.kind is kind for row in rows)]
    streams = {
        # One seed for all: the kinds meet the traces in one order, so that many rows fold.
        kind: _Stream([row for row in rows if row.kind is kind], f"{seed}")
        for kind in present
    }
    phases = []
    weights = dict(zip(PHASES, sft.phase_weights, strict=True))
    whole = sum(weights[kind] for kind in present)
    for main in present:
        counts = _counts(main, streams, sft, weights[main] / whole)
        drawn = [row for kind, count in counts.items() for row in streams[kind].draw(count)]
        if sft.curriculum == "schedule":
            drawn += _free_riders(drawn, rows)
        phases.append(bucket(fold(drawn), sft.batch_size, f"{seed} {main.value}"))
    return phases


def order_evenly(rows: Sequence[Row], epochs: float, sft: Sft, seed: int) -> list[Row]:
    """All kinds together, for the bootstrap stage."""
    drawn = _Stream(rows, f"{seed} bootstrap").draw(round(len(rows) * epochs))
    return bucket(fold(drawn), sft.batch_size, f"{seed} bootstrap order")


def bucket(rows: Sequence[Row], batch_size: int, seed: str) -> list[Row]:
    """Random order in which the rows of one batch are of similar length."""
    chance = random.Random(seed)
    left = chance.sample(rows, len(rows))
    batches: list[list[Row]] = []
    for start in range(0, len(left), batch_size * _BUCKET_BATCHES):
        some = sorted(
            left[start : start + batch_size * _BUCKET_BATCHES], key=lambda row: len(row.input_ids)
        )
        batches += [some[at : at + batch_size] for at in range(0, len(some), batch_size)]
    # A short batch in the middle would shift every later batch's border.
    short = [batch for batch in batches if len(batch) < batch_size]
    full = [batch for batch in batches if len(batch) == batch_size]
    chance.shuffle(full)
    return [row for batch in full + short for row in batch]


def _counts(
    main: SampleKind, streams: Mapping[SampleKind, "_Stream"], sft: Sft, part: float
) -> dict[SampleKind, int]:
    if sft.curriculum == "strict":
        passes = max(1, int(sft.epochs) // len(PHASES))
        return {main: passes * streams[main].size}
    total = part * sft.epochs * sum(stream.size for stream in streams.values())
    shares = phase_shares(main, list(streams), sft)
    return {kind: round(total * share) for kind, share in shares.items()}


def _free_riders(drawn: Sequence[Row], rows: Sequence[Row]) -> list[Row]:
    """The thinking of every trace whose consistency row was drawn: folded, it costs nothing."""
    thinking = {row.trace: row for row in rows if row.kind is SampleKind.THINKING}
    missing = Counter(row.trace for row in drawn if row.kind is SampleKind.CONSISTENCY)
    missing.subtract(row.trace for row in drawn if row.kind is SampleKind.THINKING)
    return [thinking[trace] for trace in missing.elements() if trace in thinking]


class _Stream:
    """Endless passes over rows, each in a new random order; no row repeats before all were seen."""

    def __init__(self, rows: Sequence[Row], seed: str) -> None:
        self._rows = rows
        self._chance = random.Random(seed)
        self._waiting: list[Row] = []

    @property
    def size(self) -> int:
        return len(self._rows)

    def draw(self, count: int) -> list[Row]:
        while len(self._waiting) < count and self._rows:
            self._waiting += self._chance.sample(self._rows, len(self._rows))
        taken, self._waiting = self._waiting[:count], self._waiting[count:]
        return taken
