"""A task small enough for a one-layer student, its dataset folder and the settings to learn it."""

from pathlib import Path
from typing import Any

import orjson

from understudy.config import Config, Sft, Student
from understudy.curate.samples import Sample, build_samples, sample_row
from understudy.function import Function
from understudy.records import (
    Message,
    Prompt,
    ReasoningKind,
    Trace,
    TraceSource,
    TrainingPermission,
)

SYSTEM = "Which unit, and what of it?\nThese lines only a large student reads."
KINDS = ("pump", "chiller", "motor")
METRICS = ("vibration", "pressure", "load")
SCHEMA = {
    "type": "object",
    "properties": {
        "unit": {"type": "string", "maxLength": 20},
        "metric": {"type": "string", "enum": list(METRICS)},
        "share": {"type": "number", "minimum": 0, "maximum": 1},
    },
    "required": ["unit", "metric", "share"],
    "additionalProperties": False,
}


def question(number: int) -> Prompt:
    kind, metric = KINDS[number % 3], METRICS[number // 3 % 3]
    text = f"{metric} of {kind} {number % 10}?"
    return Prompt(SYSTEM, (Message("user", text),))


def trace(number: int) -> Trace:
    kind, metric = KINDS[number % 3], METRICS[number // 3 % 3]
    unit = f"{kind}_{number % 10}"
    answer = orjson.dumps({"unit": unit, "metric": metric, "share": 0.5}).decode()
    return Trace(
        id=f"trace-{number}",
        function="find_unit",
        prompt=question(number),
        thinking=f"The {metric} of {unit} is asked for (0 < 1).",
        answer=answer,
        reasoning_kind=ReasoningKind.RAW,
        teacher="scripted",
        training_permission=TrainingPermission.OPEN,
        source=TraceSource.CAPTURED,
        family=f"{kind} {metric}",
        created_at=0.0,
    )


def samples(count: int) -> list[Sample]:
    return [one for number in range(count) for one in build_samples(trace(number))]


def write_samples(folder: Path, count: int) -> Path:
    folder.mkdir(parents=True)
    lines = [
        orjson.dumps(sample_row(one), option=orjson.OPT_APPEND_NEWLINE) for one in samples(count)
    ]
    (folder / "samples.jsonl").write_bytes(b"".join(lines))
    return folder


def student(**changes: Any) -> Student:
    small = {"vocab_size": 512, "layers": 1, "context_tokens": 256, "intermediate_size": 256}
    return Student(**{**small, "max_new_tokens": 120, **changes})


def config(*, of_student: Student | None = None, **sft: Any) -> Config:
    quick = {
        "adapter": "none",
        "learning_rate": 3e-3,
        "epochs": 3,
        "batch_size": 16,
        "accumulation": 1,
        "max_tokens": 256,
        "threads": 1,
        "min_free_memory_gb": 0.1,
    }
    return Config(student=of_student or student(), sft=Sft(**{**quick, **sft}))


def find_unit() -> Function:
    return Function(
        name="find_unit",
        schema=SCHEMA,
        build_prompt=lambda request: question(request["number"]),
        items=lambda answer: [(answer["unit"], answer["metric"])],
        family=lambda prompt: prompt.messages[-1].content,
    )
