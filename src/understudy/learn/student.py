"""The tiny student: a Llama made from the config, saved and loaded as safetensors.

Refuses a checkpoint whose architecture is not the configured one.
"""

from pathlib import Path
from typing import Any

import torch
from transformers import (
    AutoConfig,
    AutoModelForCausalLM,
    AutoTokenizer,
    BitsAndBytesConfig,
    LlamaConfig,
    LlamaForCausalLM,
    PreTrainedModel,
    PreTrainedTokenizerBase,
)

from understudy.config import Student
from understudy.errors import TrainingError
from understudy.learn.tokenizer import chat_template

TINY = "tiny"

# How the config's names read in a checkpoint's config.json.
_ARCHITECTURE = {
    "hidden_size": "hidden_size",
    "layers": "num_hidden_layers",
    "heads": "num_attention_heads",
    "kv_heads": "num_key_value_heads",
    "intermediate_size": "intermediate_size",
    "vocab_size": "vocab_size",
    "context_tokens": "max_position_embeddings",
}


def build_student(
    student: Student, tokenizer: PreTrainedTokenizerBase, seed: int
) -> LlamaForCausalLM:
    """A randomly initialised Llama of the configured size; the same seed gives the same weights."""
    if len(tokenizer) > student.vocab_size:
        raise TrainingError(
            f"the tokenizer has {len(tokenizer)} tokens but student.vocab_size = "
            f"{student.vocab_size}; train the tokenizer again or raise student.vocab_size"
        )
    config = LlamaConfig(
        **{theirs: getattr(student, ours) for ours, theirs in _ARCHITECTURE.items()},
        tie_word_embeddings=True,
        bos_token_id=None,
        eos_token_id=tokenizer.eos_token_id,
        pad_token_id=tokenizer.pad_token_id,
    )
    torch.manual_seed(seed)
    return LlamaForCausalLM(config)


def save_student(model: PreTrainedModel, tokenizer: PreTrainedTokenizerBase, folder: Path) -> Path:
    """Write weights (safetensors), config and tokenizer; the folder appears whole."""
    temporary = folder.with_name(f".{folder.name}.partial")
    model.save_pretrained(temporary, safe_serialization=True)
    tokenizer.save_pretrained(temporary)
    return temporary.rename(folder)


def load_student(
    source: Path | str, student: Student | None, *, four_bit: bool = False
) -> tuple[PreTrainedModel, PreTrainedTokenizerBase]:
    """Load a folder, or a base model by name. Given a config, one that differs from it raises
    TrainingError; `four_bit` loads NF4 for QLoRA."""
    if isinstance(source, Path) and not (source / "config.json").is_file():
        raise TrainingError(f"{source} holds no model (no config.json); give a merged/ folder")
    if student is not None:
        check_architecture(source, student)
    model = AutoModelForCausalLM.from_pretrained(source, **(_nf4() if four_bit else _full()))
    return model, AutoTokenizer.from_pretrained(source)


def check_architecture(source: Path | str, student: Student) -> None:
    """Raises TrainingError naming both values where a tiny student differs from the config."""
    if student.base != TINY:
        return
    found = AutoConfig.from_pretrained(source)
    differing = [
        f"{ours} is {getattr(found, theirs)} there and {getattr(student, ours)} in [student]"
        for ours, theirs in _ARCHITECTURE.items()
        if getattr(found, theirs) != getattr(student, ours)
    ]
    if AutoTokenizer.from_pretrained(source).chat_template != chat_template(student):
        # What the student reads is part of what it is: prompt parity.
        differing.append(
            f"its chat template is not that of system_prompt = {student.system_prompt}"
        )
    if differing:
        raise TrainingError(
            f"the checkpoint {source} is not the configured student: {'; '.join(differing)}; "
            "set [student] to the checkpoint's values, or train from scratch"
        )


def _full() -> dict[str, Any]:
    return {"dtype": torch.bfloat16 if torch.cuda.is_available() else torch.float32}


def _nf4() -> dict[str, Any]:
    settings = BitsAndBytesConfig(
        load_in_4bit=True,
        bnb_4bit_quant_type="nf4",
        bnb_4bit_use_double_quant=True,
        bnb_4bit_compute_dtype=torch.bfloat16,
    )
    return {"quantization_config": settings, "dtype": torch.bfloat16}
