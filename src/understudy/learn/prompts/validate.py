"""Whether a candidate may serve: compared with the base on held-out experiences, answer by answer.

Refuses to decide on fewer than it was told to wait for.
"""

import math
import statistics
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import orjson

from understudy.config import Prompts, Samples
from understudy.curate.answers import Reader
from understudy.curate.split import is_holdout
from understudy.function import Answer, Function, agreement
from understudy.learn.prompts.versions import Version
from understudy.records import (
    Completion,
    Experience,
    Feedback,
    FeedbackKind,
    InferenceStatus,
    Prompt,
)
from understudy.template import Template, render, with_lines
from understudy.wire.answers import read_answer

Ask = Callable[[Prompt], Completion]
"""Whoever serves the versions, usually the teacher. Raises UpstreamError."""
Score = Callable[[Experience, Completion], float]
"""How good an answer to an experience's request is, in [0, 1]: a judge's word, say."""


@dataclass(frozen=True, slots=True)
class Finding:
    """`difference` is the candidate's mean score less the base's, `low` the lower end of it."""

    accepted: bool
    difference: float
    low: float
    reason: str


def find_held_out(
    experiences: Sequence[Experience], function: Function, samples: Samples, settings: Prompts
) -> list[Experience]:
    """The last whole answers that were shown, of families that nothing learns from."""
    found = [
        one
        for one in experiences
        if one.inference.function == function.name
        and one.inference.status is InferenceStatus.COMPLETE
        and not one.inference.shadow
        and is_holdout(function.family(one.inference.prompt), samples.holdout_share)
    ]
    return found[-settings.validation_experiences :]


def score_version(
    template: Template,
    version: Version,
    experiences: Sequence[Experience],
    ask: Ask,
    score: Score,
) -> list[float]:
    """One score for each experience, its request asked under the version's rules."""
    system = render(with_lines(template, version.lines))
    return [score(one, ask(replace(one.inference.prompt, system=system))) for one in experiences]


def build_score(function: Function) -> Score:
    """How an answer would have been liked, in [0, 1]: its agreement with a correction, or with the
    answer that was shown and liked; its difference from one that was disliked. 0 where it breaks the
    function's schema."""
    reader = Reader(function)

    def score(experience: Experience, completion: Completion) -> float:
        _, answer = reader.read(completion)
        if answer is None:
            return 0.0
        corrected = _correction(function, experience.feedback)
        if corrected is not None:
            return agreement(function, corrected, answer)
        shown = read_answer(experience.inference.completion.answer, function.schema)
        same = agreement(function, shown, answer)
        return same if experience.reward.total > 0 else 1.0 - same

    return score


def validate(
    base: Sequence[float], candidate: Sequence[float], settings: Prompts
) -> Finding | None:
    """Not worse than the base by more than the margin, with the configured certainty.

    None while there are too few. Scores lie in [0, 1] and belong to the same experiences in the same
    order.
    """
    if len(base) != len(candidate):
        raise ValueError(f"{len(candidate)} scores and {len(base)} of the base are no pairs")
    if len(base) < settings.validation_experiences:
        return None
    differences = [new - old for old, new in zip(base, candidate, strict=True)]
    if not all(map(math.isfinite, differences)):
        return Finding(False, math.nan, math.nan, "a score is no number")
    mean = statistics.fmean(differences)
    low = mean - _half_width(differences, settings.validation_confidence)
    accepted = low >= -settings.validation_margin
    says = "not worse" if accepted else "may be worse"
    reason = (
        f"{says} than the base: {mean:+.3f}, at least {low:+.3f} over {len(differences)} held-out"
        f" experiences (margin {settings.validation_margin:g})"
    )
    return Finding(accepted, mean, low, reason)


def _half_width(differences: Sequence[float], confidence: float) -> float:
    """One-sided, normal; never less than what an event not seen in n tries may still cost: its
    probability can be -ln(1 - confidence) / n (at 95 % the rule of three)."""
    count = len(differences)
    normal = statistics.NormalDist().inv_cdf(confidence)
    spread = statistics.stdev(differences) / math.sqrt(count)
    return max(normal * spread, -math.log(1 - confidence) / count)


def _correction(function: Function, feedback: Sequence[Feedback]) -> Answer | None:
    for one in reversed(feedback):
        if one.kind is FeedbackKind.DEMONSTRATION:
            text = one.value if isinstance(one.value, str) else orjson.dumps(one.value).decode()
            return read_answer(text, function.schema)
    return None
