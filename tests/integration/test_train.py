"""Training runs for real: TRL, a one-layer Llama, checkpoints, metrics, refusals."""

import math
import threading
from dataclasses import replace
from pathlib import Path
from typing import Any

import orjson
import pytest
from safetensors.torch import load_file
from student_rig import config, student, write_samples

from understudy.config import Config
from understudy.daemon.launch import run_job
from understudy.errors import TrainingError
from understudy.learn.job import METRICS, Job, RunResult, write_job
from understudy.learn.sft import train
from understudy.learn.student import load_student

pytestmark = pytest.mark.slow

# peft 0.21 still asks transformers by the old name.
peft_is_behind = pytest.mark.filterwarnings("ignore:`is_gradient_checkpointing`:FutureWarning")


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_samples(tmp_path_factory.mktemp("samples") / "data", 24)


def job(folder: Path, data: Path, settings: Config, **changes: Any) -> Job:
    made = Job(folder, settings, data, None, None, 0)
    made = replace(made, **changes)
    write_job(made)
    return made


def metrics_of(folder: Path) -> list[dict[str, Any]]:
    return [orjson.loads(line) for line in (folder / METRICS).read_bytes().splitlines()]


def test_a_student_learns_its_task(small_run: RunResult) -> None:
    lines = metrics_of(small_run.folder)
    assert lines[-1]["loss"] < 0.4 * lines[0]["loss"]
    assert lines[-1]["progress"] == 1.0
    assert [line["step"] for line in lines] == sorted({line["step"] for line in lines})


def test_metrics_say_where_the_run_is(small_run: RunResult) -> None:
    lines = metrics_of(small_run.folder)
    assert list(dict.fromkeys(line["phase"] for line in lines)) == [
        "answer", "thinking", "consistency",
    ]  # fmt: skip
    assert all(line["tokens_per_s"] > 0 and line["learning_rate"] >= 0 for line in lines)


def test_a_run_folder_is_complete_and_holds_no_pickle(small_run: RunResult) -> None:
    names = {path.name for path in small_run.folder.iterdir()}
    assert names >= {
        "config.resolved.toml", "job.json", "data_manifest.jsonl", "env.json",
        "metrics.jsonl", "merged", "README.md", "result.json",
    }  # fmt: skip
    pickles = {".bin", ".pt", ".pth", ".pkl"}
    assert [f for f in small_run.folder.rglob("*") if f.suffix in pickles] == []


def test_the_model_card_names_base_data_and_permission(small_run: RunResult) -> None:
    card = (small_run.folder / "README.md").read_text()
    assert "| base | tiny |" in card
    assert "captured answer: 120" in card
    assert "training permission: `none`" in card


def test_the_manifest_leads_back_to_the_traces(small_run: RunResult) -> None:
    lines = (small_run.folder / "data_manifest.jsonl").read_bytes().splitlines()
    assert {orjson.loads(line)["trace_id"] for line in lines} == {
        f"trace-{number}" for number in range(120)
    }


@peft_is_behind
def test_a_run_that_was_stopped_goes_on_bit_equal(tmp_path: Path, data: Path) -> None:
    settings = config(
        adapter="lora", lora_dropout=0.2, save_steps=2, batch_size=8, of_student=student()
    )
    stopped = job(tmp_path / "stopped", data, settings)
    stop = threading.Event()

    def stop_after_a_checkpoint(line: Any) -> None:
        if line["step"] >= 3:
            stop.set()

    with pytest.raises(TrainingError, match="was stopped; start it again"):
        run_job(stopped.folder, on_metrics=stop_after_a_checkpoint, stop=stop)
    assert list(stopped.folder.glob("checkpoint-*/resume.safetensors"))
    resumed = run_job(stopped.folder)
    through = train(job(tmp_path / "through", data, settings))
    assert metrics_of(resumed.folder)[-1]["step"] == metrics_of(through.folder)[-1]["step"]
    for name in ("merged/model.safetensors", "adapter/adapter_model.safetensors"):
        assert (resumed.folder / name).read_bytes() == (through.folder / name).read_bytes()


def test_a_named_checkpoint_is_gone_on_from_bit_equal(tmp_path: Path, data: Path) -> None:
    muon = {"optimizer": "muon", "save_steps": 6, "batch_size": 16}
    through = train(job(tmp_path / "through", data, config(**muon)))
    checkpoint = min(through.folder.glob("checkpoint-*"), key=lambda path: int(path.name[11:]))
    settings = config(**muon, resume=str(checkpoint))
    resumed = train(job(tmp_path / "resumed", data, settings))
    assert metrics_of(resumed.folder)[0]["step"] == int(checkpoint.name[11:]) + 1
    name = "merged/model.safetensors"
    assert (resumed.folder / name).read_bytes() == (through.folder / name).read_bytes()


def test_muon_is_refused_for_an_adapter(tmp_path: Path, data: Path) -> None:
    with pytest.raises(TrainingError, match=r"set sft\.optimizer to 'adamw'"):
        train(job(tmp_path / "run", data, config(optimizer="muon", adapter="lora")))


def test_a_second_run_starts_from_the_first_ones_weights(
    small_run: RunResult, tmp_path: Path, data: Path
) -> None:
    settings = config(epochs=1, learning_rate=1e-9)
    again = train(job(tmp_path / "run-2", data, settings, base=small_run.merged))
    assert metrics_of(again.folder)[0]["loss"] < 0.1 * metrics_of(small_run.folder)[0]["loss"]


def test_the_bootstrap_stage_comes_first(tmp_path: Path, data: Path) -> None:
    bootstrap = write_samples(tmp_path / "bootstrap", 6)
    result = train(job(tmp_path / "run", data, config(epochs=1), bootstrap_folder=bootstrap))
    phases = [line["phase"] for line in metrics_of(result.folder)]
    assert list(dict.fromkeys(phases)) == ["bootstrap", "answer", "thinking", "consistency"]


@peft_is_behind
def test_lora_leaves_the_base_alone_and_merges_into_full_weights(
    small_run: RunResult, tmp_path: Path, data: Path
) -> None:
    settings = config(adapter="lora", epochs=1)
    result = train(job(tmp_path / "run", data, settings, base=small_run.merged))
    adapter = load_file(result.folder / "adapter" / "adapter_model.safetensors")
    assert all(tensor.shape[0 if "lora_A" in name else 1] == 16 for name, tensor in adapter.items())
    before, after = (
        load_student(folder, student())[0].state_dict()
        for folder in (small_run.merged, result.merged)
    )
    changed = {name for name in before if not before[name].equal(after[name])}
    assert changed == {name for name in before if name.endswith("_proj.weight")}


def test_qlora_without_cuda_is_refused(tmp_path: Path, data: Path) -> None:
    with pytest.raises(TrainingError, match="needs a CUDA device"):
        train(job(tmp_path / "run", data, config(adapter="qlora")))


def test_too_little_memory_is_refused(tmp_path: Path, data: Path) -> None:
    with pytest.raises(TrainingError, match="GB of memory are free"):
        train(job(tmp_path / "run", data, config(min_free_memory_gb=1e6)))


def test_an_empty_dataset_is_refused(tmp_path: Path) -> None:
    empty = write_samples(tmp_path / "empty", 0)
    with pytest.raises(TrainingError, match="holds no samples"):
        train(job(tmp_path / "run", empty, config()))


def test_too_many_long_samples_are_refused(tmp_path: Path, data: Path) -> None:
    with pytest.raises(TrainingError, match=r"longer than sft\.max_tokens = 40"):
        train(job(tmp_path / "run", data, config(max_tokens=40)))


def test_a_loss_that_is_no_number_stops_the_run(tmp_path: Path, data: Path) -> None:
    broken = job(tmp_path / "run", data, config(learning_rate=1e30, warmup_share=0))
    with pytest.raises(TrainingError, match=r"the loss is (nan|inf) at step \d"):
        train(broken)
    assert all(math.isfinite(line["loss"]) for line in metrics_of(broken.folder))


def test_a_checkpoint_of_another_student_is_refused(tmp_path: Path, data: Path) -> None:
    first = train(job(tmp_path / "one", data, config(epochs=1)))
    checkpoint = next(first.folder.glob("checkpoint-*"))
    settings = config(of_student=student(layers=2), resume=str(checkpoint))
    with pytest.raises(TrainingError, match="layers is 1 there and 2 in"):
        train(job(tmp_path / "two", data, settings))


def test_a_resume_folder_that_is_no_checkpoint_is_refused(tmp_path: Path, data: Path) -> None:
    with pytest.raises(TrainingError, match="is no checkpoint"):
        train(job(tmp_path / "run", data, config(resume=str(tmp_path))))


def test_a_failing_job_says_its_own_sentence(tmp_path: Path, data: Path) -> None:
    folder = job(tmp_path / "run", data, config(adapter="qlora")).folder
    with pytest.raises(TrainingError, match=r"^sft\.adapter = 'qlora' needs a CUDA device"):
        run_job(folder)
