"""One training cycle on a second application: real store, job, GGUF and llama.cpp."""

import threading
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from understudy.config import Config
from understudy.daemon.context import Context, Progress, configured_teacher
from understudy.daemon.pipeline import train_release
from understudy.function import Application, load_application
from understudy.records import (
    TEACHER,
    CycleState,
    Release,
    TraceSource,
)
from understudy.release import cycle
from understudy.store import Store, open_store
from understudy.testing import ScriptedUpstream

NAME = "classify_ticket"
DOCS = Path(__file__).parents[2] / "docs"


@dataclass
class Desk:
    """The ticket application, its upstream, and a store with captured traces of it."""

    store: Store
    application: Application
    config: Config
    told: list[Progress]
    stop: threading.Event

    @property
    def context(self) -> Context:
        teacher = configured_teacher(self.config.teacher)
        return Context("hash", teacher, lambda: 1000.0, self.told.append, self.stop)

    def train(self, **changes: Any) -> Release:
        config = self.config.model_copy(update=changes)
        return train_release(self.store, self.application, config, self.context)


def settings(folder: Path, url: str) -> Config:
    return Config.model_validate(
        {
            "data_dir": folder,
            "teacher": {"kind": "scripted", "base_url": url},
            "student": {
                "name": "tickets",
                "layers": 2,
                "vocab_size": 512,
                "context_tokens": 256,
                "max_thinking_chars": 80,
                "max_new_tokens": 96,
            },
            "sft": {
                "adapter": "none",
                "learning_rate": 2e-3,
                "epochs": 3.0,
                "batch_size": 16,
                "accumulation": 1,
                "max_tokens": 256,
                "threads": 1,
                "min_free_memory_gb": 0.0,
            },
            "evaluation": {"questions": 60},
            "trainer": {"bootstrap_traces": 60},
            "samples": {"holdout_share": 0.1},
        }
    )


@pytest.fixture(scope="module")
def tickets() -> Iterator[Application]:
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(DOCS))
        yield load_application("example_tickets:APPLICATION")


@pytest.fixture(scope="module")
def desk(tickets: Application, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    folder = tmp_path_factory.mktemp("desk")
    with ScriptedUpstream(tickets) as upstream, open_store(folder) as store:
        desk = Desk(store, tickets, settings(folder, upstream.url), [], threading.Event())
        add_captured(store, tickets, 240)
        yield desk


def add_captured(store: Store, application: Application, n: int) -> None:
    assert application.bootstrap is not None
    made = application.bootstrap(n, 77)
    store.insert_traces([replace(trace, source=TraceSource.CAPTURED) for trace in made])


@pytest.fixture(scope="module")
def trained(desk: Desk) -> Release:
    return desk.train()


def test_a_cycle_ends_with_a_judged_release_in_shadow(desk: Desk, trained: Release) -> None:
    assert trained.state is CycleState.SHADOW, trained.reason
    report = trained.report["functions"][NAME]
    assert report["n"] == 60
    assert (report["champion"], report["candidate"]) == ("teacher", "student@1")
    assert report["variants"]["student@1"]["json_valid"]["mean"] == 1.0
    assert trained.report["gate"][NAME]["promote"] is True
    traffic = cycle.find_traffic(desk.store, NAME)
    assert (traffic.champion, traffic.candidate, traffic.shadow) == (
        TEACHER,
        trained.variant,
        True,
    )
