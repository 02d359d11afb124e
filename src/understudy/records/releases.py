"""A trained student on its way to the stage: release, traffic, and the events of its cycle."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import Any

from understudy.records.calls import Variant


class CycleState(Enum):
    TRAINING = "training"
    EXPORTING = "exporting"
    EVALUATING = "evaluating"
    SHADOW = "shadow"
    CANARY = "canary"
    LIVE = "live"
    RETIRED = "retired"
    REJECTED = "rejected"
    ROLLED_BACK = "rolled_back"
    FAILED = "failed"
    CANCELLED = "cancelled"


@dataclass(frozen=True, slots=True)
class Release:
    """A trained student made servable. `report` is the evaluation that its gate read."""

    number: int
    run: int
    functions: tuple[str, ...]
    state: CycleState
    gguf: Path | None
    gguf_sha256: str
    size_bytes: int
    report: Mapping[str, Any]
    reason: str
    created_at: float

    @property
    def variant(self) -> Variant:
        return Variant(self.number)


@dataclass(frozen=True, slots=True)
class Traffic:
    """Who serves a function: the champion, and a candidate with its share of the episodes."""

    function: str
    champion: Variant
    candidate: Variant | None
    share: float
    shadow: bool
    since: float


@dataclass(frozen=True, slots=True)
class Event:
    """One step of a cycle's life, as the timeline shows it."""

    at: float
    function: str
    variant: Variant
    event: str
    student_share: float
    reason: str
