"""Weights that nobody needs any more: found among the runs and releases of a store, and removed.

Never touches who serves or is under way, what a rollback or an operator would bring back, the newest
release, or a record: a pruned run keeps its config, metrics and card.
"""

import itertools
import shutil
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from understudy.errors import StoreError
from understudy.records import CycleState, Release, Run, RunState
from understudy.store import Store

RUNS, ARTIFACTS = "runs", "artifacts"
# Of a run that ended well nobody resumes the training.
_RESUMABLE: Sequence[str] = ("checkpoint-*",)
_WEIGHTS: Sequence[str] = (*_RESUMABLE, "adapter", "merged", "before", "gguf-before-*", "gguf")
_UNDER_WAY = frozenset(
    {
        CycleState.TRAINING,
        CycleState.EXPORTING,
        CycleState.EVALUATING,
        CycleState.SHADOW,
        CycleState.CANARY,
        CycleState.LIVE,
    }
)
# A former champion is the one or the other; of both some stay.
_FORMER = (CycleState.RETIRED, CycleState.ROLLED_BACK)


@dataclass(frozen=True, slots=True)
class Leftover:
    """A folder, and whose it is in words."""

    folder: Path
    of: str
    size_bytes: int


def find_leftovers(store: Store, data_dir: Path, keep: int) -> list[Leftover]:
    """What may go when, of each function's former champions, the `keep` newest that were retired and as
    many that were rolled back stay; nothing outside the data folder."""
    releases, runs = store.find_releases(), store.find_runs()
    kept = _kept(store, releases, keep)
    held = {release.run for release in kept} | {run.id for run in runs[-1:]}
    found = itertools.chain.from_iterable(_of_run(run, whole=run.id in held) for run in runs)
    return [
        Leftover(folder, of, _size(folder))
        for folder, of in itertools.chain(found, _of_releases(releases, kept))
        if _is_inside(folder, data_dir / RUNS) or _is_inside(folder, data_dir / ARTIFACTS)
    ]


def remove(leftover: Leftover) -> None:
    """Raises StoreError where the disk refuses; what is half gone goes the next time."""
    try:
        shutil.rmtree(leftover.folder)
    except FileNotFoundError:
        return
    except OSError as error:
        raise StoreError(
            f"{leftover.folder} cannot be removed ({error.strerror}); mend its rights, then prune again"
        ) from error


def _kept(store: Store, releases: Sequence[Release], keep: int) -> list[Release]:
    functions = {name for release in releases for name in release.functions}
    numbers = {
        number
        for name in functions
        for state in _FORMER
        for number in itertools.islice(_champions(store, name, releases, state), keep)
    }
    newest = releases[-1:]
    return [
        release
        for release in releases
        if release.state in _UNDER_WAY or release.number in numbers or release in newest
    ]


def _champions(
    store: Store, function: str, releases: Sequence[Release], state: CycleState
) -> Iterator[int]:
    """Who was live for a function and is in this state now, the last one first: the order in which a
    rollback looks for an heir."""
    of_state = {release.number for release in releases if release.state is state}
    live = (
        event.variant.release
        for event in reversed(store.find_events(function))
        if event.event == CycleState.LIVE.value
    )
    yield from (number for number in dict.fromkeys(live) if number in of_state)


def _of_run(run: Run, *, whole: bool) -> Iterator[tuple[Path, str]]:
    if run.state is RunState.RUNNING:
        return
    if not whole:
        patterns, what = _WEIGHTS, "weights"
    elif run.state is RunState.DONE:
        patterns, what = _RESUMABLE, "checkpoints"
    else:
        return
    for pattern in patterns:
        for folder in sorted(run.folder.glob(pattern)):
            yield folder, f"{what} of run {run.id}, {run.state.value}"


def _of_releases(
    releases: Sequence[Release], kept: Sequence[Release]
) -> Iterator[tuple[Path, str]]:
    """The same content is on disk once, whichever releases have it."""
    needed = {release.gguf.parent.resolve() for release in kept if release.gguf is not None}
    found: dict[Path, Release] = {}
    for release in releases:
        if release.gguf is not None and release.gguf.parent.resolve() not in needed:
            found[release.gguf.parent] = release
    for folder, release in found.items():
        if folder.is_dir():
            yield folder, f"{release.variant}, {release.state.value}"


def _is_inside(folder: Path, home: Path) -> bool:
    """A link, or a path that leads elsewhere, is nobody's to remove."""
    if folder.is_symlink() or not folder.is_dir():
        return False
    return home.resolve() in folder.resolve().parents


def _size(folder: Path) -> int:
    return sum(path.lstat().st_size for path in folder.rglob("*") if path.is_file())
