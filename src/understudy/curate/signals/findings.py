"""What signals are made of: the observed trace, its parts, and one finding with its place and its source.

Refuses nothing; an offset counts Python characters of the part that it names.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum

from understudy.records import Message, TokenConfidence

OWN_ROLES = frozenset({"assistant", "model", "ai"})


class Kind(Enum):
    """The eight structures that a sentence can carry, then three of the base extraction."""

    ASSUMPTION = "assumption"
    VALIDATION = "validation"
    COUNTERFACTUAL = "counterfactual"
    EDIT = "edit"
    PROVENANCE = "provenance"
    SAFETY = "safety"
    PREFERENCE = "preference"
    SELF_CRITIQUE = "self_critique"
    CORRECTION = "correction"
    CONSTRAINT = "constraint"
    PRUNING = "pruning"


class Where(Enum):
    THINKING = "thinking"
    ANSWER = "answer"
    TURN = "turn"
    TOOL_CALL = "tool_call"


class Exploration(Enum):
    MINIMAL = "minimal"
    MODERATE = "moderate"
    THOROUGH = "thorough"


@dataclass(frozen=True, slots=True)
class ToolCall:
    """`batch` numbers the calls that were sent together; None where nobody recorded it."""

    name: str
    arguments: str = ""
    result: str = ""
    failed: bool = False
    batch: int | None = None

    @property
    def text(self) -> str:
        """What the offsets of a finding in this call count in."""
        return f"{self.name}({self.arguments})"


@dataclass(frozen=True, slots=True)
class Observation:
    """One trace as the extractors see it. `turns` are those before the answer, the user's too;
    None means that nobody measured it. Calls in a text are blanks: of the answer `blanked_chars`."""

    thinking: str = ""
    answer: str = ""
    turns: tuple[Message, ...] = ()
    tool_calls: tuple[ToolCall, ...] = ()
    confidence: TokenConfidence | None = None
    latency_s: float | None = None
    feedback: float | None = None
    succeeded: bool | None = None
    errors: int = 0
    blanked_chars: int = 0

    def part(self, where: Where, index: int = 0) -> str:
        """The text that a finding's offsets count in."""
        if where is Where.THINKING:
            return self.thinking
        if where is Where.ANSWER:
            return self.answer
        return self.turns[index].content if where is Where.TURN else self.tool_calls[index].text


@dataclass(frozen=True, slots=True)
class Finding:
    """One signal: the sentence `start:end` of a part, and in it the words that gave it away.

    `index` is the turn or the tool call; `found_by` the rule, or the judge that spoke last; `tag`
    what sort it is (`planned`, `document`, `injury`, …).
    """

    kind: Kind
    where: Where
    start: int
    end: int
    cue_start: int
    cue_end: int
    confidence: float
    found_by: str
    tag: str = ""
    index: int = 0

    def text_in(self, observation: Observation) -> str:
        return observation.part(self.where, self.index)[self.start : self.end]

    def cue_in(self, observation: Observation) -> str:
        return observation.part(self.where, self.index)[self.cue_start : self.cue_end]


@dataclass(frozen=True, slots=True)
class Base:
    """What a trace shows without reading a sentence closely."""

    tools: tuple[str, ...]
    steps: int
    paragraphs: int
    exploration: Exploration
    code_blocks: int
    markdown_marks: int
    json_answer: bool
    planned: bool
    counts: Mapping[Kind, int] = field(default_factory=dict)
