"""A user who is erased is gone from the store, and what learned from them is marked."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from record_builders import make_feedback, make_inference, make_trace
from stagehands import FUNCTION, make_live

from understudy.errors import InputError
from understudy.records import (
    TEACHER,
    Dataset,
    Inference,
    Message,
    Prompt,
    Release,
    RunState,
    Trace,
    TraceSource,
)
from understudy.redaction.records import pseudonym
from understudy.release.cycle import find_traffic, roll_back, settle
from understudy.release.erasure import ERASED, erase_user, find_user
from understudy.store import Store, open_store


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with open_store(tmp_path) as opened:
        yield opened


def said_by(user: str, number: int) -> tuple[Inference, Trace]:
    inference = make_inference(f"{user} asks {number}", id=f"{user}-{number}", user=user)
    inference = replace(inference, episode=f"session of {user}")
    trace = make_trace(f"{user} asks {number}", id=f"trace-{inference.id}", inference=inference.id)
    return inference, trace


def fill(store: Store, *users: str) -> None:
    """Two requests of each user with what was said of them; one trace that is nobody's."""
    made = [said_by(user, number) for user in users for number in range(2)]
    store.insert_inferences([inference for inference, _ in made])
    store.insert_traces([*(trace for _, trace in made), make_trace("nobody", id="nobody")])
    for user in users:
        about, episode = f"{user}-0", f"session of {user}"
        store.insert_feedback(
            [
                make_feedback("rating", True, inference=about, user=user),
                make_feedback("agreement", 1.0, inference=about, user=""),
                make_feedback("rating", True, inference=None, episode=episode, user=""),
            ]
        )


def release_from(store: Store, folder: Path, name: str, trace_ids: tuple[str, ...]) -> Release:
    store.insert_dataset(Dataset(name, folder / name, (FUNCTION,), trace_ids, {}, {}, 1.0))
    run = store.insert_run("sft", name, "hash", 0, folder / "runs", 1.0)
    store.update_run(replace(run, state=RunState.DONE, traces_end=store.end_of_traces()))
    return store.insert_release(run.id, (FUNCTION,), 1.0)


def test_what_is_a_users_goes_and_what_is_others_stays(store: Store) -> None:
    fill(store, "ann", "bob")
    store.insert_feedback([make_feedback("rating", False, inference="bob-1", user="ann")])
    erased = erase_user(store, "ann", 9.0)
    assert (erased.inferences, erased.feedback, erased.traces) == (2, 4, 2)
    assert {one.user for one in store.find_inferences()} == {"bob"}
    assert {one.id for one in store.find_traces()} == {"trace-bob-0", "trace-bob-1", "nobody"}
    assert len(store.find_feedback(inference=["bob-0", "bob-1"])) == 2
    assert len(store.find_feedback(episode=["session of bob"])) == 1
    assert find_user(store, "ann").inferences == ()
    assert erase_user(store, "ann", 10.0).inferences == 0


def test_nothing_of_them_is_left_in_the_file(store: Store, tmp_path: Path) -> None:
    fill(store, "bob", "ann")
    words = Prompt("The system text of ann", (Message("user", "ann asks"),))
    store.insert_inferences([make_inference(user="ann", prompt=words, id="ann-9")])
    erase_user(store, "ann", 9.0)
    store.close()
    held = b"".join(path.read_bytes() for path in tmp_path.glob("understudy.db*"))
    assert b"bob asks 1" in held
    for gone in (b"ann asks", b"The system text of ann", b"session of ann"):
        assert gone not in held


def test_an_episode_that_others_share_keeps_its_feedback(store: Store) -> None:
    fill(store, "ann")
    store.insert_inferences([make_inference(user="bob", episode="session of ann")])
    erase_user(store, "ann", 9.0)
    assert len(store.find_feedback(episode=["session of ann"])) == 1


def test_an_address_finds_what_is_stored_under_its_pseudonym(store: Store) -> None:
    store.insert_inferences([make_inference(user=pseudonym("ann@example.com"))])
    assert erase_user(store, "ann@example.com", 9.0).inferences == 1


def test_every_release_that_learned_from_them_is_marked(store: Store, tmp_path: Path) -> None:
    fill(store, "ann", "bob")
    first = release_from(store, tmp_path, "d1", ("trace-ann-0", "nobody"))
    release_from(store, tmp_path, "d2", ("trace-bob-0",))
    again = release_from(store, tmp_path, "d1", ())
    erased = erase_user(store, "ann", 9.0)
    assert [one.id for one in erased.datasets] == ["d1"]
    assert [one.number for one in erased.releases] == [first.number, again.number]
    marks = [one for one in store.find_events() if one.event == ERASED]
    assert [(one.variant, one.at) for one in marks] == [(first.variant, 9.0), (again.variant, 9.0)]
    assert "1 of its traces" in marks[0].reason
    assert "ann" not in marks[0].reason


def test_a_mark_moves_nobody_on_or_off_the_stage(store: Store, tmp_path: Path) -> None:
    fill(store, "ann")
    learned = Dataset("dataset", tmp_path, (FUNCTION,), ("trace-ann-0",), {}, {}, 1.0)
    store.insert_dataset(learned)
    student = make_live(store, tmp_path, 5.0)
    before = find_traffic(store, FUNCTION)
    assert [one.variant for one in erase_user(store, "ann", 99.0).releases] == [student]
    assert settle(store, FUNCTION) == before
    assert roll_back(store, FUNCTION, "a slip", 100.0).champion == TEACHER


def test_what_comes_after_an_erasure_is_new_to_every_cursor(store: Store, tmp_path: Path) -> None:
    fill(store, "bob", "ann")
    last = [said_by("ann", number) for number in (7, 8)]
    store.insert_inferences([inference for inference, _ in last])
    store.insert_traces([trace for _, trace in last])
    release_from(store, tmp_path, "d1", ())
    feedback_end = store.end_of_feedback()
    erase_user(store, "ann", 9.0)
    store.insert_traces([make_trace("later", source=TraceSource.IMPORTED)])
    later = make_feedback("rating", True, inference="bob-0", user="bob")
    store.insert_feedback([later])
    (run,) = store.find_runs()
    assert run.traces_end is not None
    assert store.count_traces(after=run.traces_end) == 1
    assert store.find_feedback_after(feedback_end, 10)[1] == [later]


def test_nobody_in_particular_is_refused(store: Store) -> None:
    fill(store, "ann")
    with pytest.raises(InputError, match="name the user"):
        erase_user(store, " ", 9.0)
