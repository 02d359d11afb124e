"""[capture] replay: whether the teacher is asked again, how often, and for how much."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import orjson
import pytest
from gateway_rig import TICKETS, build_prompt
from reach_rig import Reach, check, same
from record_builders import make_completion, make_inference

from understudy.capture.replay import Replayer
from understudy.config import Config
from understudy.records import TEACHER, Inference, ReasoningKind, Variant
from understudy.store import open_store
from understudy.testing import Received, ScriptedUpstream

NOW = 1000.0
ON = {"traces": True, "trace_share": 1.0, "replay": True, "replay_usd_per_day": 9.0}


def silent(number: int, variant: Variant) -> Inference:
    prompt = build_prompt({"text": f"ticket {number}"})
    return make_inference(
        function="classify",
        variant=variant,
        prompt=prompt,
        prompt_hash=prompt.hash,
        completion=make_completion(thinking=None, reasoning_kind=ReasoningKind.OMITTED),
        created_at=NOW,
    )


def asked(config: Config, ticks: int, variant: Variant = TEACHER, **capture: Any) -> list[Received]:
    """What the teacher is asked in so many looks at four answers; `capture` is set on top."""
    with ScriptedUpstream(TICKETS) as upstream, open_store(Path("data")) as store:
        store.insert_inferences([silent(number, variant) for number in range(4)])
        sections = config.model_dump(exclude_unset=True)
        sections["capture"] = {**capture, **sections.get("capture", {})}
        teacher = {"kind": "scripted", "base_url": upstream.url}
        settings = Config.model_validate({**sections, "data_dir": "data", "teacher": teacher})
        replayer = Replayer(store, TICKETS.functions, settings, lambda: NOW)
        for _ in range(ticks):
            replayer.tick()
        return upstream.received


def count(ticks: int = 1, *, without: str = "", **given: Any) -> Callable[[Config], int]:
    on = {name: value for name, value in ON.items() if name != without}
    return lambda config: len(asked(config, ticks, **{**on, **given}))


def thinking(config: Config) -> int:
    return int(orjson.loads(asked(config, 1, **ON)[0].body)["thinking"]["budget_tokens"])


REPLAY: dict[str, Reach] = {
    "capture.replay": Reach(True, count(without="replay"), 1),
    "capture.replay_students": Reach(True, count(variant=Variant(1)), 1),
    "capture.replay_per_minute": Reach(2, count(ticks=2, replay_concurrency=9), 2),
    "capture.replay_concurrency": Reach(3, count(), 3),
    "capture.replay_usd_per_day": Reach(1.0, count(without="replay_usd_per_day"), 1),
    "capture.replay_thinking_tokens": same(3000, thinking),
}


@pytest.mark.parametrize("name", REPLAY)
def test_a_setting_reaches_its_user(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    check(name, REPLAY[name], tmp_path, monkeypatch)
