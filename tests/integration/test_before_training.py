"""What a release was before its training: kept by the run, exported when somebody compares it."""

from dataclasses import replace
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file
from student_rig import config, student, write_samples

from understudy.errors import NotFoundError
from understudy.learn.job import BEFORE, Job, RunResult, write_job
from understudy.learn.sft import train
from understudy.learn.student import build_student, load_student
from understudy.records import CycleState, Release, Run, RunState
from understudy.release.before import before_training
from understudy.release.export import Gguf

pytestmark = pytest.mark.slow

RELEASE = Release(1, 1, ("find_unit",), CycleState.LIVE, None, "0" * 64, 9, {}, "", 0.0)


def run_in(folder: Path) -> Run:
    return Run(1, "sft", "d", "", 0, RunState.DONE, folder, {}, 0.0)


def test_without_bootstrap_it_is_the_random_student(small_run: RunResult) -> None:
    before = load_file(small_run.folder / BEFORE / "model.safetensors")
    _, tokenizer = load_student(small_run.merged, student())
    fresh = build_student(student(), tokenizer, 0).state_dict()
    assert all(torch.equal(tensor, fresh[name]) for name, tensor in before.items())


@pytest.mark.filterwarnings("ignore:`is_gradient_checkpointing`:FutureWarning")
def test_after_a_bootstrap_it_has_learned_that_and_an_adapter_is_merged(tmp_path: Path) -> None:
    data = write_samples(tmp_path / "samples", 6)
    settings = config(adapter="lora", epochs=1)
    job = Job(tmp_path / "run", settings, data, None, write_samples(tmp_path / "first", 12), 0)
    write_job(job)
    done = train(job)
    before, tokenizer = load_student(done.folder / BEFORE, student())
    fresh = build_student(student(), tokenizer, 0).state_dict()
    after = load_file(done.merged / "model.safetensors")
    moved = before.state_dict()
    name = "model.layers.0.self_attn.q_proj.weight"
    assert not torch.equal(moved[name], fresh[name])
    assert not torch.equal(moved[name], after[name])
    assert set(after) <= set(moved)


def test_it_is_exported_once_and_is_another_artifact(
    small_run: RunResult, small_release: Gguf
) -> None:
    run = run_in(small_run.folder)
    release = replace(RELEASE, gguf=small_release.path)
    made = before_training(config(), release, run)
    assert made.gguf is not None
    assert made.gguf_sha256 != small_release.sha256
    grammar = Path("grammars/find_unit.gbnf")
    served = small_release.path.parent / grammar
    assert (made.gguf.parent / grammar).read_bytes() == served.read_bytes()
    written = made.gguf.stat().st_mtime_ns
    again = before_training(config(), release, run)
    assert again == made
    assert made.gguf.stat().st_mtime_ns == written


def test_a_run_that_began_from_other_weights_keeps_none(tmp_path: Path) -> None:
    run = run_in(tmp_path)
    with pytest.raises(NotFoundError, match="or compare it with an earlier release"):
        before_training(config(), RELEASE, run)
