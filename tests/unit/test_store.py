"""The store on a real SQLite file: what goes in comes out, and twice is once."""

import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from record_builders import make_completion, make_feedback, make_inference, make_trace
from sqlalchemy import text

from understudy.errors import InputError, NotFoundError, StoreError
from understudy.records import (
    TEACHER,
    CycleState,
    Dataset,
    Event,
    FeedbackSource,
    RunState,
    TraceSource,
    Traffic,
    Variant,
)
from understudy.store import Store, open_store, save_artifact
from understudy.store.database import Database

DATASET = Dataset("d1", Path("/d/d1"), ("f",), ("t1", "t2"), {"rows": 2}, {"late": 1}, 5.0)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with open_store(tmp_path) as opened:
        yield opened


def test_a_data_folder_that_was_moved_still_finds_its_files(tmp_path: Path) -> None:
    before, after, elsewhere = tmp_path / "before", tmp_path / "after", Path("/elsewhere/d2")
    with open_store(before) as opened:
        opened.insert_dataset(replace(DATASET, folder=before / "datasets" / "d1"))
        opened.insert_dataset(replace(DATASET, id="d2", folder=elsewhere))
        run = opened.insert_run("sft", "d1", "c", 0, before / "runs", 1.0)
        release = opened.insert_release(run.id, ["f"], 2.0)
        opened.update_release(replace(release, gguf=before / "artifacts" / "x" / "model.gguf"))
        assert run.folder == before / "runs" / "run-1"
    before.rename(after)
    with open_store(after) as opened:
        folders = [one.folder for one in opened.find_datasets()]
        assert folders == [after / "datasets" / "d1", elsewhere]
        assert [one.folder for one in opened.find_runs()] == [after / "runs" / "run-1"]
        assert [one.gguf for one in opened.find_releases()] == [
            after / "artifacts" / "x" / "model.gguf"
        ]


def test_an_inference_comes_back_as_it_went_in(store: Store) -> None:
    plain = make_inference()
    rich = make_inference(
        "Zaż\u00f3łć \u2603 \U0001f4a7",
        variant=Variant(7),
        fallback_from=Variant(3),
        shadow=True,
        completion=make_completion(thinking=None),
        created_at=1001.0,
    )

    assert store.insert_inferences([plain, rich]) == 2

    assert store.find_inferences() == [plain, rich]
    assert store.find_inference(rich.id) == rich
    assert store.find_inference("nobody") is None


def test_inserting_twice_inserts_once(store: Store) -> None:
    inference, trace, feedback = make_inference(), make_trace(), make_feedback("rating", True)

    assert [store.insert_inferences([inference]) for _ in range(2)] == [1, 0]
    assert [store.insert_traces([trace]) for _ in range(2)] == [1, 0]
    assert [store.insert_feedback([feedback]) for _ in range(2)] == [1, 0]

    repeated = replace(feedback, id="another", value=False)
    assert store.insert_feedback([repeated]) == 0
    assert store.find_feedback() == [feedback]


def test_inferences_are_found_by_what_is_asked(store: Store) -> None:
    old = make_inference(created_at=1.0, function="a")
    new = make_inference(created_at=2.0, function="b", variant=Variant(1))
    shadow = make_inference(created_at=3.0, function="b", shadow=True, episode="e2")
    store.insert_inferences([shadow, new, old])

    assert store.find_inferences(function="b") == [new, shadow]
    assert store.find_inferences(variant=Variant(1)) == [new]
    assert store.find_inferences(since=2.0, shadow=False) == [new]
    assert store.find_inferences(limit=1, newest_first=True) == [shadow]
    assert (store.count_inferences(), store.count_inferences("b")) == (3, 2)
    assert store.has_episode("e2")
    assert not store.has_episode("e3")


def test_feedback_is_found_for_any_number_of_inferences(store: Store) -> None:
    every = [
        make_feedback("rating", i % 2 == 0, inference=f"i{i}", created_at=float(i))
        for i in range(1000)
    ]
    about_episode = make_feedback("follow_up", "repeat", inference=None, episode="e")
    store.insert_feedback([*every, about_episode])

    assert store.find_feedback(inference=[f"i{i}" for i in range(1000)]) == every
    assert store.find_feedback(inference=[]) == []
    assert store.find_feedback(episode=["e"]) == [about_episode]
    assert store.find_feedback(name="rating", since=999.0) == every[-1:]


def test_feedback_values_keep_their_shape(store: Store) -> None:
    values = [True, 0.25, "a comment", ["kpi"], {"kpi": 0.5}, None]
    given = [make_feedback("x", v, created_at=float(i)) for i, v in enumerate(values)]
    store.insert_feedback(given)

    assert [one.value for one in store.find_feedback()] == values


def test_traces_are_found_and_counted_by_source(store: Store) -> None:
    captured = make_trace(created_at=1.0)
    made = make_trace(source=TraceSource.BOOTSTRAP, created_at=2.0, behaviour={"steps": 3})
    store.insert_traces([captured, made])

    assert store.find_traces() == [captured, made]
    assert store.find_traces(source=TraceSource.BOOTSTRAP) == [made]
    assert store.count_traces(TraceSource.CAPTURED) == 1
    assert store.count_traces(since=2.0) == 1


def test_a_release_leads_back_to_its_run_and_dataset(store: Store) -> None:
    store.insert_dataset(DATASET)
    run = store.insert_run("sft", DATASET.id, "hash", 3, Path("/runs"), 6.0)
    release = store.insert_release(run.id, ["f"], 7.0)

    assert run.folder == Path(f"/runs/run-{run.id}")
    assert release.state is CycleState.TRAINING
    found = store.find_release(release.number)
    assert found == release
    assert store.find_run(release.run) == run
    assert store.find_dataset(run.dataset) == DATASET


def test_runs_and_releases_are_overwritten_by_their_number(store: Store) -> None:
    store.insert_dataset(DATASET)
    run = store.insert_run("sft", DATASET.id, "hash", 3, Path("/runs"), 6.0)
    release = store.insert_release(run.id, ["f"], 7.0)
    done = replace(run, state=RunState.DONE, metrics={"loss": 0.5})
    live = replace(release, state=CycleState.LIVE, gguf=Path("/m.gguf"), report={"n": 9})

    store.update_run(done)
    store.update_release(live)

    assert store.find_runs() == [done]
    assert store.find_releases(CycleState.LIVE) == [live]
    assert store.find_releases(CycleState.SHADOW) == []
    with pytest.raises(NotFoundError, match="release 99"):
        store.update_release(replace(live, number=99))


def test_numbers_are_never_given_twice(store: Store) -> None:
    store.insert_dataset(DATASET)
    runs = [store.insert_run("sft", "d1", "h", 0, Path("/r"), 1.0) for _ in range(3)]

    assert [run.id for run in runs] == [1, 2, 3]
    assert len({run.folder for run in runs}) == 3


def test_a_run_of_an_unknown_dataset_is_refused(store: Store) -> None:
    with pytest.raises(StoreError, match="insert what it refers to first"):
        store.insert_run("sft", "no such dataset", "h", 0, Path("/r"), 1.0)
    assert store.find_runs() == []


def test_traffic_has_one_row_per_function_and_events_keep_their_order(store: Store) -> None:
    before = Traffic("f", TEACHER, Variant(2), 0.05, False, 1.0)
    after = replace(before, share=0.25, since=2.0)
    events = [Event(at, "f", Variant(2), "climb", at, "why") for at in (3.0, 1.0, 2.0)]

    store.save_traffic(before)
    store.save_traffic(after)
    for event in events:
        store.insert_event(event)

    assert store.find_traffic("f") == after
    assert store.find_traffic("g") is None
    assert store.find_events("f") == events
    assert store.find_events("g") == []


def test_threads_take_turns(store: Store) -> None:
    batches = [[make_inference() for _ in range(20)] for _ in range(8)]
    threads = [threading.Thread(target=store.insert_inferences, args=(b,)) for b in batches]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert store.count_inferences() == 160


def test_a_system_text_is_stored_once(store: Store, tmp_path: Path) -> None:
    store.insert_inferences([make_inference(f"question {i}") for i in range(50)])
    store.close()
    database = Database(tmp_path, read_only=True)
    with database.begin() as connection:
        assert connection.execute(text("SELECT count(*) FROM texts")).scalar_one() == 1
    database.close()


def test_an_artifact_is_kept_whole_once_under_its_hash(tmp_path: Path) -> None:
    def make(content: bytes) -> Path:
        source = tmp_path / "model"
        (source / "sub").mkdir(parents=True)
        (source / "sub" / "weights.bin").write_bytes(content)
        return source

    first = save_artifact(tmp_path / "artifacts", make(b"weights"))
    again = save_artifact(tmp_path / "artifacts", make(b"weights"))

    assert again == first == tmp_path / "artifacts" / first.name
    assert len(first.name) == 64
    assert (first / "sub" / "weights.bin").read_bytes() == b"weights"
    assert list((tmp_path / "artifacts").iterdir()) == [first]
    assert not (tmp_path / "model").exists()
    assert save_artifact(tmp_path / "artifacts", make(b"other")) != first
    with pytest.raises(InputError, match="no folder at"):
        save_artifact(tmp_path / "artifacts", tmp_path / "nothing")


def test_answers_of_which_several_things_were_said_are_found_newest_first(store: Store) -> None:
    user, judge = FeedbackSource.USER, FeedbackSource.JUDGE
    for number in range(4):
        function = "g" if number == 3 else "f"
        made = make_inference(id=f"i{number}", function=function, created_at=float(number))
        store.insert_inferences([made])
        store.insert_feedback([make_feedback("rating", True, inference=f"i{number}", source=user)])
    for name in ("i0", "i1", "i3", "gone"):
        verdict = make_feedback("evaluation", {}, inference=name, source=judge)
        store.insert_feedback([verdict])
    store.insert_feedback([make_feedback("evaluation", {}, inference="i2", source=user)])
    both = [("rating", user), ("evaluation", judge)]
    assert store.answers.find_with(both, "f", 9) == ["i1", "i0"]
    assert store.answers.find_with(both, "f", 1) == ["i1"]
