"""A comparison's words: what is asked of whom, and what was replied. Reads and writes nothing."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from understudy.curate.eligibility import TRUNCATED, why_no_answer
from understudy.function import Function, Question
from understudy.records import Completion, Prompt, content_hash

Place = tuple[str, int]
"""A variant and the place of the prompt that it was asked."""


@dataclass(frozen=True, slots=True)
class Asked:
    """One prompt of a comparison. `expects` tells whether its question knows a good answer."""

    id: str
    slice: str
    family: str
    expects: bool
    prompt: Prompt


@dataclass(frozen=True, slots=True)
class Plan:
    """What is compared. Variants are compared with the first; `sources` says of each who answers for
    it, so that no answer of another model is taken for its own. What figures and pairs are made with
    is kept, so that a replay makes the same; `permission` is the teacher's when it was asked."""

    function: str
    variants: tuple[str, ...]
    asked: tuple[Asked, ...]
    confidence: float
    seed: int
    teacher: str
    permission: str
    sources: Mapping[str, Mapping[str, str]]
    holdout_share: float
    min_agreement: float

    @property
    def identity(self) -> str:
        prompts = [[one.id, one.prompt.hash] for one in self.asked]
        sources = {name: dict(one) for name, one in self.sources.items()}
        return content_hash([self.function, list(self.variants), sources, prompts])


@dataclass(frozen=True, slots=True)
class Reply:
    """What one variant said to one prompt, or the error why it said nothing. What it said may be no
    answer (cut short, refused, empty): `failure` tells, whoever wrote the file. `at` is when it came,
    in seconds since the epoch."""

    variant: str
    place: int
    attempts: int
    latency_s: float
    completion: Completion | None = None
    error: str = ""
    scores: Mapping[str, float] = field(default_factory=dict)
    at: float = 0.0

    @property
    def failure(self) -> str:
        """Why this is not compared; empty for an answer."""
        said = self.completion
        if said is None or self.error:
            return self.error or "nobody answered"
        reason = why_no_answer(said.answer, said.stop_reason)
        if reason is None:
            return ""
        mend = "; raise teacher.max_tokens" if reason == TRUNCATED else ""
        return f"{reason} (stop reason {said.stop_reason or 'unknown'}){mend}"


def list_asked(function: Function, questions: Sequence[Question]) -> tuple[Asked, ...]:
    prompts = [function.build_prompt(question.request) for question in questions]
    return tuple(
        Asked(one.id, one.slice, function.family(prompt), one.expected is not None, prompt)
        for one, prompt in zip(questions, prompts, strict=True)
    )
