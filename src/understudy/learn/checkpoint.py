"""Checkpoints without pickle, from which a run goes on bit-equal.

TRL saves the weights; optimiser, schedule and random state are added here as safetensors, last, so
that a half-written checkpoint is never taken for one.
"""

from pathlib import Path
from typing import Any

import orjson
import torch
from safetensors import safe_open
from safetensors.torch import save_file
from transformers import TrainerCallback, TrainerControl, TrainerState, TrainingArguments

from understudy.errors import TrainingError
from understudy.learn.job import Job

_STATE = "resume.safetensors"
_RANDOM = "random"


def find_checkpoint(job: Job) -> Path | None:
    """The checkpoint that sft.resume asks for; raises TrainingError when it is none."""
    resume = job.config.sft.resume
    if resume == "never":
        return None
    if resume != "auto":
        chosen = Path(resume)
        if not (chosen / _STATE).is_file():
            raise TrainingError(
                f"sft.resume = {resume!r} is no checkpoint; give a checkpoint-N folder, "
                "`auto` or `never`"
            )
        return chosen
    return max(
        (state.parent for state in job.folder.glob(f"checkpoint-*/{_STATE}")),
        key=lambda folder: int(folder.name.removeprefix("checkpoint-")),
        default=None,
    )


class Checkpoints(TrainerCallback):
    """Saves beside TRL's weights what they alone do not say, and puts it back on resume."""

    def __init__(self, resumed: Path | None) -> None:
        self._resumed = resumed
        self._random: torch.Tensor | None = None

    def on_save(
        self,
        args: TrainingArguments,
        state: TrainerState,
        control: TrainerControl,  # noqa: ARG002  # the callback's fixed signature
        **kwargs: Any,
    ) -> None:
        folder = Path(args.output_dir or ".") / f"checkpoint-{state.global_step}"
        # A pickle of the arguments, which config.resolved.toml tells already.
        (folder / "training_args.bin").unlink(missing_ok=True)
        optimizer = kwargs["optimizer"].state_dict()
        tensors = {
            f"{index}.{name}": value
            for index, values in optimizer["state"].items()
            for name, value in values.items()
        }
        tensors[_RANDOM] = torch.get_rng_state()
        document = {
            "param_groups": optimizer["param_groups"],
            "schedule": kwargs["lr_scheduler"].state_dict(),
        }
        temporary = folder / f".{_STATE}.partial"
        save_file(tensors, temporary, {"document": orjson.dumps(document).decode()})
        temporary.rename(folder / _STATE)

    def on_train_begin(
        self,
        args: TrainingArguments,  # noqa: ARG002  # the callback's fixed signature
        state: TrainerState,  # noqa: ARG002  # the callback's fixed signature
        control: TrainerControl,  # noqa: ARG002  # the callback's fixed signature
        **kwargs: Any,
    ) -> None:
        if self._resumed is None:
            return
        values: dict[int, dict[str, torch.Tensor]] = {}
        with safe_open(self._resumed / _STATE, "pt") as file:
            document = orjson.loads(file.metadata()["document"])
            for key in file.keys():  # noqa: SIM118  # no mapping, whatever its method is called
                index, _, name = key.partition(".")
                if key == _RANDOM:
                    self._random = file.get_tensor(key)
                else:
                    values.setdefault(int(index), {})[name] = file.get_tensor(key)
        kwargs["optimizer"].load_state_dict(
            {"state": values, "param_groups": document["param_groups"]}
        )
        kwargs["lr_scheduler"].load_state_dict(document["schedule"])

    def on_step_begin(
        self,
        args: TrainingArguments,  # noqa: ARG002  # the callback's fixed signature
        state: TrainerState,  # noqa: ARG002  # the callback's fixed signature
        control: TrainerControl,  # noqa: ARG002  # the callback's fixed signature
        **_: Any,
    ) -> None:
        # Only now: skipping the batches already seen draws random numbers of its own.
        if self._random is not None:
            torch.set_rng_state(self._random)
            self._random = None
