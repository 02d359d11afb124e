"""Old weights go; who serves, what could come back, the newest run and every record stay."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from cli_rig import Shell

from understudy.errors import StoreError
from understudy.records import CycleState, Dataset, Event, Release, RunState
from understudy.release import prune
from understudy.release.steps import previous_champion
from understudy.store import Store, open_store

S = CycleState
FOLDERS = ("checkpoint-8", "merged", "before", "gguf-before-ab")


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with open_store(tmp_path / "data") as opened:
        opened.insert_dataset(Dataset("d", tmp_path / "data" / "d", ("f",), (), {}, {}, 1.0))
        yield opened


def make(
    store: Store,
    home: Path,
    state: CycleState,
    run_state: RunState = RunState.DONE,
    function: str = "f",
) -> Release:
    """A release with its run, each with files; one that can have been live was."""
    run = store.insert_run("sft", "d", "hash", 0, home / "runs", 1.0)
    store.update_run(replace(run, state=run_state))
    for name in FOLDERS:
        (run.folder / name).mkdir(parents=True)
        (run.folder / name / "model.safetensors").write_bytes(b"w" * 10)
    (run.folder / "metrics.jsonl").write_text("{}")
    release = store.insert_release(run.id, [function], 1.0)
    gguf = home / "artifacts" / f"sha-{release.number}" / "model.gguf"
    gguf.parent.mkdir(parents=True)
    gguf.write_bytes(b"g" * 100)
    made = replace(release, state=state, gguf=gguf, gguf_sha256="sha")
    store.update_release(made)
    if state in (S.LIVE, S.RETIRED, S.ROLLED_BACK):
        went_live(store, made)
    return made


def went_live(store: Store, release: Release) -> None:
    (function,) = release.functions
    store.insert_event(Event(1.0, function, release.variant, S.LIVE.value, 1.0, "by hand"))


def left_the_shadow(store: Store, home: Path) -> Release:
    """Retired by its successor in the shadow, and never live."""
    return replace_state(store, make(store, home, S.SHADOW), S.RETIRED)


def replace_state(store: Store, release: Release, state: CycleState) -> Release:
    changed = replace(release, state=state)
    store.update_release(changed)
    return changed


def pruned(store: Store, home: Path, keep: int = 2) -> set[str]:
    """What was removed, by its path in the data folder."""
    found = prune.find_leftovers(store, home, keep)
    for one in found:
        prune.remove(one)
        assert not one.folder.exists()
    return {str(one.folder.relative_to(home)) for one in found}


def weights_of(number: int) -> set[str]:
    return {f"runs/run-{number}/{name}" for name in FOLDERS} | {f"artifacts/sha-{number}"}


def test_weights_that_could_serve_again_stay_and_others_go(store: Store, tmp_path: Path) -> None:
    home = tmp_path / "data"
    states = (S.RETIRED, S.REJECTED, S.RETIRED, S.FAILED, S.RETIRED, S.LIVE, S.CANARY, S.REJECTED)
    releases = [make(store, home, state) for state in states]

    gone = pruned(store, home)

    checkpoints = {f"runs/run-{number}/checkpoint-8" for number in (3, 5, 6, 7, 8)}
    assert gone == weights_of(1) | weights_of(2) | weights_of(4) | checkpoints
    assert [one.number for one in releases if one.gguf and one.gguf.is_file()] == [3, 5, 6, 7, 8]
    assert all((home / "runs" / f"run-{n}" / "metrics.jsonl").is_file() for n in range(1, 9))
    assert store.find_releases() == releases
    assert pruned(store, home) == set()


def test_the_heirs_of_a_rollback_stay_whatever_came_after_them(
    store: Store, tmp_path: Path
) -> None:
    home = tmp_path / "data"
    heir, live = make(store, home, S.RETIRED), make(store, home, S.LIVE)
    candidates = [left_the_shadow(store, home) for _ in range(4)]
    others = [make(store, home, S.RETIRED, function="g") for _ in range(4)]

    pruned(store, home)

    assert previous_champion(store, "f", live.variant) == heir.variant
    there = {one.number for one in (*candidates, *others) if one.gguf and one.gguf.is_file()}
    assert there == {others[-2].number, others[-1].number}


def test_the_champion_before_stays_where_an_operator_promoted_an_older_one(
    store: Store, tmp_path: Path
) -> None:
    home = tmp_path / "data"
    older, *between = (make(store, home, S.RETIRED) for _ in range(3))
    went_live(store, older)
    live = make(store, home, S.LIVE)

    pruned(store, home, keep=1)

    assert previous_champion(store, "f", live.variant) == older.variant
    assert not any(one.gguf and one.gguf.is_file() for one in between)


def test_one_that_was_rolled_back_may_be_promoted_again(store: Store, tmp_path: Path) -> None:
    home = tmp_path / "data"
    for _ in range(3):
        make(store, home, S.ROLLED_BACK)
    make(store, home, S.REJECTED)
    assert {path for path in pruned(store, home) if "sha" in path} == {"artifacts/sha-1"}


def test_a_path_that_was_stored_in_another_form_is_the_same(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    rejected, live = make(store, Path("data"), S.REJECTED), make(store, tmp_path / "data", S.LIVE)
    store.update_release(replace(rejected, gguf=Path("data/artifacts/sha-2/model.gguf")))
    for one in prune.find_leftovers(store, Path("data"), 2):
        prune.remove(one)
    assert live.gguf is not None
    assert live.gguf.is_file()


def test_what_is_under_way_or_may_be_resumed_is_left_alone(store: Store, tmp_path: Path) -> None:
    home = tmp_path / "data"
    make(store, home, S.FAILED, RunState.FAILED)
    make(store, home, S.TRAINING, RunState.RUNNING)
    make(store, home, S.FAILED, RunState.FAILED)

    assert pruned(store, home) == weights_of(1)


def test_a_file_that_two_releases_share_stays_for_the_one_that_serves(
    store: Store, tmp_path: Path
) -> None:
    home = tmp_path / "data"
    rejected, live = make(store, home, S.REJECTED), make(store, home, S.LIVE)
    store.update_release(replace(rejected, gguf=live.gguf))
    assert "artifacts/sha-2" not in pruned(store, home)


def test_nothing_outside_the_data_folder_goes(store: Store, tmp_path: Path) -> None:
    home, elsewhere = tmp_path / "data", tmp_path / "elsewhere"
    rejected = make(store, home, S.REJECTED)
    make(store, home, S.LIVE)
    elsewhere.mkdir()
    (elsewhere / "model.gguf").write_bytes(b"g")
    store.update_release(replace(rejected, gguf=elsewhere / "model.gguf"))
    (home / "runs" / "run-1" / "merged").rename(tmp_path / "moved")
    (home / "runs" / "run-1" / "merged").symlink_to(tmp_path / "moved")

    gone = pruned(store, home)

    assert "runs/run-1/merged" not in gone
    assert (elsewhere / "model.gguf").is_file()
    assert (tmp_path / "moved" / "model.safetensors").is_file()


def test_a_folder_that_cannot_be_removed_is_named(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(_folder: Path) -> None:
        raise PermissionError(13, "Permission denied")

    make(store, tmp_path / "data", S.REJECTED)
    make(store, tmp_path / "data", S.LIVE)
    found = prune.find_leftovers(store, tmp_path / "data", 2)
    monkeypatch.setattr("shutil.rmtree", refuse)
    with pytest.raises(StoreError, match="cannot be removed"):
        prune.remove(found[0])


def test_the_command_says_what_it_frees_and_first_what_it_would(tmp_path: Path) -> None:
    shell = Shell(tmp_path)
    shell.settings()
    home = tmp_path / "data"
    with open_store(home) as store:
        store.insert_dataset(Dataset("d", home / "d", ("f",), (), {}, {}, 1.0))
        make(store, home, S.REJECTED)
        make(store, home, S.LIVE)

    told = shell.call("prune", "--dry-run").out
    assert "weights of run 1, done" in told
    assert "student@1, rejected" in told
    assert "would be free again" in told
    assert (home / "artifacts" / "sha-1").is_dir()
    assert "0.0 MB are free again" in shell.call("prune").out
    assert not (home / "artifacts" / "sha-1").exists()
    assert "nothing to prune" in shell.call("prune").out
