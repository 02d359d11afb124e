"""The eight extractors, and the container of all that one trace shows.

Whose words are searched: the thinking, the answer, earlier turns of the assistant, and the tool calls.
A user's turn is never the model's own word.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from understudy.curate.signals.base import extract_base
from understudy.curate.signals.findings import (
    OWN_ROLES,
    Base,
    Finding,
    Kind,
    Observation,
    Where,
)
from understudy.curate.signals.judge import Judge, refine
from understudy.curate.signals.match import find_signals
from understudy.curate.signals.tools import find_in_calls
from understudy.curate.signals.vector import VERSION, measure
from understudy.records import TokenConfidence


@dataclass(frozen=True, slots=True)
class Signals:
    """All that one trace shows. `vector` has the dimensions of vector.py, in their order."""

    base: Base
    findings: tuple[Finding, ...]
    token_confidence: TokenConfidence | None
    vector: NDArray[np.float32]
    version: int = VERSION

    def of(self, kind: Kind) -> tuple[Finding, ...]:
        return tuple(finding for finding in self.findings if finding.kind is kind)


def extract_all(observation: Observation, judge: Judge | None = None) -> Signals:
    findings = find_all(observation)
    if judge is not None:
        findings = tuple(refine(findings, observation, judge))
    base = extract_base(observation, findings)
    vector = measure(observation, base, findings)
    return Signals(base, findings, observation.confidence, vector)


def find_all(observation: Observation) -> tuple[Finding, ...]:
    """The findings of every part, in its order."""
    found = [*find_signals(observation.thinking, Where.THINKING)]
    found += find_signals(observation.answer, Where.ANSWER)
    for index, turn in enumerate(observation.turns):
        if turn.role in OWN_ROLES:
            found += find_signals(turn.content, Where.TURN, index)
    found += find_in_calls(observation.tool_calls)
    return tuple(found)


def _only(kind: Kind) -> Callable[[Observation], tuple[Finding, ...]]:
    def extract(observation: Observation) -> tuple[Finding, ...]:
        return tuple(finding for finding in find_all(observation) if finding.kind is kind)

    return extract


extract_assumptions = _only(Kind.ASSUMPTION)
extract_validations = _only(Kind.VALIDATION)
extract_counterfactuals = _only(Kind.COUNTERFACTUAL)
extract_provenance = _only(Kind.PROVENANCE)
extract_safety = _only(Kind.SAFETY)
extract_self_critique = _only(Kind.SELF_CRITIQUE)


def extract_vector(observation: Observation) -> NDArray[np.float32]:
    return extract_all(observation).vector


EXTRACTORS: Mapping[str, Callable[[Observation], Any]] = {
    "assumptions": extract_assumptions,
    "validations": extract_validations,
    "counterfactuals": extract_counterfactuals,
    "provenance": extract_provenance,
    "safety": extract_safety,
    "self_critique": extract_self_critique,
    "vector": extract_vector,
    "all": extract_all,
}
