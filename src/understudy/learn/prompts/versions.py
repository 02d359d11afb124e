"""The versions of one prompt and what is known of them. Frozen: every step gives a new state.

Who serves is chosen by UCB1-Tuned (Auer et al. 2002, section 4) among validated versions, with a known
propensity. The base is never retired, so that there is always a way back.
"""

import math
import random
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import Enum

from understudy.config import Prompts
from understudy.learn.prompts.tally import NOTHING, Basis, Tally, clipped, find_basis
from understudy.template import Lines, Template

BASE = 0
# Beyond so many that are gone, the oldest without a living descendant are forgotten.
GONE_KEPT = 100
# What is said later of an older trial counts as another one.
TRIALS_KEPT = 2_000


class Mutation(Enum):
    REPHRASE_RULE = "rephrase rule"
    SIMPLIFY_AFFINITY = "simplify affinity"
    TIGHTEN_WORDING = "tighten wording"
    IMPROVE_CLARITY = "improve clarity"
    REORDER_RULES = "reorder rules"
    ADD_EXAMPLE = "add example"
    REPHRASE_CONDITIONAL = "rephrase conditional"


class Standing(Enum):
    CANDIDATE = "candidate"
    """Not yet seen to be no worse than the base: it does not serve."""
    SERVING = "serving"
    RETIRED = "retired"
    REJECTED = "rejected"


@dataclass(frozen=True, slots=True)
class Version:
    """`trials` are the answers of which somebody said something. Only the base has neither parent nor
    mutation."""

    number: int
    lines: Lines
    parent: int | None
    mutation: Mutation | None
    created_at: float
    standing: Standing
    reason: str = ""
    trials: int = 0
    unjudged: Tally = NOTHING
    judged: Tally = NOTHING

    def by(self, basis: Basis) -> Tally:
        return self.judged if basis is Basis.JUDGED else self.unjudged

    @property
    def lives(self) -> bool:
        return self.standing in (Standing.SERVING, Standing.CANDIDATE)


@dataclass(frozen=True, slots=True)
class State:
    """`template` is the hash of what the versions build on; rewards lie within plus and minus `clip`;
    `since` counts the trials since the last version was proposed, `cursor` is how far in the store's
    feedback trials were counted."""

    template: str
    clip: float
    versions: tuple[Version, ...]
    since: int = 0
    next_number: int = 1
    cursor: int = 0
    counted: Mapping[str, tuple[int, float | None, float | None]] = field(default_factory=dict)
    """The last trials by their inference: the version, and its rewards, unjudged and judged."""
    basis: Basis = field(init=False)
    """By what the versions that serve are compared; found once a state, since every request asks."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "basis", find_basis(self.serving))

    @property
    def serving(self) -> tuple[Version, ...]:
        return tuple(one for one in self.versions if one.standing is Standing.SERVING)

    def find(self, number: int) -> Version | None:
        return next((one for one in self.versions if one.number == number), None)


@dataclass(frozen=True, slots=True)
class Choice:
    version: Version
    propensity: float


def begin(template: Template, clip: float, at: float) -> State:
    """Nothing but the base, which serves."""
    base = Version(BASE, template.lines, None, None, at, Standing.SERVING)
    return State(template.hash, clip, (base,))


def choose(
    state: State, settings: Prompts, rng: random.Random, silent: Collection[int] = ()
) -> Choice:
    """The version that answers now, and the probability with which it was chosen. `silent` ones were
    asked often enough without a word from anybody: being untried is no merit of theirs any more."""
    if not settings.enabled:
        return Choice(state.versions[0], 1.0)
    serving = state.serving
    best = _most_promising(state, silent)
    explored = settings.epsilon / len(serving)
    chosen = rng.choice(serving) if rng.random() < settings.epsilon else best
    greedy = 1.0 - settings.epsilon if chosen.number == best.number else 0.0
    return Choice(chosen, explored + greedy)


def observe(
    state: State,
    number: int,
    reward: float | None,
    inference: str = "",
    judged: float | None = None,
) -> State:
    """One more trial, or another reward of one that was counted. `reward` leaves a judge's part out
    and is None where only a judge spoke; `judged` has it, where there is one. Rewards that are no
    numbers, and a version that is unknown, change nothing."""
    known = state.find(number)
    others, whole = clipped(reward, state.clip), clipped(judged, state.clip)
    if known is None or (others is None and whole is None):
        return state
    _, *before = state.counted.get(inference, (number, None, None))
    more = inference not in state.counted
    tried = replace(
        known,
        trials=known.trials + more,
        unjudged=known.unjudged.moved(before[0], others),
        judged=known.judged.moved(before[1], whole),
    )
    trial = {inference: (number, others, whole)} if inference else {}
    kept = dict(list({**state.counted, **trial}.items())[-TRIALS_KEPT:])
    return replace(_put(state, tried), since=state.since + more, counted=kept)


def is_due(state: State, settings: Prompts) -> bool:
    """Whether it is time for another version, and there is room or somebody to make it."""
    if not settings.enabled or state.since < settings.trials_per_version:
        return False
    living = sum(one.lives for one in state.versions)
    return living < settings.max_versions or _weakest(state, settings) is not None


def add_version(
    state: State, lines: Lines, parent: int, mutation: Mutation, settings: Prompts, at: float
) -> State:
    """A candidate; where there is no room, the weakest version retires for it."""
    living = sum(one.lives for one in state.versions)
    weakest = _weakest(state, settings) if living >= settings.max_versions else None
    if weakest is not None:
        reason = f"made room for version {state.next_number}"
        state = _put(state, replace(weakest, standing=Standing.RETIRED, reason=reason))
    new = Version(state.next_number, lines, parent, mutation, at, Standing.CANDIDATE)
    grown = (*state.versions, new)
    kept = tuple(_without_forgotten(grown))
    return replace(state, versions=kept, since=0, next_number=state.next_number + 1)


def skip_proposal(state: State) -> State:
    """Nothing came of it: the next one is due after as many trials again."""
    return replace(state, since=0, next_number=state.next_number + 1)


def settle(state: State, number: int, accepted: bool, reason: str) -> State:
    """What the validation of a candidate found. Anything but a candidate stays as it is."""
    known = state.find(number)
    if known is None or known.standing is not Standing.CANDIDATE:
        return state
    standing = Standing.SERVING if accepted else Standing.REJECTED
    return _put(state, replace(known, standing=standing, reason=reason))


def roll_back(state: State, reason: str) -> State:
    """The base alone serves, and keeps what is known of it."""
    versions = tuple(
        replace(one, standing=Standing.RETIRED, reason=reason)
        if one.lives and one.number != BASE
        else one
        for one in state.versions
    )
    return replace(state, versions=versions, since=0)


def best_parent(state: State) -> Version:
    """Of those that serve, the one with the best mean reward."""
    basis = state.basis
    return max(state.serving, key=lambda one: (_mean(one, basis), -one.number))


def lineage(state: State, number: int) -> Sequence[Version]:
    """From the base to this version."""
    found: list[Version] = []
    step = state.find(number)
    while step is not None:
        found.append(step)
        step = None if step.parent is None else state.find(step.parent)
    return found[::-1]


def _most_promising(state: State, silent: Collection[int]) -> Version:
    """A version never tried comes first; of equals the oldest."""
    known = [(one, one.by(state.basis)) for one in state.serving]
    total = sum(tally.count for _, tally in known)

    def bound(one: Version, tally: Tally) -> float:
        if tally.count == 0 and one.number in silent:
            return -math.inf
        return _bound(tally, total, state.clip)

    best, _ = max(known, key=lambda pair: (bound(*pair), -pair[0].number))
    return best


def _bound(tally: Tally, total: int, clip: float) -> float:
    """How good it may be, with rewards brought to [0, 1]. Plain UCB1 takes every reward for the most
    scattered one there can be, and explores for thousands of trials (experiments 45)."""
    if tally.count == 0:
        return math.inf
    mean = tally.total / tally.count
    variance = max(0.0, tally.squares / tally.count - mean**2) / (2 * clip) ** 2
    log = math.log(total) / tally.count
    return (mean / clip + 1) / 2 + math.sqrt(log * min(0.25, variance + math.sqrt(2 * log)))


def _weakest(state: State, settings: Prompts) -> Version | None:
    """Whose mean reward is least, of those that had their trials; never the base."""
    basis, enough = state.basis, settings.trials_per_version
    tried = [one for one in state.serving if one.number != BASE and one.by(basis).count >= enough]
    return min(tried, key=lambda one: (_mean(one, basis), -one.number), default=None)


def _mean(version: Version, basis: Basis) -> float:
    mean = version.by(basis).mean
    return -math.inf if mean is None else mean


def _put(state: State, version: Version) -> State:
    versions = tuple(version if one.number == version.number else one for one in state.versions)
    return replace(state, versions=versions)


def _without_forgotten(versions: Sequence[Version]) -> Iterator[Version]:
    parents = {one.number: one.parent for one in versions}
    needed: set[int | None] = {None}
    for one in versions:
        step: int | None = one.number if one.lives else None
        while step not in needed:
            needed.add(step)
            step = parents.get(step) if step is not None else None
    gone = [one.number for one in versions if one.number not in needed]
    forgotten = set(gone[: max(0, len(gone) - GONE_KEPT)])
    yield from (one for one in versions if one.number not in forgotten)
