"""The life of a release: which steps are legal, and how one is written so that a crash loses none.

A step is an Event first (the intent, with its reason), then the states of the releases it touches,
then the Traffic row, which the request path reads. `settle` completes a step that was cut short.
"""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from understudy.errors import ExportError, GateError, NotFoundError
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

BY_OPERATOR = frozenset(
    {S.EVALUATING, S.SHADOW, S.CANARY, S.LIVE, S.RETIRED, S.REJECTED, S.ROLLED_BACK}
)
"""Where an operator may promote from: a release that was exported and measured."""

_STEPS = frozenset({S.SHADOW, S.CANARY, S.LIVE, S.RETIRED, S.ROLLED_BACK})


@dataclass(frozen=True, slots=True)
class Promotion:
    """What an operator asks for: straight to live, or a canary that begins at `share`."""

    target: CycleState = CycleState.LIVE
    share: float = 1.0
    force: bool = False
    reason: str = "promoted by an operator"


def find_traffic(store: Store, function: str) -> Traffic:
    """Who serves the function: the teacher until a release has taken a step."""
    return store.find_traffic(function) or Traffic(function, TEACHER, None, 0.0, False, 0.0)


def advance(store: Store, release: Release, state: CycleState, reason: str, at: float) -> Release:
    """Move a release that serves nobody yet (training to evaluating, or an early end)."""
    _check_legal(release.variant, release.state, state)
    for function in release.functions:
        event = Event(at, function, release.variant, state.value, 0.0, reason)
        if event not in store.find_events(function):
            store.insert_event(event)
    moved = replace(release, state=state, reason=reason)
    store.update_release(moved)
    return moved


def start_shadow(store: Store, function: str, release: Variant, reason: str, at: float) -> Traffic:
    """Its answers are recorded and never shown. An earlier candidate makes room for it."""
    before = settle(store, function)
    if before.candidate is not None and before.candidate != release:
        before = retire(store, function, f"{release} takes its place", at)
    return _step(store, before, Event(at, function, release, S.SHADOW.value, 0.0, reason))


def hold_back(store: Store, function: str, release: Variant, reason: str, at: float) -> None:
    """Note that a release which goes on stage for other functions does not for this one."""
    store.insert_event(Event(at, function, release, S.REJECTED.value, 0.0, reason))


def climb(store: Store, function: str, share: float, reason: str, at: float) -> Traffic:
    """Give the candidate this share of the episodes."""
    before, candidate = _candidate(store, function)
    return _step(store, before, Event(at, function, candidate, S.CANARY.value, share, reason))


def go_live(store: Store, function: str, reason: str, at: float) -> Traffic:
    """Make the candidate the champion; the old champion retires and stays on disk."""
    before, candidate = _candidate(store, function)
    return _step(store, before, Event(at, function, candidate, S.LIVE.value, 1.0, reason))


def retire(store: Store, function: str, reason: str, at: float) -> Traffic:
    """Withdraw the candidate without blame."""
    before, candidate = _candidate(store, function)
    return _step(store, before, Event(at, function, candidate, S.RETIRED.value, 0.0, reason))


def roll_back(
    store: Store, function: str, reason: str, at: float, release: Variant | None = None
) -> Traffic:
    """Take a release off: the candidate if there is one, else the champion.

    A champion's place goes to the last live release that retired in good standing and whose file
    is still there, else to the teacher. Raises GateError when there is nothing to take off.
    """
    before = settle(store, function)
    leaving = release or before.candidate or before.champion
    if leaving == TEACHER or leaving not in (before.candidate, before.champion):
        serving = "the teacher serves it" if release is None else f"{leaving} does not serve it"
        raise GateError(f"nothing to roll back for {function}: {serving}; see `understudy status`")
    if leaving == before.champion:
        heir = _previous_champion(store, function, leaving)
        reason = f"{reason}; {heir} serves again"
    return _step(store, before, Event(at, function, leaving, S.ROLLED_BACK.value, 0.0, reason))


def promote(store: Store, number: int, promotion: Promotion, at: float) -> list[Traffic]:
    """An operator's step from wherever the release stands, for each function whose gate it passed
    (forced: for all that it learned).

    Raises GateError naming the failed check when it passed none, ExportError without its file.
    """
    release = _find(store, number)
    if release.state not in BY_OPERATOR:
        raise GateError(
            f"{release.variant} is {release.state.value}; only a release that was evaluated "
            "can be promoted"
        )
    if release.gguf is None or not release.gguf.is_file():
        raise ExportError(f"the file of {release.variant} is not there; export it again")
    refusals = {name: _refusal(release, name) for name in release.functions}
    if all(refusals.values()) and not promotion.force:
        why = "; ".join(f"{name} {refusal}" for name, refusal in refusals.items())
        raise GateError(f"{release.variant} did not pass the gate: {why}; force it, or train again")
    return [
        _promote_for(store, release, name, promotion, refusal, at)
        for name, refusal in refusals.items()
        if promotion.force or not refusal
    ]


def settle(store: Store, function: str) -> Traffic:
    """Complete the last step if it was cut short after its event; the traffic as it stands."""
    traffic = find_traffic(store, function)
    steps = {state.value for state in _STEPS}
    pending = [
        event
        for event in store.find_events(function)
        if event.event in steps and event.at > traffic.since
    ]
    for event in pending:
        traffic = _complete(store, traffic, event)
    return traffic


def _promote_for(
    store: Store, release: Release, function: str, promotion: Promotion, refusal: str, at: float
) -> Traffic:
    reason = promotion.reason + (f"; forced although {refusal}" if refusal else "")
    before = settle(store, function)
    if promotion.target is S.LIVE and before.champion == release.variant:
        return before
    event = Event(at, function, release.variant, promotion.target.value, promotion.share, reason)
    if promotion.target is S.CANARY and before.champion == release.variant:
        raise GateError(f"{release.variant} is already live for {function}; roll it back first")
    return _write(store, before, event)


def _step(store: Store, before: Traffic, event: Event) -> Traffic:
    release = _find(store, _number(event.variant))
    standing = _standing(before, event.variant)
    if standing is None:
        # One that already serves another function was judged for this one at the same time.
        elsewhere = any(_standings(store, release))
        standing = S.EVALUATING if elsewhere else release.state
    _check_legal(event.variant, standing, CycleState(event.event))
    return _write(store, before, event)


def _write(store: Store, before: Traffic, event: Event) -> Traffic:
    # Later than the last step even where the clock is not: `settle` knows a pending step by that.
    event = replace(event, at=max(event.at, math.nextafter(before.since, math.inf)))
    store.insert_event(event)
    return _complete(store, before, event)


def _complete(store: Store, before: Traffic, event: Event) -> Traffic:
    """Everything after the event; doing it twice changes nothing."""
    after = _AFTER[CycleState(event.event)](store, before, event)
    for variant in {before.champion, before.candidate, after.champion, after.candidate}:
        if variant is not None and variant != TEACHER:
            _write_state(store, _find(store, _number(variant)), after, event)
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
        heir = _previous_champion(store, before.function, event.variant)
        after = replace(after, champion=heir)
    if after.candidate in (event.variant, after.champion):
        share = 0.0 if after.champion == TEACHER else 1.0
        after = replace(after, candidate=None, share=share, shadow=False)
    return after


_AFTER: Mapping[CycleState, Callable[[Store, Traffic, Event], Traffic]] = {
    S.SHADOW: _shadowed,
    S.CANARY: _climbed,
    S.LIVE: _went_live,
    S.RETIRED: _left,
    S.ROLLED_BACK: _left,
}


def _previous_champion(store: Store, function: str, leaving: Variant) -> Variant:
    """The newest champion that was not itself rolled back and whose file still exists."""
    for event in reversed(store.find_events(function)):
        if event.event != S.LIVE.value or event.variant == leaving:
            continue
        release = _find(store, _number(event.variant))
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


def _candidate(store: Store, function: str) -> tuple[Traffic, Variant]:
    traffic = settle(store, function)
    if traffic.candidate is None:
        raise GateError(f"{function} has no candidate; train or promote a release first")
    return traffic, traffic.candidate


def _check_legal(variant: Variant, state: CycleState, wanted: CycleState) -> None:
    if wanted not in LEGAL[state]:
        allowed = ", ".join(sorted(next_.value for next_ in LEGAL[state])) or "nothing"
        raise GateError(
            f"{variant} is {state.value} and cannot become {wanted.value}; it can become {allowed}"
        )


def _refusal(release: Release, function: str) -> str:
    """Why the gate held the release for a function; empty when it passed."""
    verdict = release.report.get("gate", {}).get(function)
    if verdict is None:
        return "was never judged"
    return "" if verdict.get("promote") is True else str(verdict.get("reason", "held"))


def _find(store: Store, number: int) -> Release:
    release = store.find_release(number)
    if release is None:
        known = ", ".join(str(other.number) for other in store.find_releases()) or "none yet"
        raise NotFoundError(f"no release {number}; there are: {known}")
    return release


def _number(variant: Variant) -> int:
    if variant.release is None:
        raise GateError("the teacher is no release; name one as student@N")
    return variant.release
