"""An optional second opinion on findings that the rules are not sure of. Off unless a judge is given.

Asks about nothing that is sure, and at most `most` times a trace. What the judge cannot say stays as it is.
"""

import itertools
from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Protocol

from understudy.curate.signals.findings import Finding, Observation
from understudy.errors import UpstreamError

BELOW = 0.7
MOST = 20
KEPT_FROM = 0.5


class Judge(Protocol):
    """Any configured LLM behind a function. `name` goes into what the finding was found by."""

    name: str

    def __call__(
        self, finding: Finding, sentence: str, observation: Observation, /
    ) -> float | None:
        """How likely the finding is right, in [0, 1]; None for no opinion."""
        ...


def refine(
    findings: Iterable[Finding],
    observation: Observation,
    judge: Judge,
    *,
    below: float = BELOW,
    most: int = MOST,
) -> Iterator[Finding]:
    """The findings in their order, without those that the judge thinks wrong."""
    asked = 0
    for finding in findings:
        if finding.confidence >= below or asked >= most:
            yield finding
            continue
        asked += 1
        opinion = _ask(judge, finding, observation)
        if opinion is None:
            yield finding
        elif opinion >= KEPT_FROM:
            found_by = f"{finding.found_by}, judge:{judge.name}"
            yield replace(finding, confidence=min(1.0, opinion), found_by=found_by)


def doubtful(
    findings: Iterable[Finding], *, below: float = BELOW, most: int = MOST
) -> Iterator[Finding]:
    """Those about which `refine` asks."""
    return itertools.islice((one for one in findings if one.confidence < below), most)


def _ask(judge: Judge, finding: Finding, observation: Observation) -> float | None:
    try:
        opinion = judge(finding, finding.text_in(observation), observation)
    except UpstreamError:
        # A judge that cannot be reached has no opinion; the rules' word stands.
        return None
    return opinion if opinion is not None and opinion >= 0 else None
