"""[sft]: what the trainer that TRL is given really holds, and in which order it learns.

The pieces of `train` are called one by one, private ones as well: nothing here trains.
"""

from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import torch
from reach_rig import Reach, check, same
from student_rig import samples, student, write_samples
from transformers import PreTrainedTokenizerBase
from trl.trainer.sft_trainer import SFTTrainer

from understudy.config import Config, Sft
from understudy.curate.samples import Sample, SampleKind
from understudy.errors import TrainingError
from understudy.learn.checkpoint import find_checkpoint
from understudy.learn.course import Course, build_course
from understudy.learn.job import Job
from understudy.learn.sft import _build_trainer, train, use_bf16
from understudy.learn.student import build_student
from understudy.learn.tokenizer import student_texts, train_tokenizer

pytestmark = [
    # peft 0.21 still asks transformers by the old name.
    pytest.mark.filterwarnings("ignore:`is_gradient_checkpointing`:FutureWarning"),
]
ANSWER = SampleKind.ANSWER


@pytest.fixture(autouse=True)
def _threads_as_they_were() -> Iterator[None]:
    before = torch.get_num_threads()
    yield
    torch.set_num_threads(before)


@cache
def tokenizer() -> PreTrainedTokenizerBase:
    small = student()
    return train_tokenizer((t for one in samples(12) for t in student_texts(one, small)), small)


def job(config: Config, **sft: Any) -> Job:
    settings = config.model_copy(
        update={"student": student(), "sft": config.sft.model_copy(update=sft)}
    )
    return Job(Path("run"), settings, Path("data"), None, None, 0)


def course(config: Config, bootstrap: list[Sample], taught: list[Sample], **sft: Any) -> Course:
    """In batches of one, so that a step is a row."""
    single = {"batch_size": 1, "accumulation": 1, **sft}
    return build_course(bootstrap, taught, tokenizer(), job(config, **single))


def test_samples_with_the_students_marks_are_left_out_and_counted() -> None:
    good, bad = samples(2), [replace(one, completion="a <|end|> b") for one in answers(2)]
    learned = course(Config(), bad, good + bad)
    assert learned.marked == 4
    assert {row.trace for row in learned.rows} == {one.trace_id for one in good}
    with pytest.raises(TrainingError, match=r"all 2 samples hold .*<\|end\|>"):
        course(Config(), bad, bad)


def answers(count: int) -> list[Sample]:
    return [one for one in samples(count) if one.kind is ANSWER]


def trainer(config: Config, **sft: Any) -> SFTTrainer:
    given = job(config, **sft)
    lesson = build_course([], samples(40), tokenizer(), given)
    model = build_student(student(), tokenizer(), 0)
    return _build_trainer(model, tokenizer(), lesson, given)


def argument(name: str) -> Callable[[Config], Any]:
    return lambda config: getattr(trainer(config, adapter="lora").args, name)


def lora(name: str) -> Callable[[Config], Any]:
    def probe(config: Config) -> Any:
        model: Any = trainer(config, adapter="lora").model
        return getattr(model.peft_config["default"], name)

    return probe


def optimiser(config: Config) -> str:
    return type(trainer(config, adapter="none").optimizer).__name__


def learning_rates(config: Config) -> bool:
    made: Any = trainer(config, adapter="none", optimizer="muon").optimizer
    return 0.07 in {group["lr"] for group in made.param_groups}


def model_kind(config: Config) -> str:
    return type(trainer(config).model).__name__


def warmup(config: Config) -> float:
    """Share of the steps in which the rate rises."""
    made = trainer(config, adapter="lora", batch_size=1, accumulation=1)
    return round(made.args.warmup_steps / len(made.get_train_dataloader()), 2)


def decay(config: Config) -> float:
    """Share of the steps in which the rate falls."""
    made = trainer(config, adapter="lora", batch_size=1, accumulation=1)
    steps = len(made.get_train_dataloader())
    return round(made.args.lr_scheduler_kwargs["num_decay_steps"] / steps, 2)


def passes(config: Config) -> int:
    return len(course(config, [], answers(4)).rows)


def bootstrap_rows(config: Config) -> int:
    return course(config, answers(4), answers(4)).phase_steps[0][1]


def first_phase_kinds(config: Config) -> set[SampleKind]:
    made = course(config, [], samples(20))
    return {row.kind for row in made.rows[: dict(made.phase_steps)["answer"]]}


def is_one_phase(config: Config) -> bool:
    ends = [end for name, end in course(config, [], samples(20)).phase_steps if name != "bootstrap"]
    return ends[0] == ends[-1]


def limit(config: Config) -> int:
    """How many of the rows of one trace are too long."""
    return course(config, [], samples(1), max_dropped_share=1.0).dropped


def refusal(config: Config, **sft: Any) -> str:
    """Why the run does not begin: at the latest because there is nothing to learn."""
    with pytest.raises(TrainingError) as refused:
        train(job(config, adapter="none", **sft))
    return str(refused.value)


def drops_many(config: Config) -> bool:
    long = [replace(one, completion=one.completion * 40) for one in answers(1)]
    try:
        return course(config, [], [*answers(1), *long], max_tokens=200).dropped == 1
    except TrainingError:
        return False


def too_little_memory(config: Config) -> bool:
    write_samples(Path("data"), 0)
    return "GB of memory are free" in refusal(config)


def threads(config: Config) -> int:
    refusal(config, min_free_memory_gb=1e9)
    return torch.get_num_threads()


def checkpoint(config: Config) -> Path | None:
    for folder in ("run/checkpoint-1", "other/checkpoint-2"):
        Path(folder).mkdir(parents=True)
        (Path(folder) / "resume.safetensors").touch()
    return find_checkpoint(job(config))


AUTO_IS_BF16 = use_bf16(Sft())

SFT: dict[str, Reach] = {
    "sft.learning_rate": same(0.003, argument("learning_rate")),
    "sft.batch_size": same(3, argument("per_device_train_batch_size")),
    "sft.accumulation": same(5, argument("gradient_accumulation_steps")),
    "sft.weight_decay": same(0.25, argument("weight_decay")),
    "sft.save_steps": same(17, argument("save_steps")),
    # Which of the two differs from `auto` depends on the machine.
    "sft.precision": Reach("fp32" if AUTO_IS_BF16 else "bf16", argument("bf16"), not AUTO_IS_BF16),
    "sft.warmup_share": Reach(0.5, warmup, 0.5),
    "sft.decay_share": Reach(0.3, decay, 0.3),
    "sft.optimizer": Reach("muon", optimiser, "Muon"),
    "sft.matrix_learning_rate": Reach(0.07, learning_rates, True),
    "sft.adapter": Reach("none", model_kind, "LlamaForCausalLM"),
    "sft.lora_rank": same(32, lora("r")),
    "sft.lora_alpha": same(64, lora("lora_alpha")),
    "sft.lora_dropout": same(0.2, lora("lora_dropout")),
    "sft.epochs": Reach(5.0, passes, 20),
    "sft.bootstrap_epochs": Reach(2.0, bootstrap_rows, 8),
    "sft.curriculum": Reach("strict", first_phase_kinds, {ANSWER}),
    "sft.min_kind_share": Reach(0.0, first_phase_kinds, {ANSWER}),
    "sft.phase_weights": Reach((1.0, 1e-9, 1e-9), is_one_phase, True),
    "sft.max_tokens": Reach(40, limit, 1),
    "sft.max_dropped_share": Reach(1.0, drops_many, True),
    "sft.min_free_memory_gb": Reach(1e6, too_little_memory, True),
    "sft.threads": same(3, threads),
    "sft.resume": Reach("other/checkpoint-2", checkpoint, Path("other/checkpoint-2")),
}


@pytest.mark.parametrize("name", SFT)
def test_a_setting_reaches_its_user(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    check(name, SFT[name], tmp_path, monkeypatch)
