"""What a process that died left behind: runs and cycles without an end, steps of traffic that were cut short."""

from dataclasses import replace

from understudy.records import CycleState, Release, RunState
from understudy.release import cycle
from understudy.store import Store

INTERRUPTED = "the process ended before the cycle did; train again"


def recover(store: Store, at: float) -> list[Release]:
    """The releases whose cycle is closed now."""
    for run in store.find_runs():
        if run.state is RunState.RUNNING:
            store.update_run(replace(run, state=RunState.FAILED, error=INTERRUPTED))
    left = [
        cycle.advance(store, release, CycleState.FAILED, INTERRUPTED, at)
        for state in (CycleState.TRAINING, CycleState.EXPORTING, CycleState.EVALUATING)
        for release in store.find_releases(state)
    ]
    functions = {name for release in store.find_releases() for name in release.functions}
    for function in functions:
        cycle.settle(store, function)
    return left
