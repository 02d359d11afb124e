"""Collects what the store knows of one release on trial. Decides nothing.

Only the judge's comparisons count: a user's feedback of the same name cannot move traffic.
"""

from understudy.config import TrafficSettings
from understudy.records import (
    TEACHER,
    CycleState,
    Feedback,
    FeedbackSource,
    Inference,
    InferenceStatus,
    Traffic,
    Variant,
)
from understudy.release.traffic import Evidence
from understudy.store import Store

AGREEMENT = "agreement"
_BEGINS = {CycleState.SHADOW.value, CycleState.CANARY.value, CycleState.LIVE.value}
_ENDS = {CycleState.RETIRED.value, CycleState.ROLLED_BACK.value}


def find_evidence(
    store: Store, traffic: Traffic, variant: Variant, settings: TrafficSettings
) -> Evidence:
    """Everything since the release's present stand on stage began, oldest first."""
    start = _start(store, traffic, variant)
    most = _most_rows(settings)
    own = _newest(store, traffic.function, variant, start, most)
    if len(own) == most:
        start = own[0].created_at
    taught = _newest(store, traffic.function, TEACHER, start, most)
    fallbacks = [inference for inference in taught if inference.fallback_from == variant]
    # Where the teacher's rows were cut, older requests of the student would look free of failures.
    seen_from = taught[0].created_at if len(taught) == most else start
    requests = sorted(
        (one for one in (*own, *fallbacks) if one.created_at >= seen_from),
        key=lambda one: (one.created_at, one.id),
    )
    failures = tuple(_failed(one) for one in requests)[-settings.window :]
    times = {one.id: one.created_at for one in (*own, *fallbacks)}
    compared = [
        one
        for one in store.find_feedback(name=AGREEMENT, since=start)
        if one.inference in times and _is_verdict(one)
    ]
    if traffic.candidate != variant:
        compared = compared[-settings.window :]
    at_step = sum(times[one.inference or ""] >= traffic.since for one in compared)
    return Evidence(tuple(float(one.value) for one in compared), failures, at_step)


def _start(store: Store, traffic: Traffic, variant: Variant) -> float:
    """When the release came on stage after it was last taken off."""
    start: float | None = None
    for event in store.find_events(traffic.function):
        if event.variant != variant:
            continue
        if event.event in _ENDS:
            start = None
        elif event.event in _BEGINS and start is None:
            start = event.at
    return traffic.since if start is None else start


def _most_rows(settings: TrafficSettings) -> int:
    """Enough to hold a window of comparisons, and of requests at the smallest share."""
    rarest = min(share for share in (settings.compare_share, *settings.steps) if share > 0)
    return int(settings.window / rarest)


def _newest(
    store: Store, function: str, variant: Variant, since: float, most: int
) -> list[Inference]:
    found = store.find_inferences(
        function=function, variant=variant, since=since, limit=most, newest_first=True
    )
    return found[::-1]


def _failed(inference: Inference) -> bool:
    return inference.fallback_from is not None or inference.status is InferenceStatus.FAILED


def _is_verdict(feedback: Feedback) -> bool:
    value = feedback.value
    return (
        feedback.source is FeedbackSource.JUDGE
        and isinstance(value, int | float)
        and 0.0 <= value <= 1.0
    )
