"""What was found in a question: cues, metrics, and how many units. No rule stands here."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Evidence:
    """What was found in a question; `telling` counts the metrics that are not
    generic, `units` the named units, `groups` the kinds without a number."""

    cues: frozenset[str]
    metrics: frozenset[str]
    telling: int
    units: int
    groups: int

    def any(self, *names: str) -> bool:
        return not self.cues.isdisjoint(names)

    def all(self, *names: str) -> bool:
        return self.cues.issuperset(names)

    def measures(self, *names: str) -> bool:
        return not self.metrics.isdisjoint(names)
