"""The loss over learned tokens is TRL's own loss, with and without an adapter."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import torch
from student_rig import config, samples, student
from torch import Tensor
from transformers import PreTrainedTokenizerBase
from trl.trainer.sft_trainer import SFTTrainer

from understudy.learn.completions import CompletionTrainer
from understudy.learn.course import build_course
from understudy.learn.job import Job
from understudy.learn.sft import _build_trainer
from understudy.learn.student import build_student
from understudy.learn.tokenizer import student_texts, train_tokenizer

pytestmark = [
    # peft 0.21 still asks transformers by the old name.
    pytest.mark.filterwarnings("ignore:`is_gradient_checkpointing`:FutureWarning"),
]


@pytest.fixture(autouse=True)
def _one_thread() -> Iterator[None]:
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


def tokenizer() -> PreTrainedTokenizerBase:
    small = student()
    return train_tokenizer((t for one in samples(12) for t in student_texts(one, small)), small)


def trainer(folder: Path, adapter: str) -> SFTTrainer:
    job = Job(folder, config(adapter=adapter, lora_dropout=0.0), folder, None, None, 0)
    words = tokenizer()
    made = _build_trainer(
        build_student(student(), words, 0), words, build_course([], samples(40), words, job), job
    )
    assert isinstance(made, CompletionTrainer)
    return made


@pytest.mark.parametrize("adapter", ["none", "lora"])
def test_the_loss_and_its_gradient_are_those_of_trl(tmp_path: Path, adapter: str) -> None:
    made = trainer(tmp_path, adapter)
    batch = next(iter(made.get_train_dataloader()))
    found: list[tuple[float, list[Tensor], float]] = []
    for kind in (CompletionTrainer, SFTTrainer):
        made.model.zero_grad()
        loss = kind.compute_loss(made, made.model, dict(batch), num_items_in_batch=100)
        loss.backward()
        gradients = [one.grad.clone() for one in made.model.parameters() if one.grad is not None]
        found.append((loss.item(), gradients, made._metrics["train"]["mean_token_accuracy"][-1]))
    (ours, our_gradients, our_accuracy), (theirs, their_gradients, their_accuracy) = found
    assert ours == pytest.approx(theirs, rel=1e-5)
    assert our_accuracy == pytest.approx(their_accuracy)
    assert len(our_gradients) == len(their_gradients) > 0
    for one, other in zip(our_gradients, their_gradients, strict=True):
        assert torch.allclose(one, other, atol=1e-6)


def test_the_tokens_of_a_batch_are_counted_as_trl_counts_them(tmp_path: Path) -> None:
    made = trainer(tmp_path, "none")
    batch = next(iter(made.get_train_dataloader()))
    counts = []
    for kind in (CompletionTrainer, SFTTrainer):
        before = made._total_train_tokens
        kind.compute_loss(made, made.model, dict(batch), num_items_in_batch=100)
        counts.append(made._total_train_tokens - before)
    assert counts[0] == counts[1] == batch["attention_mask"].sum().item()
