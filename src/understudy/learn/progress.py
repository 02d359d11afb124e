"""Writes metrics.jsonl line by line while TRL trains, and stops a run whose loss is no number."""

import math
import time
from pathlib import Path
from typing import Any

import orjson
from transformers import TrainerCallback, TrainerControl, TrainerState, TrainingArguments

from understudy.errors import TrainingError


class MetricsFile(TrainerCallback):
    """One line per log: step, epoch, loss, learning rate, tokens per second, progress, phase."""

    def __init__(self, path: Path, epochs: float, phase_steps: list[tuple[str, int]]) -> None:
        self._path = path
        self._epochs = epochs
        self._phase_steps = phase_steps
        self._start = time.monotonic()
        self._last: tuple[float, float] = (self._start, 0.0)

    def on_log(
        self,
        args: TrainingArguments,  # noqa: ARG002  # the callback's fixed signature
        state: TrainerState,
        control: TrainerControl,  # noqa: ARG002  # the callback's fixed signature
        logs: dict[str, Any] | None = None,
        **_: Any,
    ) -> None:
        if not logs or "loss" not in logs:
            return
        loss = float(logs["loss"])
        if not math.isfinite(loss):
            raise TrainingError(
                f"the loss is {loss} at step {state.global_step}; lower sft.learning_rate, or look "
                f"at the samples near it, then train again from the last checkpoint"
            )
        now, tokens = time.monotonic(), float(logs.get("num_tokens", 0.0))
        then, before = self._last
        self._last = (now, tokens)
        progress = state.global_step / max(1, state.max_steps)
        line = {
            "step": state.global_step,
            "epoch": round(progress * self._epochs, 4),
            "progress": round(progress, 4),
            "phase": self._phase(state.global_step),
            "loss": loss,
            "token_accuracy": logs.get("mean_token_accuracy"),
            "learning_rate": logs.get("learning_rate"),
            "tokens_per_s": round((tokens - before) / max(1e-9, now - then), 1),
            "seconds": round(now - self._start, 3),
        }
        with self._path.open("ab") as file:
            file.write(orjson.dumps(line, option=orjson.OPT_APPEND_NEWLINE))

    def _phase(self, step: int) -> str:
        return next((name for name, last in self._phase_steps if step <= last), "")
