"""What was said about an inference, and the reward that follows."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Any

from understudy.records.calls import Inference


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
