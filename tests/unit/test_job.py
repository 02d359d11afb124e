"""A training job as a folder."""

from pathlib import Path

import pytest
from student_rig import config

from understudy.errors import InputError, TrainingError
from understudy.learn.job import Job, RunResult, load_job, load_result, write_job, write_result


def test_a_job_reads_back_as_it_was_written(tmp_path: Path) -> None:
    job = Job(tmp_path / "run-1", config(lora_rank=7), tmp_path / "data", None, tmp_path, 3)
    assert load_job(write_job(job)) == job


def test_a_job_carries_no_key(tmp_path: Path) -> None:
    plain = config()
    secret = plain.model_copy(
        update={"teacher": plain.teacher.model_copy(update={"api_key": "sk-very-secret"})}
    )
    folder = write_job(Job(tmp_path / "run-1", secret, tmp_path, None, None, 0))
    assert all("sk-very-secret" not in file.read_text() for file in folder.iterdir())


def test_a_folder_without_a_job_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="holds no training job"):
        load_job(tmp_path)


def test_a_result_reads_back_as_it_was_written(tmp_path: Path) -> None:
    result = RunResult(tmp_path, {"loss": 0.5}, tmp_path / "merged")
    write_result(result)
    assert load_result(tmp_path) == result


def test_a_run_without_a_result_did_not_finish(tmp_path: Path) -> None:
    with pytest.raises(TrainingError, match="did not finish"):
        load_result(tmp_path)
