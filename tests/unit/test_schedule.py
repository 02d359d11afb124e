"""The order of samples: who dominates when, who is never forgotten, who shares a batch."""

from collections import Counter
from typing import Any

import pytest
from student_rig import config

from understudy.config import Sft
from understudy.curate.samples import SampleKind
from understudy.learn.rendering import IGNORED, Row, fold
from understudy.learn.schedule import PHASES, bucket, order_evenly, order_samples

ANSWER, THINKING, CONSISTENCY = PHASES


THOUGHT, WRITTEN = 7, 9
"""Stand for the tokens of a thinking and of an answer."""


def row(kind: SampleKind, number: int, length: int = 4) -> Row:
    thought = () if kind is ANSWER else (THOUGHT,) * length
    written = () if kind is THINKING else (WRITTEN,) * length
    ids = (1000 + number, *thought, *written)
    learned = {THINKING: THOUGHT}.get(kind, WRITTEN)
    return Row(kind, f"trace-{number}", ids, tuple(i if i == learned else IGNORED for i in ids))


def rows(count: int) -> list[Row]:
    return [row(kind, number) for number in range(count) for kind in PHASES]


def settings(**changes: Any) -> Sft:
    return config(**changes).sft


def kinds_of(sequence: Row) -> set[SampleKind]:
    """What a sequence teaches, folded or not."""
    thinking = {THINKING} if THOUGHT in sequence.labels else set()
    if WRITTEN not in sequence.labels:
        return thinking
    return thinking | {CONSISTENCY if THOUGHT in sequence.input_ids else ANSWER}


@pytest.mark.parametrize("least", [0.05, 0.15, 0.33])
def test_every_kind_keeps_its_least_share_in_every_phase(least: float) -> None:
    phases = order_samples(rows(200), settings(epochs=2, min_kind_share=least), seed=0)
    assert len(phases) == 3
    for main, phase in zip(PHASES, phases, strict=True):
        taught = Counter(kind for sequence in phase for kind in kinds_of(sequence))
        shares = {kind: count / len(phase) for kind, count in taught.items()}
        assert min(shares[kind] for kind in PHASES) >= least
        assert shares[main] >= max(shares.values()) - 1e-9


def test_every_sample_is_seen_at_least_once_an_epoch() -> None:
    every = [r for phase in order_samples(rows(100), settings(epochs=2), seed=0) for r in phase]
    for number in range(100):
        of_one = [kinds_of(r) for r in every if r.trace == f"trace-{number}"]
        taught = Counter(kind for kinds in of_one for kind in kinds)
        assert taught[ANSWER] == taught[CONSISTENCY] == 2
        assert taught[THINKING] >= 2


def test_a_consistency_row_takes_its_thinking_along() -> None:
    last = order_samples(rows(50), settings(epochs=1), seed=0)[-1]
    with_thinking = [r for r in last if CONSISTENCY in kinds_of(r)]
    assert len(with_thinking) >= 0.7 * len(last)
    assert all(THINKING in kinds_of(r) for r in with_thinking)


def test_a_phase_takes_its_weight_of_the_run() -> None:
    answers = [row(ANSWER, number) for number in range(100)]
    thoughts = [row(THINKING, 1000 + number) for number in range(100)]
    apart = [*answers, *thoughts, *(row(CONSISTENCY, 2000 + number) for number in range(100))]
    phases = order_samples(apart, settings(phase_weights=(1, 8, 1)), seed=0)
    whole = sum(len(phase) for phase in phases)
    assert [round(len(phase) / whole, 2) for phase in phases] == [0.1, 0.8, 0.1]


def test_the_strict_curriculum_walls_the_kinds_off() -> None:
    phases = order_samples(rows(10), settings(curriculum="strict", epochs=7), seed=0)
    assert [{r.kind for r in phase} for phase in phases] == [{ANSWER}, {THINKING}, {CONSISTENCY}]
    assert [len(phase) for phase in phases] == [20, 20, 20]


def test_the_strict_curriculum_gives_each_phase_at_least_one_pass() -> None:
    phases = order_samples(rows(10), settings(curriculum="strict", epochs=1), seed=0)
    assert [len(phase) for phase in phases] == [10, 10, 10]


def test_answers_alone_make_one_phase() -> None:
    only = [row(ANSWER, number) for number in range(10)]
    assert [len(phase) for phase in order_samples(only, settings(epochs=1), seed=0)] == [10]


def test_a_seed_decides_the_order() -> None:
    first, again, other = (order_samples(rows(50), settings(), seed=s) for s in (1, 1, 2))
    assert first == again
    assert first != other


def test_bootstrap_rows_are_all_seen_in_the_fewest_sequences() -> None:
    seen = order_evenly(rows(30), 1.0, settings(), seed=0)
    assert len(seen) == 60
    assert Counter(kind for r in seen for kind in kinds_of(r)) == dict.fromkeys(PHASES, 30)


def test_rows_of_similar_length_share_a_batch() -> None:
    lengths = [4 + number * 37 % 96 for number in range(640)]
    mixed = [row(ANSWER, number, length) for number, length in enumerate(lengths)]
    assert _padded_share(bucket(mixed, 16, "seed"), 16) < 0.06 < _padded_share(mixed, 16)


def test_batches_of_all_lengths_are_spread_over_the_phase() -> None:
    lengths = [4 + number * 37 % 96 for number in range(640)]
    ordered = bucket([row(ANSWER, n, length) for n, length in enumerate(lengths)], 16, "seed")
    halves = [sum(len(r.input_ids) for r in half) for half in (ordered[:320], ordered[320:])]
    assert max(halves) / min(halves) < 1.3


def test_thinking_and_consistency_of_a_trace_fold_into_one_row() -> None:
    thinking = Row(THINKING, "a", (1, 2, 3), (IGNORED, 2, 3))
    consistency = Row(CONSISTENCY, "a", (1, 2, 3, 4, 5), (IGNORED, IGNORED, IGNORED, 4, 5))
    answer = Row(ANSWER, "a", (1, 4, 5), (IGNORED, 4, 5))
    folded = fold([thinking, consistency, answer])
    assert [r.labels for r in folded] == [(IGNORED, 2, 3, 4, 5), (IGNORED, 4, 5)]


def test_a_wanted_repeat_is_not_folded_away() -> None:
    one = Row(CONSISTENCY, "a", (1, 2), (IGNORED, 2))
    assert fold([one, one]) == [one, one]


def _padded_share(ordered: list[Row], batch_size: int) -> float:
    padded = used = 0
    for start in range(0, len(ordered), batch_size):
        lengths = [len(r.input_ids) for r in ordered[start : start + batch_size]]
        padded += max(lengths) * len(lengths)
        used += sum(lengths)
    return 1 - used / padded
