"""Keeps the student as it was before it saw the first captured answer, to compare it with later."""

import copy
import shutil
from pathlib import Path
from typing import Any

from peft import PeftModel
from transformers import (
    PreTrainedTokenizerBase,
    TrainerCallback,
    TrainerControl,
    TrainerState,
    TrainingArguments,
)

from understudy.learn.job import BEFORE
from understudy.learn.student import save_student


class Beginning(TrainerCallback):
    """Saves whole weights into the run's folder after `step`, the last that sees bootstrap data alone."""

    def __init__(self, folder: Path, tokenizer: PreTrainedTokenizerBase, step: int) -> None:
        self._folder = folder / BEFORE
        self._tokenizer = tokenizer
        self._step = step

    def on_step_begin(
        self,
        args: TrainingArguments,  # noqa: ARG002  # the callback's fixed signature
        state: TrainerState,
        control: TrainerControl,  # noqa: ARG002  # the callback's fixed signature
        **kwargs: Any,
    ) -> None:
        if state.global_step != self._step or not state.is_world_process_zero:
            return
        # That of a run which was begun before in this folder.
        shutil.rmtree(self._folder, ignore_errors=True)
        model = kwargs["model"]
        if isinstance(model, PeftModel):
            model = copy.deepcopy(model).merge_and_unload()
        save_student(model, self._tokenizer, self._folder)
