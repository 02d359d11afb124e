"""One model call and what it is made of: variant, prompt, completion, what tier 1 did, inference."""

import hashlib
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from enum import Enum
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


class InferenceStatus(Enum):
    COMPLETE = "complete"
    INCOMPLETE = "incomplete"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Usage:
    input_tokens: int = 0
    output_tokens: int = 0


@dataclass(frozen=True, slots=True)
class TokenConfidence:
    """How sure a model was of its own tokens, thinking included: the geometric mean of their
    probabilities, the least of them, and the share that is sure (at least 0.9)."""

    mean: float
    lowest: float
    sure_share: float
    tokens: int

    def plain(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def read(cls, plain: Mapping[str, Any] | None) -> "TokenConfidence | None":
        """Raises KeyError, TypeError or ValueError for what `plain` did not write."""
        if plain is None:
            return None
        shares = {name: float(plain[name]) for name in ("mean", "lowest", "sure_share")}
        return cls(**shares, tokens=int(plain["tokens"]))


IN_ANSWER = "in_answer"


@dataclass(frozen=True, slots=True)
class Completion:
    """A model's answer, apart from any wire format. `thinking` is None where there was none;
    `cost_usd` is what the upstream itself says it cost, None where only its usage is known;
    `confidence` is None where the upstream gave no log-probabilities. `aside` is what the answer
    was besides text, a JSON object a line: citations, and what is of no known kind. A line
    `{"in_answer": "tool_use"}` is about a block whose own JSON stands in the answer."""

    answer: str
    thinking: str | None
    reasoning_kind: ReasoningKind
    stop_reason: str
    usage: Usage = Usage()
    model: str = ""
    cost_usd: float | None = None
    confidence: TokenConfidence | None = None
    aside: str = ""

    @property
    def text_only(self) -> bool:
        """Whether the answer is all text: of one that calls a tool nothing is learned."""
        return f'{{"{IN_ANSWER}":' not in self.aside


@dataclass(frozen=True, slots=True)
class Ranking:
    """What tier 1 did with an answer's list, one value for each entry in the model's own order.

    `shown` are their places in the order shown, `chances` the probability with which each was shown
    at all; `version` counts the fits of the ranker, `prior` and `share` say what it blended.
    """

    version: int
    prior: str
    share: float
    items: tuple[str, ...]
    relevance: tuple[float | None, ...]
    adjustments: tuple[float, ...]
    chances: tuple[float, ...]
    shown: tuple[int, ...]

    def plain(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def read(cls, plain: Mapping[str, Any] | None) -> "Ranking | None":
        """Raises KeyError, TypeError or ValueError for what `plain` did not write."""
        if plain is None:
            return None
        numbers = {name: tuple(map(float, plain[name])) for name in ("adjustments", "chances")}
        return cls(
            int(plain["version"]),
            str(plain["prior"]),
            float(plain["share"]),
            tuple(map(str, plain["items"])),
            tuple(None if one is None else float(one) for one in plain["relevance"]),
            **numbers,
            shown=tuple(map(int, plain["shown"])),
        )


@dataclass(frozen=True, slots=True)
class PromptVersion:
    """The rules under which the teacher was asked, in place of the application's own: `template` is
    the hash of what the versions build on, `chance` the probability with which this one was chosen."""

    template: str
    number: int
    chance: float

    def plain(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def read(cls, plain: Mapping[str, Any] | None) -> "PromptVersion | None":
        """Raises KeyError, TypeError or ValueError for what `plain` did not write."""
        if plain is None:
            return None
        return cls(str(plain["template"]), int(plain["number"]), float(plain["chance"]))


@dataclass(frozen=True, slots=True)
class Inference:
    """One model call. `fallback_from` names the variant that failed before this one answered;
    `shadow` marks an answer that was recorded and never shown; `ranking` says what tier 1 did.
    `prompt` is the application's, whatever `prompt_version` the teacher read in its place."""

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
    ranking: Ranking | None = None
    prompt_version: PromptVersion | None = None
