"""`understudy erase`: what it counts, what it takes, what it names."""

import orjson
from cli_rig import Shell
from record_builders import make_feedback, make_inference, make_trace

from understudy.records import Dataset
from understudy.store import open_store


def fill(shell: Shell) -> None:
    folder = shell.data_dir / "datasets" / "d1"
    with open_store(shell.data_dir) as store:
        store.insert_inferences([make_inference(id="i1"), make_inference(id="i2", user="bob")])
        store.insert_feedback([make_feedback("rating", True, inference="i1")])
        store.insert_traces([make_trace(id="t1", inference="i1")])
        store.insert_dataset(Dataset("d1", folder, ("speak",), ("t1",), {}, {}, 1.0))
        run = store.insert_run("sft", "d1", "hash", 0, shell.data_dir / "runs", 1.0)
        store.insert_release(run.id, ("speak",), 1.0)
    folder.mkdir(parents=True)
    (folder / "samples.jsonl").write_bytes(orjson.dumps({"trace_id": "t1"}) + b"\n")
    (folder.parent / "d2").mkdir()
    (folder.parent / "d2" / "samples.jsonl").write_bytes(b'{"trace_id": "t7"}\nno json\n')


def test_a_user_is_counted_then_erased_and_what_holds_them_is_named(shell: Shell) -> None:
    fill(shell)
    (shell.data_dir / "spool").mkdir()
    (shell.data_dir / "spool" / "000000000001-ab.spool").write_bytes(b"")
    (shell.data_dir / "tier1").mkdir()
    counted = shell.call("erase", "--user", "ann", "--dry-run")
    assert "would erase 1 inferences, 1 feedback and 1 traces" in counted.out
    assert "marked" not in counted.out
    erased = shell.call("erase", "--user", "ann")
    assert (counted.code, erased.code) == (0, 0)
    assert "erased 1 inferences, 1 feedback and 1 traces" in erased.out
    assert "student@1 learned from them" in erased.out
    assert "datasets/d1 holds rows of theirs" in erased.out
    assert "datasets/d2" not in erased.out
    assert "1 spool segments" in erased.out
    assert "tier1 reset --relearn" in erased.out
    with open_store(shell.data_dir, read_only=True) as store:
        assert [one.id for one in store.find_inferences()] == ["i2"]
        assert [one.event for one in store.find_events()] == ["user erased"]
    assert (
        "erased 0 inferences, 0 feedback and 0 traces" in shell.call("erase", "--user", "ann").out
    )


def test_nobody_and_a_folder_without_a_store_are_refused(shell: Shell) -> None:
    shell.run("erase", "--user", "ann").refused("no store in", str(shell.data_dir))
    fill(shell)
    shell.run("erase", "--user", " ").refused("name the user")
