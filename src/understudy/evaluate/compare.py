"""Compares what variants replied to the same prompts: behaviour, similarity, agreement.

Pure: everything follows from the stored replies. A call that failed is listed with its reason and is
never counted as a difference. Of what a reply shows only its vector and its first findings are kept:
a long text has tens of thousands.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from understudy.capture.traces import shown_by
from understudy.curate.answers import Reader
from understudy.curate.signals.extract import extract_all
from understudy.curate.signals.findings import Finding, Where
from understudy.curate.signals.judge import Judge
from understudy.curate.signals.observe import observe
from understudy.curate.signals.similarity import Scale, Vector, fit_scale, similarity
from understudy.errors import InputError
from understudy.evaluate.replies import Place, Plan, Reply
from understudy.function import Answer, Function, agreement
from understudy.records import Completion, Trace, TraceSource, TrainingPermission

TEACHING = "teacher"
LISTED = 200
"""Findings of each part of a reply that are kept; the vector counts them all."""


@dataclass(frozen=True, slots=True)
class Shown:
    """One reply that came, with what is read off it: the vector of all findings, the first of them,
    and how many more there are. `answer` is None where it does not fit the schema."""

    place: int
    reply: Reply
    trace: Trace
    vector: Vector
    findings: tuple[Finding, ...]
    findings_left_out: int
    json_valid: bool
    answer: Answer | None

    @property
    def completion(self) -> Completion:
        if self.reply.completion is None:
            raise ValueError("a failed call shows nothing")
        return self.reply.completion


@dataclass(frozen=True, slots=True)
class Compared:
    """The replies of two variants to one prompt, the second seen from the first."""

    place: int
    first: Shown
    second: Shown
    similarity: float
    agreement: float | None
    """None where the first gave no usable answer to agree with."""


class Comparison:
    """All replies, read once, and the pairs of them that can be compared."""

    def __init__(
        self,
        function: Function,
        plan: Plan,
        replies: Mapping[Place, Reply],
        judge: Judge | None = None,
    ) -> None:
        self.function = function
        self.plan = plan
        self.replies = replies
        reader = Reader(function)
        answered = {at: one for at, one in replies.items() if not one.failure}
        said = [one.completion for one in answered.values() if one.completion is not None]
        # Sureness by tokens and by words are two things: one variant's is not held against another's.
        by_tokens = all(one.confidence is not None for one in said)
        self.shown: dict[Place, Shown] = {
            (variant, place): _read(function, plan, reader, reply, _Reading(by_tokens, judge))
            for place in range(len(plan.asked))
            for variant in plan.variants
            if (reply := answered.get((variant, place))) is not None
        }
        if not self.shown:
            raise InputError(
                f"no variant answered any of {len(plan.asked)} prompts; "
                f"the first reason: {next(self.failures(), {'reason': 'nobody was asked'})['reason']}"
            )
        self.scale: Scale = fit_scale(one.vector for one in self.shown.values())
        self._compared: dict[Place, Compared] = {
            (variant, place): _compare(self.function, self.scale, first, second)
            for variant in plan.variants[1:]
            for place in range(len(plan.asked))
            if (first := self.shown.get((plan.variants[0], place))) is not None
            and (second := self.shown.get((variant, place))) is not None
        }

    def against(self, variant: str) -> list[Compared]:
        """Where both answered, in the order of the prompts."""
        return [one for (name, _), one in self._compared.items() if name == variant]

    def at(self, place: int) -> dict[str, Compared]:
        """The variants that answered this prompt as the first did."""
        rows = ((name, self._compared.get((name, place))) for name in self.plan.variants[1:])
        return {name: row for name, row in rows if row is not None}

    def failures(self) -> Iterator[dict[str, Any]]:
        for place, asked in enumerate(self.plan.asked):
            for variant in self.plan.variants:
                reply = self.replies.get((variant, place))
                reason = reply.failure if reply is not None else "not asked yet; run again"
                if reason:
                    yield {
                        "id": asked.id,
                        "variant": variant,
                        "reason": reason,
                        "attempts": reply.attempts if reply is not None else 0,
                    }


def is_teacher(variant: str) -> bool:
    """Also one that is asked twice to see how far it agrees with itself."""
    return variant.partition("#")[0] == TEACHING


@dataclass(frozen=True, slots=True)
class _Reading:
    """How every reply of a comparison is read."""

    by_tokens: bool
    judge: Judge | None


def _read(function: Function, plan: Plan, reader: Reader, reply: Reply, reading: _Reading) -> Shown:
    said, asked = reply.completion, plan.asked[reply.place]
    if said is None:
        raise ValueError("a failed call is not read")
    teaches = is_teacher(reply.variant)
    permission = TrainingPermission(plan.permission) if teaches else TrainingPermission.OPEN
    # Neither latency nor feedback: they tell of the machine and the user, not of this answer.
    trace = Trace(
        id=f"{reply.variant}:{asked.id}",
        function=function.name,
        prompt=asked.prompt,
        thinking=said.thinking or "",
        answer=said.answer,
        reasoning_kind=said.reasoning_kind,
        teacher=(said.model or plan.teacher) if teaches else reply.variant,
        training_permission=permission,
        source=TraceSource.CAPTURED,
        family=asked.family,
        created_at=0.0,
        usage=said.usage,
        behaviour=shown_by(said if reading.by_tokens else replace(said, confidence=None)),
    )
    json_valid, answer = reader.read(said)
    signals = extract_all(observe(trace), reading.judge)
    listed = tuple(_first_of_each(signals.findings))
    left_out = len(signals.findings) - len(listed)
    return Shown(reply.place, reply, trace, signals.vector, listed, left_out, json_valid, answer)


def _first_of_each(findings: Iterable[Finding]) -> Iterator[Finding]:
    seen: Counter[Where] = Counter()
    for found in findings:
        seen[found.where] += 1
        if seen[found.where] <= LISTED:
            yield found


def _compare(function: Function, scale: Scale, first: Shown, second: Shown) -> Compared:
    alike = similarity(first.vector, second.vector, scale)
    agrees = None if first.answer is None else agreement(function, first.answer, second.answer)
    return Compared(first.place, first, second, alike, agrees)
