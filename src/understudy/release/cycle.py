"""The life of a release, step by step: shadow, canary, live, and the ways back.

Refuses an illegal step, and an operator's promotion of what did not pass its gate.
"""

from dataclasses import dataclass, replace

from understudy.errors import ExportError, GateError
from understudy.records import TEACHER, CycleState, Event, Release, Traffic, Variant
from understudy.release.steps import (
    LEGAL,
    check_legal,
    find_release,
    find_traffic,
    previous_champion,
    settle,
    take_step,
    write_step,
)
from understudy.store import Store

__all__ = [
    "LEGAL",
    "Promotion",
    "advance",
    "begin",
    "climb",
    "find_traffic",
    "go_live",
    "hold_back",
    "promote",
    "retire",
    "roll_back",
    "settle",
    "start_shadow",
]

S = CycleState

BY_OPERATOR = frozenset(
    {S.EVALUATING, S.SHADOW, S.CANARY, S.LIVE, S.RETIRED, S.REJECTED, S.ROLLED_BACK}
)
"""Where an operator may promote from: a release that was exported and measured."""


@dataclass(frozen=True, slots=True)
class Promotion:
    """What an operator asks for: straight to live, or a canary that begins at `share`."""

    target: CycleState = CycleState.LIVE
    share: float = 1.0
    force: bool = False
    reason: str = "promoted by an operator"


def begin(store: Store, release: Release, reason: str, at: float) -> None:
    """The first line of a release on the timeline of each of its functions."""
    for function in release.functions:
        store.insert_event(Event(at, function, release.variant, S.TRAINING.value, 0.0, reason))


def advance(store: Store, release: Release, state: CycleState, reason: str, at: float) -> Release:
    """Move a release that serves nobody yet (training to evaluating, or an early end)."""
    check_legal(release.variant, release.state, state)
    for function in release.functions:
        event = Event(at, function, release.variant, state.value, 0.0, reason)
        if event not in store.find_events(function):
            store.insert_event(event)
    moved = replace(release, state=state, reason=reason)
    store.update_release(moved)
    return moved


def start_shadow(store: Store, function: str, release: Variant, reason: str, at: float) -> Traffic:
    """Its answers are recorded and never shown. An earlier candidate makes room for it."""
    with store.turn:
        before = settle(store, function)
        if before.candidate is not None and before.candidate != release:
            before = retire(store, function, f"{release} takes its place", at)
        return take_step(store, before, Event(at, function, release, S.SHADOW.value, 0.0, reason))


def hold_back(store: Store, function: str, release: Variant, reason: str, at: float) -> None:
    """Note that a release which goes on stage for other functions does not for this one."""
    store.insert_event(Event(at, function, release, S.REJECTED.value, 0.0, reason))


def climb(store: Store, function: str, share: float, reason: str, at: float) -> Traffic:
    """Give the candidate this share of the episodes."""
    return _move_candidate(store, function, CycleState.CANARY, share, reason, at)


def go_live(store: Store, function: str, reason: str, at: float) -> Traffic:
    """Make the candidate the champion; the old champion retires and stays on disk."""
    return _move_candidate(store, function, CycleState.LIVE, 1.0, reason, at)


def retire(store: Store, function: str, reason: str, at: float) -> Traffic:
    """Withdraw the candidate without blame."""
    return _move_candidate(store, function, CycleState.RETIRED, 0.0, reason, at)


def roll_back(
    store: Store, function: str, reason: str, at: float, release: Variant | None = None
) -> Traffic:
    """Take a release off: the candidate if there is one, else the champion.

    A champion's place goes to the last live release that retired in good standing and whose file
    is still there, else to the teacher. Raises GateError when there is nothing to take off.
    """
    with store.turn:
        before = settle(store, function)
        leaving = release or before.candidate or before.champion
        if leaving == TEACHER or leaving not in (before.candidate, before.champion):
            serving = "the teacher serves it" if release is None else f"{leaving} does not serve it"
            raise GateError(
                f"nothing to roll back for {function}: {serving}; see `understudy status`"
            )
        if leaving == before.champion:
            heir = previous_champion(store, function, leaving)
            reason = f"{reason}; {heir} serves again"
        event = Event(at, function, leaving, S.ROLLED_BACK.value, 0.0, reason)
        return take_step(store, before, event)


def promote(store: Store, number: int, promotion: Promotion, at: float) -> list[Traffic]:
    """An operator's step from wherever the release stands, for each function whose gate it passed
    (forced: for all that it learned).

    Raises GateError naming the failed check when it passed none, ExportError without its file.
    """
    release = find_release(store, number)
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


def _promote_for(
    store: Store, release: Release, function: str, promotion: Promotion, refusal: str, at: float
) -> Traffic:
    target = promotion.target
    share = promotion.share if target is S.CANARY else 1.0
    reason = promotion.reason + (f"; forced although {refusal}" if refusal else "")
    with store.turn:
        before = settle(store, function)
        if target is S.LIVE and before.champion == release.variant:
            return before
        if target is S.CANARY and before.champion == release.variant:
            raise GateError(f"{release.variant} is already live for {function}; roll it back first")
        event = Event(at, function, release.variant, target.value, share, reason)
        return write_step(store, before, event)


def _move_candidate(
    store: Store, function: str, state: CycleState, share: float, reason: str, at: float
) -> Traffic:
    with store.turn:
        before = settle(store, function)
        if before.candidate is None:
            raise GateError(f"{function} has no candidate; train or promote a release first")
        event = Event(at, function, before.candidate, state.value, share, reason)
        return take_step(store, before, event)


def _refusal(release: Release, function: str) -> str:
    """Why the gate held the release for a function; empty when it passed."""
    verdict = release.report.get("gate", {}).get(function)
    if verdict is None:
        return "was never judged"
    return "" if verdict.get("promote") is True else str(verdict.get("reason", "held"))
