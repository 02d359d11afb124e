"""[trainer] and sft.seed: when a training starts, with what, and when it is given up."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from dataset_rig import NAMES, captured
from reach_rig import Reach, check
from record_builders import APPLICATION
from test_trainer import never_asked

from understudy.config import Config
from understudy.curate.dataset import build_dataset, insert_bootstrap
from understudy.daemon.context import Context
from understudy.daemon.pipeline import train_release
from understudy.daemon.trainer import Trainer
from understudy.errors import TrainingError, UnderstudyError
from understudy.learn.job import load_job
from understudy.records import RunState, Trace
from understudy.store import Store, open_store


@contextmanager
def taught_store() -> Iterator[Store]:
    with open_store(Path("store")) as store:
        store.insert_traces(captured(8))
        yield store


def context(clock: Callable[[], float]) -> Context:
    """A training is cancelled as soon as its job was started."""
    stop = threading.Event()
    stop.set()
    return Context("hash", never_asked, clock, lambda _: None, stop)


@contextmanager
def training(store: Store, config: Config, clock: Callable[[], float]) -> Iterator[Trainer]:
    trainer = Trainer(store, APPLICATION, config, context(clock))
    try:
        yield trainer
    finally:
        trainer.stop()


def checks(config: Config) -> bool:
    """Whether a tick looks for new traces."""
    with open_store(Path("store")) as store, training(store, config, lambda: 1.0) as trainer:
        trainer.tick()
        return trainer.status()["last_check_time"] is not None


def third_tick_comes(config: Config) -> bool:
    """Well before the default's first pause is over."""
    looks, third = [], threading.Event()

    def clock() -> float:
        looks.append(1)
        if len(looks) > 3:
            third.set()
        return 1.0

    with open_store(Path("store")) as store, training(store, config, clock) as trainer:
        trainer.start()
        return third.wait(4.0)


def last_check(config: Config) -> float | None:
    now = [0.0]
    with open_store(Path("store")) as store, training(store, config, lambda: now[0]) as trainer:
        for second in (0.0, 100.0):
            now[0] = second
            trainer.tick()
        checked = trainer.status()["last_check_time"]
        assert checked is None or isinstance(checked, float)
        return checked


def has_trained(config: Config) -> bool:
    """After a tick with eight new traces."""
    with taught_store() as store, training(store, config, lambda: 1.0) as trainer:
        trainer.tick()
        trainer.wait_for_training()
        return len(store.find_runs()) == 1


def attempt(store: Store, config: Config) -> str:
    with pytest.raises(TrainingError) as stopped:
        train_release(store, APPLICATION, config, context(lambda: 5.0))
    return str(stopped.value)


def refuses_a_stranger(config: Config) -> bool:
    with taught_store() as store, pytest.raises(UnderstudyError) as stopped:
        train_release(store, APPLICATION, config, context(lambda: 5.0))
    return "trainer.functions: no function 'nobody'" in str(stopped.value)


def is_given_up(config: Config) -> bool:
    """With a dataset that failed once."""
    with taught_store() as store:
        dataset = build_dataset(store, APPLICATION, config, NAMES, created_at=5.0)
        run = store.insert_run("sft", dataset.id, "hash", 0, Path("runs"), 5.0)
        store.update_run(replace(run, state=RunState.FAILED, error="out of memory"))
        return "failed 1 times (last: out of memory)" in attempt(store, config)


def seeds(config: Config) -> tuple[int, int]:
    """Of the run, and of the job that its child process reads."""
    with taught_store() as store:
        attempt(store, config)
        (run,) = store.find_runs()
        return run.seed, load_job(run.folder).seed


def synthetic_wanted(config: Config) -> list[int]:
    wanted: list[int] = []

    def bootstrap(count: int, _seed: int) -> list[Trace]:
        wanted.append(count)
        return []

    with open_store(Path("store")) as store:
        insert_bootstrap(store, replace(APPLICATION, bootstrap=bootstrap), config)
    return wanted


TRAINER: dict[str, Reach] = {
    "trainer.enabled": Reach(False, checks, False),
    "trainer.interval_s": Reach(0.01, third_tick_comes, True, alone=True),
    "trainer.check_interval_s": Reach(60.0, last_check, 100.0),
    "trainer.min_traces": Reach(8, has_trained, True),
    "trainer.functions": Reach(("nobody",), refuses_a_stranger, True),
    "trainer.max_attempts": Reach(1, is_given_up, True),
    "trainer.bootstrap_traces": Reach(9, synthetic_wanted, [9]),
    "sft.seed": Reach(41, seeds, (41, 41)),
}


@pytest.mark.parametrize("name", TRAINER)
def test_a_setting_reaches_its_user(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    check(name, TRAINER[name], tmp_path, monkeypatch)
