"""Erasing a user: what is theirs leaves the store, and every release that learned from it is marked.

Takes nothing back out of weights, nor out of files; cli/erasing.py names those.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from understudy.errors import InputError
from understudy.records import Dataset, Event, Release
from understudy.redaction.records import pseudonym
from understudy.store import Belongings, Store

ERASED = "user erased"
"""The mark on the timeline; no step of a cycle."""


@dataclass(frozen=True, slots=True)
class Erased:
    """How much went, and where it had gone before: datasets of runs, and the releases of these."""

    inferences: int
    feedback: int
    traces: int
    datasets: Sequence[Dataset]
    releases: Sequence[Release]


def find_user(store: Store, user: str) -> Belongings:
    """By the id that the application sends, also where it was stored under its pseudonym. Raises
    InputError for the empty one, which is everybody's who was not named."""
    if not user.strip():
        raise InputError("an empty id is everybody who was not named; name the user")
    return store.find_belongings({user, pseudonym(user)})


def erase_user(store: Store, user: str, at: float) -> Erased:
    """Marks first: whatever ends the process, no release that learned from a user goes unmarked."""
    found = find_user(store, user)
    gone = frozenset(found.traces)
    shares = {
        dataset.id: len(gone.intersection(dataset.trace_ids)) for dataset in store.find_datasets()
    }
    learned = {run.id: shares[run.dataset] for run in store.find_runs() if shares[run.dataset]}
    releases = [release for release in store.find_releases() if release.run in learned]
    for release in releases:
        _mark(store, release, learned[release.run], at)
    store.erase(found)
    datasets = [dataset for dataset in store.find_datasets() if shares[dataset.id]]
    counts = len(found.inferences), len(found.feedback), len(found.traces)
    return Erased(*counts, datasets, releases)


def _mark(store: Store, release: Release, traces: int, at: float) -> None:
    reason = f"{traces} of its traces were of a user who was erased; its weights learned from them"
    for function in release.functions:
        store.insert_event(Event(at, function, release.variant, ERASED, 0.0, reason))
