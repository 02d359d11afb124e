"""The nouns of the journey, frozen. No behaviour beyond reading and writing their own text form."""

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from pathlib import Path
from typing import Any

import orjson
import uuid_utils


def new_id() -> str:
    """A UUIDv7 (RFC 9562): sorts by the time it was made."""
    return str(uuid_utils.uuid7())


def content_hash(value: Any) -> str:
    """SHA-256 of the value's canonical JSON (sorted keys, no spaces)."""
    return hashlib.sha256(orjson.dumps(value, option=orjson.OPT_SORT_KEYS)).hexdigest()


@dataclass(frozen=True, slots=True)
class Variant:
    """Who answers: the teacher (no release) or one numbered release of the student."""

    release: int | None = None

    def __str__(self) -> str:
        return "teacher" if self.release is None else f"student@{self.release}"

    @classmethod
    def parse(cls, text: str) -> "Variant":
        """Raises ValueError for anything but `teacher` or `student@N`."""
        if text == "teacher":
            return cls()
        found = re.fullmatch(r"student@([1-9]\d*)", text)
        if found is None:
            raise ValueError(f"{text!r} is no variant; write `teacher` or `student@N`")
        return cls(int(found[1]))


TEACHER = Variant()


@dataclass(frozen=True, slots=True)
class Message:
    role: str
    content: str


@dataclass(frozen=True, slots=True)
class Prompt:
    """What a function asks its model: one system text, then the turns."""

    system: str
    messages: tuple[Message, ...]

    @property
    def hash(self) -> str:
        return content_hash([self.system, [[m.role, m.content] for m in self.messages]])


class ReasoningKind(Enum):
    RAW = "raw"
    SUMMARY = "summary"
    OMITTED = "omitted"
    REDACTED = "redacted"
    SYNTHETIC = "synthetic"


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


class FeedbackKind(Enum):
    BOOLEAN = "boolean"
    FLOAT = "float"
    COMMENT = "comment"
    DEMONSTRATION = "demonstration"
    PREFERENCE = "preference"
    ITEMS = "items"


class FeedbackSource(Enum):
    USER = "user"
    JUDGE = "judge"
    IMPLICIT = "implicit"


class InferenceStatus(Enum):
    COMPLETE = "complete"
    INCOMPLETE = "incomplete"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Usage:
    input_tokens: int = 0
    output_tokens: int = 0


@dataclass(frozen=True, slots=True)
class Completion:
    """A model's answer, apart from any wire format. `thinking` is None where there was none;
    `cost_usd` is what the upstream itself says it cost, None where only its usage is known."""

    answer: str
    thinking: str | None
    reasoning_kind: ReasoningKind
    stop_reason: str
    usage: Usage = Usage()
    model: str = ""
    cost_usd: float | None = None


@dataclass(frozen=True, slots=True)
class Inference:
    """One model call. `fallback_from` names the variant that failed before this one answered;
    `shadow` marks an answer that was recorded and never shown."""

    id: str
    function: str
    episode: str
    user: str
    variant: Variant
    propensity: float
    prompt: Prompt
    completion: Completion
    status: InferenceStatus
    latency_s: float
    cost_usd: float
    prompt_hash: str
    config_hash: str
    created_at: float
    fallback_from: Variant | None = None
    error: str = ""
    shadow: bool = False


@dataclass(frozen=True, slots=True)
class Feedback:
    """About one inference or a whole episode (exactly one of the two is set). `name` says what
    was measured (`rating`, `follow_up`, `items`, `missing`, …); `key` makes a repeat harmless."""

    id: str
    kind: FeedbackKind
    name: str
    value: Any
    source: FeedbackSource
    inference: str | None
    episode: str | None
    user: str
    confidence: float
    created_at: float
    key: str


@dataclass(frozen=True, slots=True)
class Reward:
    """Clipped weighted sum in [-2, 2] and the weighted components it was made of."""

    total: float
    components: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class Experience:
    inference: Inference
    feedback: tuple[Feedback, ...]
    reward: Reward


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
    usage: Usage = Usage()
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
