"""Whatever an operator gets wrong: one sentence with what to do, a non-zero exit, nothing lost."""

import json
import resource
import sqlite3
import sys
from dataclasses import replace
from hashlib import sha256
from pathlib import Path

import pytest
from cli_rig import Shell, trace_line

from understudy.records import CycleState, Dataset, Traffic, Variant
from understudy.store import open_store
from understudy.store.database import FILE

FUNCTION = "select_widgets"


def question_line(**changes: object) -> str:
    question = {"id": "q1", "question": "How is pump 1?", "expected_scenarios": ["kpi"]}
    return json.dumps({k: v for k, v in {**question, **changes}.items() if v is not None})


def count_traces(shell: Shell) -> int:
    with open_store(shell.data_dir, read_only=True) as store:
        return store.count_traces()


def insert_release(shell: Shell, gguf: bytes, on_disk: bytes, state: CycleState) -> None:
    """Release 1 of one function, whose file on disk may not be the one that was pinned."""
    folder = shell.data_dir / "releases" / "1"
    (folder / "grammars").mkdir(parents=True)
    (folder / "grammars" / f"{FUNCTION}.gbnf").write_text("root ::= object")
    file = folder / "model.gguf"
    file.write_bytes(on_disk)
    with open_store(shell.data_dir) as store:
        store.insert_dataset(Dataset("d", Path("d"), (FUNCTION,), (), {}, {}, 0.0))
        run = store.insert_run("sft", "d", "hash", 0, Path("runs"), 0.0)
        made = store.insert_release(run.id, (FUNCTION,), 0.0, state)
        digest = sha256(gguf).hexdigest()
        store.update_release(
            replace(made, gguf=file, gguf_sha256=digest, size_bytes=len(gguf), reason="as said")
        )
        if state is CycleState.LIVE:
            store.save_traffic(Traffic(FUNCTION, Variant(1), None, 0.0, False, 0.0))


# The configuration.


def test_malformed_toml_is_named_with_its_line(shell: Shell) -> None:
    file = shell.write("bad.toml", "[server]\nport = \n")
    shell.run("--config", file, "status").refused(str(file), "no valid TOML", "line 2")


def test_an_unknown_key_suggests_the_nearest(shell: Shell) -> None:
    shell.settings(server={"prot": 1})
    shell.call("status").refused("unknown key server.prot; did you mean server.port?")


def test_a_wrong_value_names_the_key_and_where_it_came_from(shell: Shell) -> None:
    shell.settings(server={"port": 70000})
    shell.call("status").refused("server.port = 70000", str(shell.config), "65535")


def test_a_missing_config_file_is_named(shell: Shell) -> None:
    missing = shell.folder / "nowhere.toml"
    shell.call("--config", missing, "status").refused(str(missing), "--config")


def test_an_application_that_cannot_be_imported_is_named(shell: Shell) -> None:
    shell.settings(application="nowhere.at_all:APPLICATION")
    shell.call("status").refused("nowhere.at_all:APPLICATION", "package.module:NAME")


def test_a_setting_that_names_no_function_is_refused_before_a_key_is_shown(shell: Shell) -> None:
    rule = '[[rules]]\nfunction = "spaek"\nmodel = "*"\n'
    shell.config.write_text(shell.config.read_text() + rule)
    done = shell.call("serve")
    done.refused("rules: no function 'spaek'; command-center has select_widgets, speak")
    assert done.out.strip() == ""
    assert not shell.data_dir.exists()


# What is imported.


def test_a_file_that_cannot_be_imported_is_refused(shell: Shell) -> None:
    cases = {
        shell.folder / "nowhere.jsonl": "name one that exists",
        shell.folder: "is a folder; name a JSON Lines file",
        shell.write("empty.jsonl", ""): "is empty; name a file with one JSON object a line",
        shell.write("array.jsonl", f"[{trace_line(1)}]"): "is one JSON array; write one object",
        shell.write("latin.jsonl", b'{"prompt": "\xff"}\n'): "line 1",
        shell.write("text.jsonl", "hello\n"): "line 1 is no valid JSON",
        shell.write("other.jsonl", '{"a": 1}\n'): "is of no known format: its columns are a;",
    }
    for path, sentence in cases.items():
        shell.call("import", path).refused(str(path), sentence)


def test_broken_lines_are_numbered_and_the_good_ones_imported(shell: Shell) -> None:
    broken = b'{"prompt": "cut off'
    lines = [trace_line(1).encode(), broken, trace_line(2).encode(), b'{"prompt": "\xff\xfe"}']
    file = shell.write("mixed.jsonl", b"\n".join(lines))
    done = shell.run("import", file)
    assert (done.code, done.err) == (0, "")
    assert "line 2 skipped" in done.out
    assert "line 4 skipped" in done.out
    assert "line 3 skipped" not in done.out
    assert count_traces(shell) == 2


# The questions of an evaluation.


def test_a_question_file_that_cannot_be_used_is_refused_by_its_line(shell: Shell) -> None:
    good = question_line()
    cases = {
        f"{good}\n{question_line(question=None)}": ":2 lacks the column 'question'; add it",
        f'{good}\n\n{{"id": "q2"': ":3 is no JSON",
        "": "holds no question; give one JSON object a line",
        f"{good}\n[1]": ":2 is no JSON object",
        question_line(question=" "): ":1 is no question (the column 'question' holds no text)",
        question_line(expected_scenarios=["kpi", "kpis"]): "holds kpis; write catalog names",
    }
    for text, sentence in cases.items():
        file = shell.write("questions.jsonl", text)
        shell.call("evaluate", "--questions", file).refused(str(file), sentence)
    missing = shell.folder / "nowhere.jsonl"
    shell.call("evaluate", "--questions", missing).refused(str(missing), "name another file")


def test_a_target_that_cannot_be_written_is_refused_before_the_work(shell: Shell) -> None:
    file, target = shell.write("questions.jsonl", question_line()), shell.folder / "no" / "o.json"
    done = shell.call("evaluate", "--questions", file, "--json", target)
    done.refused(str(target.parent), "--json")
    shell.call("evaluate", "--questions", file, "--json", shell.folder).refused("is a folder")


def test_a_teacher_that_answers_nothing_is_no_success(shell: Shell) -> None:
    file, target = shell.write("questions.jsonl", question_line()), shell.folder / "out.json"
    done = shell.call("evaluate", "--questions", file, "--json", target)
    done.refused("answered none of 1 questions", "teacher.base_url = http://127.0.0.1:9")
    assert json.loads(target.read_text())["teacher"]["json_valid"] == 0


def test_an_unknown_function_lists_the_known_ones(shell: Shell) -> None:
    for command in ("evaluate", "rollback"):
        done = shell.call(command, "--function", "select_wigdets")
        done.refused("no function 'select_wigdets'; it has select_widgets, speak")


# Releases.


def test_a_release_or_a_run_that_is_not_there_is_refused(shell: Shell) -> None:
    open_store(shell.data_dir).close()
    shell.call("promote", "student@9").refused("no release 9")
    shell.call("promote", "nonsense").refused("'nonsense' names no release; write student@N")
    shell.call("rollback").refused("nothing to roll back: the teacher serves every function")
    shell.call("export", "7", shell.folder / "x").refused("no finished run 7; finished: none")
    release = shell.call("evaluate", "--release", "student@9")
    release.refused("no release student@9", "understudy status")


def test_a_mistyped_data_dir_becomes_no_empty_store(shell: Shell) -> None:
    for arguments in (("status",), ("rollback",), ("promote", "1"), ("export", "1", "x")):
        shell.call(*arguments).refused(f"no store in {shell.data_dir}", "understudy serve")
    assert not shell.data_dir.exists()


def test_a_release_that_the_gate_held_exits_with_three(shell: Shell) -> None:
    insert_release(shell, b"GGUF", b"GGUF", CycleState.REJECTED)
    shell.call("promote", "student@1").refused("did not pass the gate", "force it", code=3)
    with open_store(shell.data_dir, read_only=True) as store:
        assert [release.state for release in store.find_releases()] == [CycleState.REJECTED]


def test_a_truncated_file_of_the_live_release_is_found(shell: Shell) -> None:
    whole = b"GGUF" + bytes(1000)
    insert_release(shell, whole, whole[:500], CycleState.LIVE)
    file = shell.write("questions.jsonl", question_line())
    done = shell.call("evaluate", "--questions", file)
    done.refused("model.gguf", sha256(whole).hexdigest(), "cut short", "roll the release back")


# Training.


def test_training_without_its_packages_says_what_to_install(
    shell: Shell, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "torch", None)
    shell.call("train").refused("training needs torch", "pip install 'understudy[train,local]'")


def test_training_on_nothing_says_where_traces_come_from(shell: Shell) -> None:
    shell.call("train").refused("no trace is left to learn from", "capture.traces", "import")


def test_training_without_permission_names_the_setting(shell: Shell) -> None:
    shell.settings(trainer={"enabled": False, "bootstrap_traces": 8})
    file = shell.write("traces.jsonl", trace_line(1) + "\n" + trace_line(2))
    assert shell.call("import", file).code == 0
    shell.call("train").refused("teacher.training_permission is 'none'", "written_permission")
    with open_store(shell.data_dir, read_only=True) as store:
        assert (store.find_runs(), store.find_datasets()[1:]) == ([], [])


# The store and the disk.


def test_a_store_of_a_newer_schema_is_left_alone(shell: Shell) -> None:
    open_store(shell.data_dir).close()
    connection = sqlite3.connect(shell.data_dir / FILE)
    connection.execute("UPDATE alembic_version SET version_num = '9999'")
    connection.commit()
    connection.close()
    for arguments in (("status",), ("serve",), ("rollback",)):
        shell.call(*arguments).refused("schema 9999, newer", "install the Understudy that wrote it")


def test_a_data_dir_that_cannot_be_written_is_named(shell: Shell) -> None:
    occupied = shell.write("occupied", "")
    file = shell.write("traces.jsonl", trace_line(1))
    shell.settings(data_dir=str(occupied / "data"))
    shell.call("import", file).refused(str(occupied / "data"), "choose another data_dir")


def test_a_full_disk_loses_nothing_that_was_stored(shell: Shell) -> None:
    """A limit on file sizes stands in for the disk: a test may not fill a real one."""
    first = shell.write("first.jsonl", trace_line(0))
    assert shell.call("import", first).code == 0
    size = (shell.data_dir / FILE).stat().st_size + 100_000
    many = "\n".join(trace_line(number, f"{number} " * 9000) for number in range(1, 40))
    file = shell.write("many.jsonl", many)

    def fill() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))

    shell.run("import", file, before=fill).refused(FILE, "free space")
    assert count_traces(shell) >= 1
    assert shell.call("import", file).code == 0
    assert count_traces(shell) == 40


def test_figures_that_find_no_room_are_missed(shell: Shell) -> None:
    file = shell.write("questions.jsonl", question_line())
    done = shell.call("evaluate", "--questions", file, "--json", "/dev/full")
    done.refused("/dev/full cannot be written (No space left on device)", "--json")
