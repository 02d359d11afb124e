"""Which traces may teach, which may measure, and how often each reason kept one out.

Every trace is kept or counted under one reason; nothing is dropped in silence.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from jsonschema import Draft202012Validator

from understudy.config import Config
from understudy.curate.asked import Asked, Constants, HeldOut, find_constants, words_of
from understudy.curate.eligibility import (
    CROWDED,
    DUPLICATE,
    HELD_OUT,
    NEAR_DUPLICATE,
    NEAR_HELD_OUT,
    why_not,
    why_unfit,
)
from understudy.curate.near import NOTHING
from understudy.curate.repeats import Repeats
from understudy.function import Function
from understudy.records import Reward, Trace, TraceSource, content_hash


@dataclass(frozen=True, slots=True)
class Funnel:
    """`held_out` are sound traces of families that are measured on, synthetic ones never; `constants`
    is what the prompts of all that were found always say."""

    found: int
    kept: tuple[Trace, ...]
    skipped: Mapping[str, int]
    held_out: tuple[Trace, ...] = ()
    constants: Constants = field(default_factory=dict)


def sift(
    traces: Iterable[Trace],
    functions: Mapping[str, Function],
    config: Config,
    rewards: Mapping[str, Reward],
) -> Funnel:
    """Each trace is kept or counted under one reason; captured ones win over their duplicates, and
    otherwise content decides: a time may be that of a copied file."""
    ordered = sorted(traces, key=lambda trace: (_is_synthetic(trace), _key(trace), trace.id))
    judged = list(_judge(ordered, functions, config, rewards))
    held_out = _different(one.trace for one in judged if one.measures)
    constants = find_constants(map(asked_in, ordered))
    kept, skipped = _thin(judged, held_out, config.samples.near_duplicate, constants)
    kept, crowded = _balance(kept, functions, config.samples.max_slice_share)
    if crowded:
        skipped[CROWDED] = crowded
    return Funnel(len(ordered), tuple(kept), dict(skipped), tuple(held_out), constants)


def asked_in(trace: Trace) -> Asked:
    return Asked(trace.function, trace.prompt)


@dataclass(frozen=True, slots=True)
class _Judged:
    trace: Trace
    reason: str | None
    measures: bool


def _judge(
    traces: Iterable[Trace],
    functions: Mapping[str, Function],
    config: Config,
    rewards: Mapping[str, Reward],
) -> Iterator[_Judged]:
    validators = {name: Draft202012Validator(one.schema) for name, one in functions.items()}
    for trace in traces:
        # What was said about the first answer says nothing about a replayed one.
        replayed = trace.source is TraceSource.REPLAYED
        reward = None if replayed else rewards.get(trace.inference or "")
        function, validator = functions.get(trace.function), validators.get(trace.function)
        reason = why_not(trace, function, config, reward, validator)
        measures = (
            reason == HELD_OUT
            and function is not None
            and why_unfit(trace, function, config, reward, validator) is None
        )
        yield _Judged(trace, reason, measures)


def _thin(
    judged: Sequence[_Judged], held_out: Iterable[Trace], threshold: float, constants: Constants
) -> tuple[list[Trace], Counter[str]]:
    """Without those that repeat another, or nearly, or come near a prompt that is held out."""
    measured = HeldOut(map(asked_in, held_out), threshold, constants)
    seen = _Seen(set(), {}, threshold, constants)
    kept: list[Trace] = []
    skipped: Counter[str] = Counter()
    for trace, reason in ((one.trace, one.reason) for one in judged):
        if reason is None:
            reason = _repeats(trace, seen, measured)
        if reason is None:
            kept.append(trace)
        else:
            skipped[reason] += 1
    return kept, skipped


@dataclass(frozen=True, slots=True)
class _Seen:
    keys: set[str]
    repeats: dict[str, Repeats]
    threshold: float
    constants: Constants

    def of(self, function: str) -> Repeats:
        if function not in self.repeats:
            constant = self.constants.get(function, NOTHING)
            self.repeats[function] = Repeats(self.threshold, constant)
        return self.repeats[function]


def _repeats(trace: Trace, seen: _Seen, measured: HeldOut) -> str | None:
    key = _key(trace)
    if key in seen.keys:
        return DUPLICATE
    if measured.is_near(asked_in(trace)):
        return NEAR_HELD_OUT
    reply = f"{trace.thinking}\n{trace.answer}"
    if not seen.of(trace.function).admit(words_of(trace.prompt), reply):
        return NEAR_DUPLICATE
    seen.keys.add(key)
    return None


def _balance(
    kept: list[Trace], functions: Mapping[str, Function], share: float
) -> tuple[list[Trace], int]:
    """At most `share` of each function's traces from one slice; which ones follows from content."""
    if share >= 1.0:
        return kept, 0
    totals = Counter(trace.function for trace in kept)
    taken: Counter[tuple[str, str]] = Counter()
    chosen: set[str] = set()
    for trace in sorted(kept, key=lambda trace: (_is_synthetic(trace), _key(trace))):
        place = (trace.function, functions[trace.function].slice(trace.prompt))
        # A function that names no slices has nothing to balance.
        if not place[1] or taken[place] < max(1, int(share * totals[trace.function])):
            taken[place] += 1
            chosen.add(trace.id)
    return [trace for trace in kept if trace.id in chosen], len(kept) - len(chosen)


def _is_synthetic(trace: Trace) -> bool:
    return trace.source is TraceSource.BOOTSTRAP


def _different(traces: Iterable[Trace]) -> list[Trace]:
    return list({_key(trace): trace for trace in traces}.values())


def _key(trace: Trace) -> str:
    return content_hash([trace.function, trace.prompt.hash, trace.thinking, trace.answer])
