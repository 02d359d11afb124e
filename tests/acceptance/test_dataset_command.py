"""`understudy dataset`: what an operator sees of a dataset, and what is refused."""

import json

from cli_rig import Shell, trace_line

from understudy.store import open_store

OPEN = {
    "kind": "openai",
    "base_url": "http://127.0.0.1:9/v1",
    "model": "qwen3",
    "training_permission": "open",
}
WIDGET = {
    "scenario": "kpi",
    "size": "hero",
    "relevance": 0.9,
    "data_request": {"metric": "health", "entities": ["pump_001"], "query": "health"},
}


def planned(number: int) -> str:
    """A line of the original's trace file whose answer, of an open model, is a plan."""
    answer = json.dumps({"heading": "Pumps", "widgets": [WIDGET]})
    said = {"claude_answer": answer, "claude_model": "qwen3"}
    return json.dumps({**json.loads(trace_line(number)), **said})


def test_build_and_show_print_the_funnel_and_samples(shell: Shell) -> None:
    shell.settings(teacher=OPEN)
    broken = b'{"trace_id": "t9", "prompt": "\xff"}\n'
    plan = [planned(number) for number in range(40)]
    empty = json.dumps({**json.loads(plan[0]), "trace_id": "e", "claude_answer": ""})
    file = shell.write("lines.jsonl", "\n".join([*plan, empty]).encode() + b"\n" + broken)
    done = shell.call("import", file)
    assert done.code == 0
    assert "imported from lines.jsonl, read as traces.jsonl" in " ".join(done.out.split())

    target = shell.folder / "manifest.json"
    done = shell.call("dataset", "build", "--json", target)

    assert done.code == 0, done.err
    manifest = json.loads(target.read_text())
    counts = manifest["counts"]
    assert counts["kept"] + sum(manifest["skipped"].values()) == counts["found"]
    assert manifest["command"] == "understudy dataset build"
    assert "There is no pair: `load_dataset` finds no `preference`." in " ".join(done.out.split())
    for words in ("found", "kept to train on", "consistency", "select_widgets", "tokens"):
        assert words in done.out
    shown = shell.call("dataset", "show", manifest["id"][:6], "--sample", "3")
    assert shown.code == 0, shown.err
    for words in (manifest["id"], "answer, select_widgets", "already written", "learned"):
        assert words in shown.out


def test_traces_of_another_source_are_counted_and_not_called_missing(shell: Shell) -> None:
    shell.settings(teacher=OPEN)
    file = shell.write("traces.jsonl", "\n".join(map(planned, range(20))))
    assert shell.call("import", file).code == 0
    options = ("--function", "select_widgets", "--source", "captured")
    shell.call("dataset", "build", *options).refused(
        "of 20 found, 20 of a source that was not asked for"
    )
    done = shell.call("dataset", "build", "--source", "imported", "--source", "bootstrap")
    assert done.code == 0, done.err
    assert "not asked for" not in done.out


def test_the_commands_refuse_with_what_to_do(shell: Shell) -> None:
    shell.settings()
    shell.call("dataset", "show").refused("holds no dataset", "understudy dataset build")
    shell.call("dataset", "build").refused("no store in")
    with open_store(shell.data_dir):
        pass
    shell.call("dataset", "build").refused("no trace is left to learn from", "bootstrap")
    shell.call("dataset", "build", "--function", "fly").refused("no function 'fly'")
    shell.call("dataset", "build", "--json", shell.folder).refused("is a folder")
    shell.write("traces.jsonl", trace_line(1) + "\n")
    assert shell.call("import", shell.folder / "traces.jsonl").code == 0
    shell.call("dataset", "build").refused("teacher.training_permission is 'none'")
