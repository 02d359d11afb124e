"""What came into the store after a run is new to the trainer, whenever it was said."""

import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from record_builders import APPLICATION, make_trace
from test_trainer import never_asked

from understudy.config import Config
from understudy.daemon.context import Context
from understudy.daemon.pipeline import train_release
from understudy.daemon.trainer import Trainer
from understudy.errors import TrainingError
from understudy.records import Dataset, RunState, Trace, TraceSource, TrainingPermission
from understudy.store import Store, open_store

RUN_AT = 2000.0


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with open_store(tmp_path / "data") as opened:
        yield opened


@pytest.fixture
def config(tmp_path: Path) -> Config:
    return Config(data_dir=tmp_path / "data")


def context() -> Context:
    """A training is cancelled as soon as its job was started."""
    stop = threading.Event()
    stop.set()
    return Context("hash", never_asked, lambda: RUN_AT, lambda _: None, stop)


def traces(count: int, source: TraceSource, at: float) -> list[Trace]:
    allowed = TrainingPermission.OPEN
    named = [f"{source.value} {at} {number}" for number in range(count)]
    return [
        make_trace(one, source=source, created_at=at, training_permission=allowed) for one in named
    ]


def finish_run(store: Store, config: Config) -> None:
    """As a run that was trained on what the store holds now."""
    with pytest.raises(TrainingError):
        train_release(store, APPLICATION, config, context())
    store.update_run(replace(store.find_runs()[-1], state=RunState.DONE))


def count_new(store: Store, config: Config) -> int:
    new = Trainer(store, APPLICATION, config, context()).status()["new_traces"]
    assert isinstance(new, int)
    return new


def test_imported_and_replayed_traces_older_than_the_last_run_are_new(
    store: Store, config: Config
) -> None:
    store.insert_traces(traces(40, TraceSource.CAPTURED, RUN_AT - 10))
    assert count_new(store, config) == 40
    finish_run(store, config)
    store.insert_traces(traces(5, TraceSource.IMPORTED, 1000.0))
    store.insert_traces(traces(7, TraceSource.REPLAYED, RUN_AT - 10))
    store.insert_traces(traces(3, TraceSource.BOOTSTRAP, RUN_AT + 10))
    assert count_new(store, config) == 12


def test_what_a_run_saw_and_left_out_is_not_new(store: Store, config: Config) -> None:
    store.insert_traces(traces(40, TraceSource.CAPTURED, RUN_AT + 500))
    finish_run(store, config)
    dataset = store.find_dataset(store.find_runs()[-1].dataset)
    assert dataset is not None
    assert len(dataset.trace_ids) < 40
    assert count_new(store, config) == 0


def test_a_run_that_failed_used_nothing_up(store: Store, config: Config) -> None:
    store.insert_traces(traces(40, TraceSource.CAPTURED, 1000.0))
    finish_run(store, config)
    store.insert_traces(traces(5, TraceSource.IMPORTED, 1000.0))
    with pytest.raises(TrainingError):
        train_release(store, APPLICATION, config, context())
    assert count_new(store, config) == 5


def test_a_run_of_an_earlier_version_counts_by_the_date(store: Store, config: Config) -> None:
    store.insert_dataset(Dataset("d", Path("d"), ("sort_ticket",), (), {}, {}, 1.0))
    run = store.insert_run("sft", "d", "hash", 0, Path("runs"), RUN_AT)
    store.update_run(replace(run, state=RunState.DONE))
    store.insert_traces(traces(5, TraceSource.CAPTURED, RUN_AT - 10))
    store.insert_traces(traces(6, TraceSource.CAPTURED, RUN_AT + 10))
    assert count_new(store, config) == 6
