"""What is learned from: traces, datasets of them, and the runs that used these."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from pathlib import Path
from typing import Any

from understudy.records.calls import Prompt, ReasoningKind, Usage


class TrainingPermission(Enum):
    OPEN = "open"
    NARROW_ONLY = "narrow_only"
    WRITTEN = "written_permission"
    NONE = "none"


class TraceSource(Enum):
    CAPTURED = "captured"
    REPLAYED = "replayed"
    IMPORTED = "imported"
    BOOTSTRAP = "bootstrap"


@dataclass(frozen=True, slots=True)
class Trace:
    """A teacher's reasoning record. `family` is the stable key that keeps near-duplicates of a
    prompt on one side of the train/holdout split."""

    id: str
    function: str
    prompt: Prompt
    thinking: str
    answer: str
    reasoning_kind: ReasoningKind
    teacher: str
    training_permission: TrainingPermission
    source: TraceSource
    family: str
    created_at: float
    inference: str | None = None
    usage: Usage = field(default_factory=Usage)
    behaviour: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Dataset:
    """An immutable list of sample rows on disk; `id` is the hash of their content."""

    id: str
    folder: Path
    functions: tuple[str, ...]
    trace_ids: tuple[str, ...]
    counts: Mapping[str, int]
    skipped: Mapping[str, int]
    created_at: float


class RunState(Enum):
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"


@dataclass(frozen=True, slots=True)
class Run:
    """`traces_end` is the store's cursor behind the last trace that the run's dataset could hold; None
    for runs of earlier versions."""

    id: int
    learner: str
    dataset: str
    config_hash: str
    seed: int
    state: RunState
    folder: Path
    metrics: Mapping[str, float]
    created_at: float
    error: str = ""
    traces_end: int | None = None
