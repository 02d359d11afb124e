"""One step of a release, written so that a crash between two writes neither loses nor repeats it.

A step is an Event first (the intent, with its reason), then the states of the releases it touches,
then the Traffic row, which the request path reads. `settle` completes a step that was cut short.
"""

import math
from collections.abc import Callable, Mapping
from dataclasses import replace

from understudy.errors import GateError, NotFoundError
from understudy.records import TEACHER, CycleState, Event, Release, Traffic, Variant
from understudy.store import Store

S = CycleState

LEGAL: Mapping[CycleState, frozenset[CycleState]] = {
    S.TRAINING: frozenset({S.EXPORTING, S.FAILED, S.CANCELLED}),
    S.EXPORTING: frozenset({S.EVALUATING, S.FAILED, S.CANCELLED}),
    S.EVALUATING: frozenset({S.SHADOW, S.REJECTED, S.FAILED, S.CANCELLED}),
    S.SHADOW: frozenset({S.CANARY, S.RETIRED, S.ROLLED_BACK}),
    S.CANARY: frozenset({S.CANARY, S.LIVE, S.RETIRED, S.ROLLED_BACK}),
    S.LIVE: frozenset({S.RETIRED, S.ROLLED_BACK}),
    S.RETIRED: frozenset({S.LIVE}),
    S.REJECTED: frozenset(),
    S.ROLLED_BACK: frozenset(),
    S.FAILED: frozenset(),
    S.CANCELLED: frozenset(),
}
"""What happens by itself; a retired release comes back only when its successor rolls back."""


def find_traffic(store: Store, function: str) -> Traffic:
    """Who serves the function: the teacher until a release has taken a step."""
    return store.find_traffic(function) or Traffic(function, TEACHER, None, 0.0, False, 0.0)


def settle(store: Store, function: str) -> Traffic:
    """Complete the last step if it was cut short after its event; the traffic as it stands."""
    with store.turn:
        traffic = find_traffic(store, function)
        steps = {state.value for state in _AFTER}
        pending = [
            event
            for event in store.find_events(function)
            if event.event in steps and event.at > traffic.since
        ]
        for event in pending:
            traffic = _complete(store, traffic, event)
        return traffic


def take_step(store: Store, before: Traffic, event: Event) -> Traffic:
    """The step, when it is a legal one; else GateError. The caller holds `store.turn`."""
    release = find_release(store, number_of(event.variant))
    standing = _standing(before, event.variant)
    if standing is None:
        # One that already serves another function was judged for this one at the same time.
        elsewhere = any(_standings(store, release))
        standing = S.EVALUATING if elsewhere else release.state
    check_legal(event.variant, standing, CycleState(event.event))
    return write_step(store, before, event)


def write_step(store: Store, before: Traffic, event: Event) -> Traffic:
    """The step, legal or not: an operator's."""
    # Later than the last step even where the clock is not: `settle` knows a pending step by that.
    event = replace(event, at=max(event.at, math.nextafter(before.since, math.inf)))
    store.insert_event(event)
    return _complete(store, before, event)


def _complete(store: Store, before: Traffic, event: Event) -> Traffic:
    """Everything after the event; doing it twice changes nothing."""
    after = _AFTER[CycleState(event.event)](store, before, event)
    for variant in {before.champion, before.candidate, after.champion, after.candidate}:
        if variant is not None and variant != TEACHER:
            _write_state(store, find_release(store, number_of(variant)), after, event)
    store.save_traffic(after)
    return after


def _write_state(store: Store, release: Release, after: Traffic, event: Event) -> None:
    """A release is as far on as its furthest function; without any it has ended."""
    standings = {*_standings(store, release, after.function), _standing(after, release.variant)}
    ended = S.RETIRED
    if event.variant == release.variant and event.event == S.ROLLED_BACK.value:
        ended = S.ROLLED_BACK
    state = next((state for state in (S.LIVE, S.CANARY, S.SHADOW) if state in standings), ended)
    reason = event.reason if event.variant == release.variant else release.reason
    store.update_release(replace(release, state=state, reason=reason))


def _shadowed(_store: Store, before: Traffic, event: Event) -> Traffic:
    return replace(before, candidate=event.variant, share=0.0, shadow=True, since=event.at)


def _climbed(_store: Store, before: Traffic, event: Event) -> Traffic:
    share = event.student_share
    return replace(before, candidate=event.variant, share=share, shadow=False, since=event.at)


def _went_live(_store: Store, before: Traffic, event: Event) -> Traffic:
    return Traffic(before.function, event.variant, None, 1.0, False, event.at)


def _left(store: Store, before: Traffic, event: Event) -> Traffic:
    after = replace(before, since=event.at)
    if event.variant == before.champion:
        heir = previous_champion(store, before.function, event.variant)
        after = replace(after, champion=heir)
    if after.candidate not in (None, event.variant, after.champion):
        return after
    share = 0.0 if after.champion == TEACHER else 1.0
    return replace(after, candidate=None, share=share, shadow=False)


_AFTER: Mapping[CycleState, Callable[[Store, Traffic, Event], Traffic]] = {
    S.SHADOW: _shadowed,
    S.CANARY: _climbed,
    S.LIVE: _went_live,
    S.RETIRED: _left,
    S.ROLLED_BACK: _left,
}


def previous_champion(store: Store, function: str, leaving: Variant) -> Variant:
    """The newest champion that was not itself rolled back and whose file still exists."""
    for event in reversed(store.find_events(function)):
        if event.event != S.LIVE.value or event.variant == leaving:
            continue
        release = find_release(store, number_of(event.variant))
        sound = release.state in (S.RETIRED, S.LIVE)
        if sound and release.gguf is not None and release.gguf.is_file():
            return event.variant
    return TEACHER


def _standings(store: Store, release: Release, but: str = "") -> list[CycleState | None]:
    traffics = [find_traffic(store, name) for name in release.functions if name != but]
    return [_standing(traffic, release.variant) for traffic in traffics]


def _standing(traffic: Traffic, variant: Variant) -> CycleState | None:
    if traffic.champion == variant:
        return S.LIVE
    if traffic.candidate == variant:
        return S.SHADOW if traffic.shadow else S.CANARY
    return None


def check_legal(variant: Variant, state: CycleState, wanted: CycleState) -> None:
    if wanted not in LEGAL[state]:
        allowed = ", ".join(sorted(next_.value for next_ in LEGAL[state])) or "nothing"
        raise GateError(
            f"{variant} is {state.value} and cannot become {wanted.value}; it can become {allowed}"
        )


def find_release(store: Store, number: int) -> Release:
    release = store.find_release(number)
    if release is None:
        known = ", ".join(str(other.number) for other in store.find_releases()) or "none yet"
        raise NotFoundError(f"no release {number}; there are: {known}")
    return release


def number_of(variant: Variant) -> int:
    if variant.release is None:
        raise GateError("the teacher is no release; name one as student@N")
    return variant.release
