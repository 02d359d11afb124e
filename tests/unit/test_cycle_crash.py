"""No crash between two writes of a step loses or repeats it."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, cast

import pytest
from stagehands import FUNCTION, add_release, make_live

from understudy.records import Variant
from understudy.release import cycle
from understudy.release.cycle import Promotion
from understudy.store import Store, open_store


class CrashError(Exception):
    """The process died."""


class Dying:
    """A real store that dies before its n-th write."""

    def __init__(self, store: Store, survives: int) -> None:
        self._store = store
        self._left = survives

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._store, name)
        return self._counted(found) if name in WRITES else found

    def _counted(self, write: Callable[..., Any]) -> Callable[..., Any]:
        def count(*given: Any) -> Any:
            if self._left == 0:
                raise CrashError
            self._left -= 1
            return write(*given)

        return count


WRITES = {"insert_event", "update_release", "save_traffic"}
STEPS: dict[str, Callable[[Store], Any]] = {
    "shadow": lambda store: cycle.start_shadow(store, FUNCTION, Variant(3), "passed", 50.0),
    "climb": lambda store: cycle.climb(store, FUNCTION, 0.25, "good", 50.0),
    "live": lambda store: cycle.go_live(store, FUNCTION, "good", 50.0),
    "roll back candidate": lambda store: cycle.roll_back(store, FUNCTION, "bad", 50.0),
    "roll back champion": lambda store: cycle.roll_back(store, FUNCTION, "bad", 50.0, Variant(1)),
    "promote": lambda store: cycle.promote(store, 3, Promotion(), 50.0),
}


def prepared(folder: Path) -> Store:
    """student@1 live, student@2 in a canary, student@3 evaluated."""
    folder.mkdir()
    store = open_store(folder / "data")
    make_live(store, folder, 10.0)
    second = add_release(store, folder).variant
    cycle.start_shadow(store, FUNCTION, second, "passed", 20.0)
    cycle.climb(store, FUNCTION, 0.05, "good", 21.0)
    add_release(store, folder)
    return store


def picture(store: Store) -> Any:
    releases = [
        (release.number, release.state, release.reason) for release in store.find_releases()
    ]
    return cycle.find_traffic(store, FUNCTION), releases, store.find_events(FUNCTION)


@pytest.mark.parametrize("name", STEPS)
@pytest.mark.parametrize("survives", range(1, 5))
def test_a_step_that_died_after_its_event_is_completed_once(
    tmp_path: Path, name: str, survives: int
) -> None:
    with prepared(tmp_path / "whole") as whole, prepared(tmp_path / "torn") as torn:
        STEPS[name](whole)
        try:
            STEPS[name](cast("Store", Dying(torn, survives)))
        except CrashError:
            cycle.settle(torn, FUNCTION)
        once = picture(torn)
        cycle.settle(torn, FUNCTION)
        assert picture(torn) == once
        # A shadow first retires the candidate; a crash between the two leaves only the first step.
        if name != "shadow" or len(once[2]) == len(picture(whole)[2]):
            assert once == picture(whole)


@pytest.mark.parametrize("name", STEPS)
def test_a_step_that_died_before_its_event_never_began(tmp_path: Path, name: str) -> None:
    with prepared(tmp_path / "one") as store:
        before = picture(store)
        with pytest.raises(CrashError):
            STEPS[name](cast("Store", Dying(store, 0)))
        cycle.settle(store, FUNCTION)
        assert picture(store) == before
