"""One investigation as it is worked through: what was asked, called, thought and found so far."""

import random
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from commandcenter.equipment import Equipment, Metric
from commandcenter.investigation.tools import TOOLS, Result
from commandcenter.plant import Plant

Figure = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Case:
    """What is investigated, at which moment."""

    workflow: str
    unit: Equipment
    metric: Metric
    now: float
    named: bool = True
    """Whether the question names the unit; else it is an assumption."""

    @property
    def name(self) -> str:
        """The metric as people write it."""
        return self.metric.name.replace("_", " ")


def count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


@dataclass(slots=True)
class Notebook:
    """Owns the calls and thoughts of one case; the words are drawn from `rng`, the numbers never."""

    plant: Plant
    case: Case
    rng: random.Random
    calls: list[dict[str, Any]] = field(default_factory=list)
    thoughts: list[str] = field(default_factory=list)
    figures: list[Figure] = field(default_factory=list)
    acts: Counter[str] = field(default_factory=Counter)

    def call(self, tool: str, **arguments: Any) -> Result:
        result = TOOLS[tool](self.plant, self.case.now, **arguments)
        self.calls.append({"tool": tool, "arguments": arguments, "result": result})
        return result

    def say(self, *wordings: str) -> str:
        return self.rng.choice(wordings)

    def note(self, name: str, value: float, unit: str = "") -> None:
        """A number that the answer may quote, each once."""
        figure = {"name": name, "value": value, "unit": unit}
        if figure not in self.figures:
            self.figures.append(figure)
