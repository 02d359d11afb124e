"""Simulated operators: what they need, how they ask for it, what they ask next, how they rate.

`wanted` is what such an operator wants to see, most wanted first. It is written per meaning in
commandcenter/language and knows nothing of the teacher's rules, so that each can be wrong alone.
"""

import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Any

from commandcenter.language import combined, conditions, happenings, quantities, shares
from commandcenter.language.grammar import Form, expand
from commandcenter.language.sealed import is_sealed
from commandcenter.language.surface import write
from commandcenter.measures import shown_scenarios
from commandcenter.plant import Plant
from commandcenter.scene import TABLES, draw_scene

TYPO_CHANCE = 0.1
FORMS: tuple[Form, ...] = (
    *quantities.FORMS,
    *shares.FORMS,
    *happenings.FORMS,
    *conditions.FORMS,
)
_COMBINED_SHARE = 0.06
_MAX_WANTED = 4
_MAX_QUESTIONS = 4
_USERS = 40
_RATING_SHARE = 0.6
_SCORING_SHARE = 0.4
_SATISFIED = 0.7
_CONTENT = 0.4


@dataclass(frozen=True, slots=True)
class Need:
    """One question and the scenarios behind it, most wanted first. `previous` is the question
    before it in the episode, where this one follows it up."""

    question: str
    wanted: tuple[str, ...]
    intent: str
    episode: str = ""
    user: str = ""
    previous: str = ""


class FollowUp(Enum):
    SATISFIED = "satisfied"
    REFINEMENT = "refinement"
    REPEAT = "repeat"


@dataclass(frozen=True, slots=True)
class Ratings:
    """What an operator lets be known about one answer. `item_scores` are by the widget's place;
    `correction` is what a dissatisfied operator says, in words."""

    thumb: bool | None
    item_scores: Mapping[int, float]
    missing: tuple[str, ...]
    follow_up: FollowUp
    correction: str | None


@dataclass(frozen=True, slots=True)
class _Thought:
    """What an operator has in mind before it is written: the words may still change."""

    template: str
    wanted: tuple[str, ...]
    intent: str
    scene: Mapping[str, str]


def ask(rng: random.Random, plant: Plant, typos: float = TYPO_CHANCE) -> Need:
    """One operator's question out of the blue."""
    return _say(rng, _think(rng, plant), typos)


def stream(seed: int, n: int, plant: Plant, typos: float = TYPO_CHANCE) -> Iterator[Need]:
    """n questions in episodes of one to four, by a crew of operators who come back."""
    rng = random.Random(seed)
    asked = 0
    episode = 0
    while asked < n:
        user = f"operator-{rng.randrange(_USERS):02d}"
        for need in _talk(rng, plant, typos):
            if asked == n:
                return
            yield Need(
                need.question,
                need.wanted,
                need.intent,
                f"episode-{seed}-{episode:05d}",
                user,
                need.previous,
            )
            asked += 1
        episode += 1


def _talk(rng: random.Random, plant: Plant, typos: float) -> Iterator[Need]:
    """One episode: a question, then follow-ups or new subjects."""
    thought = _think(rng, plant)
    need = _say(rng, thought, typos)
    yield need
    for _ in range(rng.randrange(_MAX_QUESTIONS)):
        manner = rng.random()
        if manner < 0.4:
            thought = _think(rng, plant)
            need = _say(rng, thought, typos)
        else:
            thought = _follow(rng, thought, manner)
            need = _say(rng, thought, typos, need.question)
        yield need


def _think(rng: random.Random, plant: Plant) -> _Thought:
    scene = draw_scene(rng, plant.equipment)
    if rng.random() < _COMBINED_SHARE:
        template, wanted = _combine(rng)
        return _Thought(template, wanted, "combined", scene)
    # By number of templates: a meaning that people word in many ways comes up more often.
    chosen = rng.choices(FORMS, [len(form.texts) for form in FORMS])[0]
    return _Thought(rng.choice(chosen.texts), chosen.wanted, chosen.intent, scene)


def _combine(rng: random.Random) -> tuple[str, tuple[str, ...]]:
    """Several wishes in one sentence; what they want follows their order."""
    parts = rng.sample(combined.PARTS, rng.choice((2, 3, 3)))
    scenarios = [scenario for _, scenario in parts]
    whole = rng.random() < combined.OVERVIEW_SHARE
    template = rng.choice(combined.OVERVIEWS if whole else combined.PLAIN)
    *head, last = [f"{{{table}}}" for table, _ in parts]
    listed = f"{', '.join(head)}{rng.choice((',', ''))} and {last}"
    # An overview asks for the numbers first, whatever else it names.
    wanted = dict.fromkeys([*(["kpi"] if whole else []), *scenarios])
    return template.replace("{parts}", listed), tuple(wanted)[:_MAX_WANTED]


def _follow(rng: random.Random, thought: _Thought, manner: float) -> _Thought:
    """The same wish about something else, or another wish about the same unit."""
    scene = dict(thought.scene)
    if manner < 0.65:
        chosen = rng.choice(combined.FOLLOW_UPS)
        return _Thought(rng.choice(chosen.texts), chosen.wanted, "follow_up", scene)
    scene["machine"], scene["machine2"] = scene["machine2"], scene["machine"]
    if manner < 0.75 and "{machine}" in thought.template:
        return _Thought(combined.ELLIPSIS, thought.wanted, "follow_up", scene)
    scene["period"] = expand(rng, "{period}", {}, TABLES)
    scene["reading"], scene["reading2"] = scene["reading2"], scene["reading"]
    scene["quantity"], scene["quantity2"] = scene["quantity2"], scene["quantity"]
    again = "" if thought.intent == "follow_up" else combined.AND_ALSO
    return _Thought(again + thought.template, thought.wanted, "follow_up", scene)


def _say(rng: random.Random, thought: _Thought, typos: float, previous: str = "") -> Need:
    while True:
        sentence = expand(rng, thought.template, thought.scene, TABLES)
        question = write(rng, sentence, thought.scene["period"], typos)
        if not is_sealed(question):
            return Need(question, thought.wanted, thought.intent, previous=previous)


def rate(rng: random.Random, need: Need, plan: Mapping[str, Any] | None, noise: float) -> Ratings:
    """How this operator takes the plan (None: no answer came); `noise` is how often they err."""
    shown = shown_scenarios(plan)
    satisfaction = _satisfy(need.wanted, shown)
    mood = satisfaction if rng.random() >= noise else rng.random()
    thumb = mood >= _CONTENT if rng.random() < _RATING_SHARE else None
    scored = thumb is not None and rng.random() < _SCORING_SHARE
    missing = tuple(name for name in need.wanted if name not in shown) if scored else ()
    refused = mood < _CONTENT and rng.random() < _SCORING_SHARE
    return Ratings(
        thumb=thumb,
        item_scores=_score_places(rng, need.wanted, plan, noise) if scored else {},
        missing=missing,
        follow_up=_react(mood),
        correction=f"I wanted {' and '.join(need.wanted)}" if refused else None,
    )


def _satisfy(wanted: Sequence[str], shown: Sequence[str]) -> float:
    """1 when the answer comes first, all that was wanted is there, and nothing else."""
    if not shown:
        return 0.0
    hits = len(set(wanted).intersection(shown))
    return 0.4 * (shown[0] in wanted) + 0.5 * hits / len(wanted) + 0.1 * hits / len(shown)


def _score_places(
    rng: random.Random, wanted: Sequence[str], plan: Mapping[str, Any] | None, noise: float
) -> dict[int, float]:
    """A score by place: the more wanted a widget, the higher; scattered by the noise."""
    scores = {}
    for place, widget in enumerate((plan or {}).get("widgets", ())):
        name = widget.get("scenario")
        worth = 0.95 - 0.1 * wanted.index(name) if name in wanted else 0.2
        scores[place] = round(min(1.0, max(0.0, rng.gauss(worth, noise))), 2)
    return scores


def _react(mood: float) -> FollowUp:
    if mood >= _SATISFIED:
        return FollowUp.SATISFIED
    return FollowUp.REFINEMENT if mood >= _CONTENT else FollowUp.REPEAT
