"""`understudy bootstrap`: what it stores, what it says of it, and what it refuses."""

import json

from cli_rig import Shell

from understudy.records import TraceSource
from understudy.store import open_store

BARE = """
from dataclasses import replace
from commandcenter.application import APPLICATION as FULL
APPLICATION = replace(FULL, bootstrap=None, workflows=None)
"""


def test_bootstrap_stores_the_traces_once_and_sums_them_up(shell: Shell) -> None:
    target = shell.folder / "figures.json"
    done = shell.call("bootstrap", "--traces", "64", "--seed", "3", "--json", target)

    assert done.code == 0, done.err
    for words in (
        "predictive_maintenance",
        "all, as flagged",
        "64 new",
        "64 synthetic",
        "0 repeat",
    ):
        assert words in done.out, words
    figures = json.loads(target.read_text())
    assert figures["all"]["traces"] == 64
    assert "0 new, 64 known" in shell.call("bootstrap", "--traces", "64", "--seed", "3").out
    with open_store(shell.data_dir, read_only=True) as store:
        assert store.count_traces(TraceSource.BOOTSTRAP) == store.count_traces() == 64


def test_what_was_bootstrapped_becomes_a_dataset_without_a_held_out_row(shell: Shell) -> None:
    shell.call("bootstrap", "--traces", "40")
    target = shell.folder / "manifest.json"

    done = shell.call("dataset", "build", "--json", target)

    assert done.code == 0, done.err
    manifest = json.loads(target.read_text())
    kept = manifest["counts"]["kept"]
    assert kept + sum(manifest["skipped"].values()) == 40
    assert manifest["rows_by_split"] == {
        "train": {"answer": kept, "thinking": kept, "consistency": kept},
        "holdout": {},
    }
    assert manifest["reasoning_kinds"] == {"synthetic": kept}


def test_an_application_without_workflows_is_told_apart(shell: Shell) -> None:
    shell.write("bare.py", BARE)
    shell.settings(application="bare:APPLICATION")
    shell.run("bootstrap").refused("makes no synthetic traces", "bootstrap", "import")
    shell.settings()
    assert shell.call("bootstrap", "--traces", "0").code == 2
