"""Supervised fine-tuning with TRL: bootstrap stage, then answer -> thinking -> consistency.

Refuses to start without data, memory or the hardware its adapter needs; stops on NaN.
"""

from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import psutil
import torch
from datasets import Dataset
from peft import LoraConfig, PeftModel
from transformers import PreTrainedModel, PreTrainedTokenizerBase, PrinterCallback
from trl.trainer.sft_config import SFTConfig
from trl.trainer.sft_trainer import SFTTrainer

from understudy.config import Sft
from understudy.curate.samples import Sample, read_samples
from understudy.errors import TrainingError
from understudy.learn.beginning import Beginning
from understudy.learn.card import write_card, write_environment, write_manifest
from understudy.learn.checkpoint import Checkpoints, find_checkpoint
from understudy.learn.completions import CompletionTrainer
from understudy.learn.course import Course, build_course
from understudy.learn.job import METRICS, Job, RunResult, write_result
from understudy.learn.muon import Muon
from understudy.learn.progress import MetricsFile
from understudy.learn.student import (
    TINY,
    build_student,
    check_architecture,
    load_student,
    save_student,
)
from understudy.learn.tokenizer import build_tokenizer

_PAD_TO = 16
"""Few distinct shapes: the CPU kernels are compiled, and kept, for each one (experiments)."""
_LINES = 200
"""Most lines of metrics.jsonl, whatever the length of the run."""


def train(job: Job) -> RunResult:
    """Run the job in its folder; the same call in a child process, under torchrun or by hand."""
    sft = job.config.sft
    torch.set_num_threads(sft.threads)
    _check_hardware(sft)
    samples = read_samples(job.dataset_folder)
    bootstrap = read_samples(job.bootstrap_folder) if job.bootstrap_folder else []
    if not samples:
        raise TrainingError(f"{job.dataset_folder} holds no samples; capture or import traces")
    model, tokenizer = _load_model(job, [*bootstrap, *samples])
    course = build_course(bootstrap, samples, tokenizer, job)
    write_environment(job.folder)
    write_manifest(job.folder, [*bootstrap, *samples])
    checkpoint = find_checkpoint(job)
    # An adapter's checkpoint has no architecture of its own; its base was checked above.
    if checkpoint is not None and (checkpoint / "config.json").is_file():
        check_architecture(checkpoint, job.config.student)
    trainer = _build_trainer(model, tokenizer, course, job)
    trainer.add_callback(Checkpoints(checkpoint))
    if job.base is None and job.config.student.base == TINY:
        trainer.add_callback(Beginning(job.folder, tokenizer, course.bootstrap_steps))
    done = trainer.train(resume_from_checkpoint=str(checkpoint) if checkpoint else None)
    merged = _save(trainer, tokenizer, job)
    metrics = {
        "loss": done.training_loss,
        "seconds": done.metrics["train_runtime"],
        "steps": done.global_step,
        "samples": len(samples),
        "rows": len(course.rows),
        "dropped": course.dropped,
        "marked": course.marked,
        "tokens": sum(len(row.input_ids) for row in course.rows),
        "parameters": sum(p.numel() for p in model.parameters()),
    }
    write_card(job, metrics, samples)
    result = RunResult(job.folder, metrics, merged)
    write_result(result)
    return result


def _check_hardware(sft: Sft) -> None:
    if sft.adapter == "qlora" and not torch.cuda.is_available():
        raise TrainingError(
            "sft.adapter = 'qlora' needs a CUDA device and there is none; "
            "set sft.adapter to 'lora' or 'none'"
        )
    if sft.adapter == "qlora" and find_spec("bitsandbytes") is None:
        raise TrainingError(
            "sft.adapter = 'qlora' needs bitsandbytes and it is not installed; "
            "pip install 'understudy[gpu]', or set sft.adapter to 'lora'"
        )
    free_gb = psutil.virtual_memory().available / 1e9
    if free_gb < sft.min_free_memory_gb:
        raise TrainingError(
            f"{free_gb:.1f} GB of memory are free and sft.min_free_memory_gb = "
            f"{sft.min_free_memory_gb}; free some, or lower it"
        )


def _load_model(
    job: Job, samples: Sequence[Sample]
) -> tuple[PreTrainedModel, PreTrainedTokenizerBase]:
    student = job.config.student
    if job.base is not None:
        return load_student(job.base, student)
    if student.base != TINY:
        return load_student(student.base, student, four_bit=job.config.sft.adapter == "qlora")
    tokenizer = build_tokenizer(samples, student)
    return build_student(student, tokenizer, job.seed), tokenizer


def _build_trainer(
    model: PreTrainedModel, tokenizer: PreTrainedTokenizerBase, course: Course, job: Job
) -> SFTTrainer:
    sft = job.config.sft
    steps = max(1, course.phase_steps[-1][1])
    dataset = Dataset.from_dict(
        {
            "input_ids": [list(row.input_ids) for row in course.rows],
            "labels": [list(row.labels) for row in course.rows],
        }
    )
    make = SFTTrainer if torch.cuda.is_available() else CompletionTrainer
    trainer = make(
        model=model,
        args=_arguments(job, steps),
        train_dataset=dataset,
        processing_class=tokenizer,
        peft_config=_adapter(sft),
        optimizers=(_muon(model, sft) if sft.optimizer == "muon" else None, None),
        callbacks=[MetricsFile(job.folder / METRICS, sft.epochs, course.phase_steps)],
    )
    trainer.remove_callback(PrinterCallback)
    return trainer


def _arguments(job: Job, steps: int) -> SFTConfig:
    sft = job.config.sft
    cuda = torch.cuda.is_available()
    return SFTConfig(
        output_dir=str(job.folder),
        # The course already repeats every pass in its own order.
        num_train_epochs=1,
        train_sampling_strategy="sequential",
        dataset_kwargs={"skip_prepare_dataset": True},
        max_length=None,
        pad_to_multiple_of=_PAD_TO,
        per_device_train_batch_size=sft.batch_size,
        gradient_accumulation_steps=sft.accumulation,
        learning_rate=sft.learning_rate,
        lr_scheduler_type="warmup_stable_decay",
        lr_scheduler_kwargs={
            "num_decay_steps": round(steps * sft.decay_share),
            "decay_type": "linear",
        },
        warmup_steps=round(steps * sft.warmup_share),
        weight_decay=sft.weight_decay,
        optim="adamw_torch_fused",
        logging_steps=max(1, steps // _LINES),
        logging_nan_inf_filter=False,
        save_strategy="steps",
        save_steps=sft.save_steps,
        save_total_limit=2,
        save_only_model=True,
        seed=job.seed,
        data_seed=job.seed,
        bf16=use_bf16(sft),
        use_cpu=not cuda,
        activation_checkpointing=cuda,
        dataloader_pin_memory=cuda,
        disable_tqdm=True,
        report_to="none",
    )


def _muon(model: PreTrainedModel, sft: Sft) -> Muon:
    if sft.adapter != "none":
        raise TrainingError(
            f"sft.optimizer = 'muon' trains whole matrices, not sft.adapter = {sft.adapter!r}; "
            "set sft.optimizer to 'adamw'"
        )
    return Muon(
        model.named_parameters(),
        sft.learning_rate,
        sft.matrix_learning_rate,
        sft.weight_decay,
        torch.bfloat16 if use_bf16(sft) else torch.float32,
    )


def use_bf16(sft: Sft) -> bool:
    """Emulated bf16 is slower than fp32, so `auto` asks the processor (experiments 2)."""
    if sft.precision != "auto":
        return sft.precision == "bf16"
    if torch.cuda.is_available():
        return torch.cuda.is_bf16_supported()
    known = torch.cpu.get_capabilities()
    return bool(known.get("avx512_bf16") or known.get("amx_bf16"))


def _adapter(sft: Sft) -> LoraConfig | None:
    if sft.adapter == "none":
        return None
    return LoraConfig(
        r=sft.lora_rank,
        lora_alpha=sft.lora_alpha,
        lora_dropout=sft.lora_dropout,
        target_modules=[
            "q_proj",
            "k_proj",
            "v_proj",
            "o_proj",
            "gate_proj",
            "up_proj",
            "down_proj",
        ],
        task_type="CAUSAL_LM",
    )


def _save(trainer: SFTTrainer, tokenizer: PreTrainedTokenizerBase, job: Job) -> Path:
    model: Any = trainer.model
    if isinstance(model, PeftModel):
        adapter = job.folder / "adapter"
        model.save_pretrained(str(adapter))
        if job.config.sft.adapter == "qlora":
            # Into the full weights: adding to 4-bit ones would round the adapter away.
            whole, _ = load_student(job.base or job.config.student.base, None)
            model = PeftModel.from_pretrained(whole, adapter)
        model = model.merge_and_unload()
    return save_student(model, tokenizer, job.folder / "merged")
