"""An application that captures its own calls and ends, forks or is given nonsense."""

import subprocess
import sys
from pathlib import Path

import pytest
from capture_rig import CONFIG, Rig

from understudy.capture import record
from understudy.records import InferenceStatus, Message, ReasoningKind, Usage

APPLICATION = """
import os, sys
from pathlib import Path
from understudy.capture import record

heavy = [m for m in ("torch", "scipy", "sqlalchemy", "aiohttp", "starlette", "anthropic", "openai")
         if m in sys.modules]
assert heavy == [], heavy
place = {"data_dir": Path(sys.argv[1]), "function": "sort_ticket"}
ids = [record("before the fork", "a", **place)]
if os.fork() == 0:
    record("in the child", "b", **place)
    sys.exit(0)
os.wait()
record("in the parent", "c", **place)
"""

PARENT = """
import multiprocessing, sys
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from understudy.capture import record

def ask(question):
    record(question, "a", data_dir=Path(sys.argv[1]), function="sort_ticket")

def ask_and_fork(question):
    ask(question)
    child = multiprocessing.get_context("fork").Process(target=ask, args=(f"below {question}",))
    child.start()
    child.join()

if __name__ == "__main__":
    kind = sys.argv[2]
    context = multiprocessing.get_context(kind)
    if sys.argv[3] == "known":
        ask("parent")
    children = [context.Process(target=ask_and_fork, args=(f"child {n}",)) for n in range(2)]
    for child in children:
        child.start()
    for child in children:
        child.join()
    with ProcessPoolExecutor(1, mp_context=context) as pool:
        pool.submit(ask, "pool").result()
"""


@pytest.mark.parametrize("known", ["known", "unknown"])
@pytest.mark.parametrize("kind", ["fork", "spawn", "forkserver"])
def test_children_of_multiprocessing_lose_no_call(tmp_path: Path, kind: str, known: str) -> None:
    script = tmp_path / "application.py"
    script.write_text(PARENT)
    command = [sys.executable, "-W", "ignore", str(script), str(tmp_path / "data"), kind, known]
    subprocess.run(command, check=True)
    rig = Rig(tmp_path / "data", CONFIG)
    rig.recorder.drain()
    asked = {one.prompt.messages[0].content for one in rig.store.find_inferences()}
    rig.close()
    expected = {"child 0", "child 1", "below child 0", "below child 1", "pool"}
    assert asked == expected | ({"parent"} if known == "known" else set())


def test_what_was_captured_is_on_disk_when_the_application_ends(tmp_path: Path) -> None:
    command = [sys.executable, "-W", "ignore", "-c", APPLICATION, str(tmp_path)]
    subprocess.run(command, check=True)
    rig = Rig(tmp_path, CONFIG)
    assert rig.recorder.drain() == 3
    asked = {one.prompt.messages[0].content for one in rig.store.find_inferences()}
    assert asked == {"before the fork", "in the child", "in the parent"}
    assert rig.segments() == []
    rig.close()


def test_a_call_of_any_client_can_be_recorded(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rig = Rig(tmp_path, CONFIG)
    monkeypatch.setenv("UNDERSTUDY_CAPTURE__FLUSH_INTERVAL_S", "0.001")
    monkeypatch.setenv("UNDERSTUDY_CAPTURE__DRAIN_INTERVAL_S", "0.001")
    messages = [
        {"role": "system", "content": "Sort."},
        {"role": "user", "content": "write to ann@plant.example"},
    ]
    identity = record(
        messages,
        "bug",
        thinking="It breaks.",
        model="local",
        usage=Usage(10, 2),
        function="sort_ticket",
        data_dir=tmp_path,
    )
    while rig.recorder.drain() == 0:
        pass
    (inference,) = rig.store.find_inferences()
    assert inference.id == identity
    assert inference.prompt.system == "Sort."
    assert inference.prompt.messages == (Message("user", "write to [redacted: e-mail]"),)
    assert inference.completion.reasoning_kind is ReasoningKind.RAW
    assert inference.status is InferenceStatus.COMPLETE
    assert inference.prompt_hash != ""
    assert rig.store.count_traces() == 1
    rig.close()


def test_recording_nonsense_raises_nothing(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "file").write_text("in the way")
    assert record([{"content": "no role"}], "a", data_dir=tmp_path / "good")
    assert record("q", "a", data_dir=tmp_path / "file")
    assert record("q", "a", config=tmp_path / "none.toml")
