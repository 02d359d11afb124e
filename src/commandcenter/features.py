"""Reads an operator's question by rules: what is asked for, about which units, metric and period.

Never fails: a question without any cue is a plain `status` with low confidence.
"""

import functools
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from commandcenter.cues import CueReader, WordReader
from commandcenter.equipment import GROUPS, KINDS
from commandcenter.evidence import Evidence
from commandcenter.intents import choose_type
from commandcenter.plant import Plant
from commandcenter.quantities import GENERIC_METRICS, METRICS, PERIODS
from commandcenter.recipes import PEOPLE_AND_SUPPLY, default_metric
from commandcenter.vocabulary import CUES

DOMAINS = (
    "energy", "power_quality", "hvac", "backup", "sources", "water", "alarms", "maintenance", "health",
    "devices", "shift", "people", "supply", "production", "cost", "emissions",
)  # fmt: skip
METRIC_NAMES = (*METRICS, "team", "conversation")
_KIND_DOMAINS: Mapping[str, str] = {
    "chiller": "hvac", "ahu": "hvac", "cooling_tower": "hvac", "dg": "backup", "ups": "backup",
    "solar": "sources", "plc": "devices", "rtu": "devices", "gateway": "devices",
}  # fmt: skip
_MAX_CHARS = 4_000
_MAX_UNITS = 4
_MAX_GROUPS = 3
_MAX_DOMAINS = 3
_LAST_N = re.compile(
    r"\b(?:last|past|previous|next)\s+([0-9]{1,4})\s*(h|hour|day|week|month|minute|year)"
)
_N_HOURS = re.compile(r"\b([0-9]{1,3})\s*h(?:rs?|ours?)?\b")


@dataclass(frozen=True, slots=True)
class Intent:
    type: str
    domains: tuple[str, ...]
    entities: tuple[str, ...]
    metric: str | None
    period: str | None
    confidence: float


class IntentReader:
    """Reads the questions of one plant with the compiled vocabularies."""

    def __init__(self, plant: Plant) -> None:
        self._plant = plant
        self._words, self._cues, self._metrics, self._periods = _compile()

    def read(self, question: str) -> Intent:
        question = question[:_MAX_CHARS]
        words = self._words.read(question)
        cues = dict(self._cues.read(words))
        entities = find_entities(question, self._plant)
        metrics = tuple(self._metrics.read_apart(words))
        kinds = self._plant.find_kinds(question)
        domains = _find_domains(cues, kinds)
        units = sum(entity not in GROUPS for entity in entities)
        evidence = Evidence(
            cues=frozenset(cues),
            metrics=frozenset(metrics),
            telling=len(set(metrics) - GENERIC_METRICS),
            units=units,
            groups=len(entities) - units,
        )
        intent_type = choose_type(evidence)
        return Intent(
            type=intent_type,
            domains=domains[:_MAX_DOMAINS] or ("industrial",),
            entities=entities,
            metric=_choose_metric(intent_type, domains, metrics),
            period=_find_period(question, self._periods.read(words)),
            confidence=_confidence(len(cues), len(metrics), len(entities)),
        )


def parse_intent(question: str, plant: Plant) -> Intent:
    """What a question asks for, as far as rules can tell."""
    return IntentReader(plant).read(question)


@functools.cache
def _compile() -> tuple[WordReader, CueReader, CueReader, CueReader]:
    """Compiled once, at the first question: the vocabularies are constants and the readers frozen."""
    return WordReader(), CueReader(CUES), CueReader(METRICS), CueReader(PERIODS)


def find_entities(question: str, plant: Plant) -> tuple[str, ...]:
    """The units named, or else the groups of units (`pumps`); none when neither is."""
    units = plant.find(question)
    if units:
        return tuple(unit.id for unit in units[:_MAX_UNITS])
    kinds = plant.find_kinds(question)
    return tuple(KINDS[kind].plural for kind in kinds[:_MAX_GROUPS])


def _find_domains(cues: Mapping[str, str], kinds: Sequence[str]) -> tuple[str, ...]:
    named = [_KIND_DOMAINS[kind] for kind in kinds if kind in _KIND_DOMAINS]
    spoken = [domain for domain in cues if domain in DOMAINS]
    return tuple(dict.fromkeys([*spoken, *named]))


def _choose_metric(intent_type: str, domains: Sequence[str], metrics: Sequence[str]) -> str:
    """The first telling metric of the text, else the generic one that stands first in METRICS."""
    if intent_type in PEOPLE_AND_SUPPLY:
        return default_metric(intent_type, domains)
    telling = (name for name in metrics if name not in GENERIC_METRICS)
    generic = (name for name in METRICS if name in metrics)
    return next(telling, None) or next(generic, None) or default_metric(intent_type, domains)


def _find_period(question: str, periods: Mapping[str, str]) -> str | None:
    text = question.lower()
    counted = _LAST_N.search(text)
    if counted:
        side = "next" if counted[0].startswith("next") else "last"
        return f"{side} {int(counted[1])} {_plural(counted[2])}"
    hours = _N_HOURS.search(text)
    if hours:
        return f"last {int(hours[1])} hours"
    return next((name for name in PERIODS if name in periods), None)


def _plural(unit: str) -> str:
    return {"h": "hours"}.get(unit, f"{unit}s")


def _confidence(cues: int, metrics: int, units: int) -> float:
    """0.4 without any cue, 0.95 with plenty."""
    return round(
        min(0.95, 0.4 + 0.1 * min(cues, 4) + 0.1 * min(metrics, 1) + 0.1 * min(units, 1)), 2
    )
