"""One small student, trained and exported once for all tests that serve it."""

from collections.abc import Iterator

import pytest
from student_rig import config, find_unit, student, write_samples

from understudy.config import Export
from understudy.learn.job import Job, RunResult, write_job
from understudy.learn.sft import train
from understudy.release.export import Gguf, export_release
from understudy.release.llamacpp import LlamaServer


@pytest.fixture(scope="session")
def small_run(tmp_path_factory: pytest.TempPathFactory) -> RunResult:
    folder = tmp_path_factory.mktemp("small")
    data = write_samples(folder / "data", 120)
    settings = config(epochs=5, optimizer="muon", batch_size=8)
    job = Job(folder / "run-1", settings, data, None, None, 0)
    write_job(job)
    return train(job)


@pytest.fixture(scope="session")
def small_release(small_run: RunResult) -> Gguf:
    functions = {"find_unit": find_unit()}
    return export_release(
        small_run.merged, small_run.folder / "release", Export(), functions, student()
    )


@pytest.fixture(scope="session")
def small_server(small_release: Gguf) -> Iterator[LlamaServer]:
    log = small_release.path.with_name("server.log")
    server = LlamaServer.start(small_release.path, small_release.sha256, student(), log)
    yield server
    server.stop()
