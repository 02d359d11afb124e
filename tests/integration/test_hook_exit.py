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
