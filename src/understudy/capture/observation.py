"""A call of an official client as it went over the wire, for the writer thread to read.

The caller's thread copies nothing; reading is done where nobody waits for it.
"""

from dataclasses import dataclass
from enum import Enum

from understudy.capture.endings import NO_COMPLETION, Ending, read_copy
from understudy.errors import InputError
from understudy.records import (
    TEACHER,
    Completion,
    Inference,
    InferenceStatus,
    Prompt,
)
from understudy.wire import anthropic, openai
from understudy.wire.messages import Dialect

NO_PROMPT = Prompt("", ())
# Its fields, besides the bodies and the texts.
_HELD_BYTES = 500
_BYTES_A_CHAR = 4


class Package(Enum):
    """An official client package, named as it is imported."""

    ANTHROPIC = "anthropic"
    OPENAI = "openai"


DIALECTS: dict[Package, Dialect] = {Package.ANTHROPIC: anthropic, Package.OPENAI: openai}


@dataclass(frozen=True, slots=True)
class Labels:
    """What the application says about a call that the wire does not."""

    function: str
    episode: str = ""
    user: str = ""


@dataclass(frozen=True, slots=True)
class Observation:
    """`answer` is the body, or the events that the application took; `error` is for FAILED."""

    id: str
    package: Package
    labels: Labels
    created_at: float
    latency_s: float
    ending: Ending
    streamed: bool
    request: bytes
    answer: bytes
    error: str = ""

    def __len__(self) -> int:
        """In bytes, about what is kept while it waits."""
        labels = self.labels
        told = len(self.error) + len(labels.function) + len(labels.episode) + len(labels.user)
        return _HELD_BYTES + _BYTES_A_CHAR * told + len(self.request) + len(self.answer)


def inference_of(seen: Observation) -> Inference:
    """Its cost, hashes and redaction are the outlet's."""
    completion, status, error = _completion(seen)
    try:
        prompt = DIALECTS[seen.package].parse_request(seen.request).prompt
    except InputError as unread:
        # An answer to an unknown prompt must teach nothing.
        prompt, status, error = NO_PROMPT, InferenceStatus.FAILED, error or str(unread)
    return Inference(
        id=seen.id,
        function=seen.labels.function,
        episode=seen.labels.episode or seen.id,
        user=seen.labels.user,
        variant=TEACHER,
        propensity=1.0,
        prompt=prompt,
        completion=completion,
        status=status,
        latency_s=seen.latency_s,
        cost_usd=0.0,
        prompt_hash="",
        config_hash="",
        created_at=seen.created_at,
        error=error,
    )


def _completion(seen: Observation) -> tuple[Completion, InferenceStatus, str]:
    if seen.ending is Ending.FAILED:
        return NO_COMPLETION, InferenceStatus.FAILED, seen.error
    return read_copy(
        DIALECTS[seen.package],
        seen.answer,
        seen.ending,
        streamed=seen.streamed,
        reader="application",
    )
