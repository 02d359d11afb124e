"""Which earlier data a dataset repeats: its share, its order, its bookkeeping."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from dataset_rig import bootstrap, build, captured, config_for
from record_builders import APPLICATION

from understudy.curate import eligibility
from understudy.curate.dataset import NOT_DRAWN, build_dataset
from understudy.curate.samples import Sample, read_samples
from understudy.records import Dataset, TraceSource
from understudy.store import Store, open_store


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with open_store(tmp_path) as opened:
        yield opened


def rows_of(dataset: Dataset) -> tuple[list[Sample], list[Sample]]:
    samples = read_samples(dataset.folder)
    return [s for s in samples if not s.replay], [s for s in samples if s.replay]


@pytest.mark.parametrize("share", [0.0, 0.1, 0.2, 0.5])
def test_replay_has_its_share_of_the_rows(store: Store, tmp_path: Path, share: float) -> None:
    store.insert_traces([*captured(100), *bootstrap(552)])

    fresh, replayed = rows_of(build(store, config_for(tmp_path, replay_share=share)))

    assert len(fresh) == 300
    assert abs(len(replayed) / (300 + len(replayed)) - share) < 0.01
    assert {one.source for one in replayed} <= {TraceSource.BOOTSTRAP}


def test_bootstrap_traces_that_were_not_drawn_are_counted(store: Store, tmp_path: Path) -> None:
    store.insert_traces([*captured(40), *bootstrap(552)])
    dataset = build(store, config_for(tmp_path))
    assert dataset.skipped[NOT_DRAWN] > 300
    assert dataset.counts["kept"] + sum(dataset.skipped.values()) == dataset.counts["found"] == 592


def test_without_bootstrap_earlier_data_is_the_replay(store: Store, tmp_path: Path) -> None:
    every = captured(50)
    store.insert_traces(every[:40])
    build(store, config_for(tmp_path))
    store.insert_traces(every[40:])

    fresh, replayed = rows_of(build(store, config_for(tmp_path)))

    assert (len(fresh), len(replayed)) == (120, 30)
    assert {one.trace_id for one in replayed} <= {one.id for one in every[:40]}


def test_building_again_gives_the_same_dataset(store: Store, tmp_path: Path) -> None:
    every = captured(30)
    store.insert_traces(every[:20])
    first = build(store, config_for(tmp_path))
    assert build(store, config_for(tmp_path)).id == first.id
    store.insert_traces(every[20:])
    second = build(store, config_for(tmp_path))
    assert build(store, config_for(tmp_path)).id == second.id != first.id


def test_replay_takes_turns_between_the_functions(store: Store, tmp_path: Path) -> None:
    replies = [
        replace(trace, id=f"r{i}", function="reply", answer=f"Answer {i}.")
        for i, trace in enumerate(bootstrap(40))
    ]
    store.insert_traces([*captured(40), *bootstrap(300), *replies])

    dataset = build_dataset(
        store, APPLICATION, config_for(tmp_path), ["sort_ticket", "reply"], created_at=1.0
    )

    _, replayed = rows_of(dataset)
    by_function = Counter(one.function for one in replayed)
    assert by_function["reply"] == by_function["sort_ticket"] == 15


def test_bootstrap_alone_is_no_replay(store: Store, tmp_path: Path) -> None:
    store.insert_traces([*captured(4), *bootstrap(100)])
    dataset = build(store, config_for(tmp_path), sources={TraceSource.BOOTSTRAP})
    assert dataset.counts["rows_replay"] == 0
    assert dataset.counts["found"] == 100


def test_a_captured_trace_wins_over_its_synthetic_double(store: Store, tmp_path: Path) -> None:
    (trace,) = captured(1)
    double = replace(trace, id="bootstrap-x", source=TraceSource.BOOTSTRAP, created_at=0.0)
    store.insert_traces([double, trace])
    dataset = build(store, config_for(tmp_path))
    assert dataset.trace_ids == (trace.id,)
    assert dataset.skipped == {eligibility.DUPLICATE: 1}
