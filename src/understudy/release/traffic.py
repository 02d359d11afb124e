"""Who answers an episode, and whether a release may serve more of them or none.

Pure: no store, no clock. Looking often costs nothing, the bounds behind a decision hold at all
times (understudy.evaluate.sequential).
"""

import hashlib
from dataclasses import dataclass
from enum import Enum

from understudy.config import TrafficSettings
from understudy.evaluate.sequential import lower_bound, recent_upper_bound, upper_bound
from understudy.records import Traffic, Variant


class Action(Enum):
    HOLD = "hold"
    CLIMB = "climb"
    GO_LIVE = "go_live"
    ROLL_BACK = "roll_back"


@dataclass(frozen=True, slots=True)
class Decision:
    """What to do next; `share` is the release's share of the episodes afterwards."""

    action: Action
    share: float
    reason: str


@dataclass(frozen=True, slots=True)
class Evidence:
    """What was seen of one release, oldest first: its agreement with the teacher per comparison,
    whether each request it was given failed, and how many comparisons this step has."""

    agreements: tuple[float, ...]
    failures: tuple[bool, ...]
    at_step: int


def route(traffic: Traffic, episode: str) -> tuple[Variant, float]:
    """The variant for an episode and the probability with which it was chosen.

    An episode's place does not depend on the share: raising it only adds episodes.
    """
    if traffic.candidate is None or traffic.shadow:
        return traffic.champion, 1.0
    if _place(traffic.function, episode) < traffic.share:
        return traffic.candidate, traffic.share
    return traffic.champion, 1.0 - traffic.share


def decide(traffic: Traffic, evidence: Evidence, settings: TrafficSettings) -> Decision:
    """The next step of the candidate, or of the live champion where there is no candidate.

    A release climbs when the lower bound of its mean agreement reaches the bar, and is taken off
    when an upper bound falls below it; either mistake has probability at most `settings.alpha`.
    """
    share = traffic.share if traffic.candidate is not None else 1.0
    fault = find_fault(evidence, settings)
    if fault:
        return Decision(Action.ROLL_BACK, 0.0, fault)
    if traffic.candidate is None:
        return Decision(Action.HOLD, share, _summary(evidence, settings))
    wanted = settings.shadow_samples if traffic.shadow else settings.step_samples
    if evidence.at_step < wanted:
        reason = f"{evidence.at_step} of {wanted} comparisons at this step"
        return Decision(Action.HOLD, share, reason)
    low = lower_bound(evidence.agreements, settings.alpha)
    if low < settings.min_agreement:
        reason = f"{_seen(evidence.agreements)}, lower bound {low:.2f} < {settings.min_agreement:g}"
        return Decision(Action.HOLD, share, reason)
    reason = f"{_seen(evidence.agreements)}, lower bound {low:.2f} >= {settings.min_agreement:g}"
    return _next_step(traffic, settings, reason)


def find_fault(evidence: Evidence, settings: TrafficSettings) -> str:
    """Why the release must go, in words with numbers; empty when nothing speaks against it."""
    failed = [float(failure) for failure in evidence.failures]
    limit = settings.max_failure_share
    bound, over = _upper_bound([1.0 - value for value in failed], settings)
    if bound < 1.0 - limit:
        share = sum(failed[-over:]) / over
        return (
            f"{share:.0%} of the last {over} requests fell back to the teacher, "
            f"lower bound {1.0 - bound:.1%} > {limit:.1%}"
        )
    bound, over = _upper_bound(evidence.agreements, settings)
    if bound < settings.min_agreement:
        seen = _seen(evidence.agreements[-over:])
        return f"{seen}, upper bound {bound:.2f} < {settings.min_agreement:g}"
    return ""


def _upper_bound(
    values: tuple[float, ...] | list[float], settings: TrafficSettings
) -> tuple[float, int]:
    """The lower of two bounds, each at alpha / 2: one since the beginning, one of late.

    The first is quick about a release that was never good, the second about one that slips.
    With a full window the beginning is out of sight and only the second holds.
    """
    recent = recent_upper_bound(values, settings.alpha / 2, settings.window)
    if len(values) >= settings.window:
        return recent
    return min((upper_bound(values, settings.alpha / 2), len(values)), recent)


def _next_step(traffic: Traffic, settings: TrafficSettings, reason: str) -> Decision:
    reached = 0.0 if traffic.shadow else traffic.share
    higher = [step for step in settings.steps if step > reached]
    if higher:
        return Decision(Action.CLIMB, higher[0], reason)
    return Decision(Action.GO_LIVE, 1.0, reason)


def _summary(evidence: Evidence, settings: TrafficSettings) -> str:
    if not evidence.agreements:
        return "no comparison with the teacher yet"
    return f"{_seen(evidence.agreements)}, no sign of less than {settings.min_agreement:g}"


def _seen(agreements: tuple[float, ...]) -> str:
    mean = sum(agreements) / len(agreements)
    return f"agreement with the teacher {mean:.2f} over the last {len(agreements)} comparisons"


def _place(function: str, episode: str) -> float:
    """A point in [0, 1) that only the function and the episode determine."""
    digest = hashlib.sha256(f"{function}\0{episode}".encode()).digest()
    return int.from_bytes(digest[:6]) / 2**48
