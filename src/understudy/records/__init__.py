"""The nouns of the journey, frozen. No behaviour beyond reading and writing their own text form."""

from understudy.records.calls import (
    TEACHER,
    Completion,
    Inference,
    InferenceStatus,
    Message,
    Prompt,
    PromptVersion,
    Ranking,
    ReasoningKind,
    Usage,
    Variant,
    content_hash,
    new_id,
)
from understudy.records.judgements import (
    Experience,
    Feedback,
    FeedbackKind,
    FeedbackSource,
    Reward,
)
from understudy.records.releases import (
    CycleState,
    Event,
    Release,
    Traffic,
)
from understudy.records.training import (
    Dataset,
    Run,
    RunState,
    Trace,
    TraceSource,
    TrainingPermission,
)

__all__ = [
    "TEACHER",
    "Completion",
    "CycleState",
    "Dataset",
    "Event",
    "Experience",
    "Feedback",
    "FeedbackKind",
    "FeedbackSource",
    "Inference",
    "InferenceStatus",
    "Message",
    "Prompt",
    "PromptVersion",
    "Ranking",
    "ReasoningKind",
    "Release",
    "Reward",
    "Run",
    "RunState",
    "Trace",
    "TraceSource",
    "Traffic",
    "TrainingPermission",
    "Usage",
    "Variant",
    "content_hash",
    "new_id",
]
