"""A store, a scripted upstream and replayers over them, at a clock of their own."""

from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from gateway_rig import TICKETS, build_prompt
from record_builders import make_completion, make_inference

from understudy.capture.replay import Replayer
from understudy.config import Config
from understudy.records import (
    Inference,
    ReasoningKind,
)
from understudy.store import Store
from understudy.testing import ScriptedUpstream

NOON = 1_800_014_400.0


@dataclass(slots=True)
class Rig:
    store: Store
    upstream: ScriptedUpstream
    folder: Path
    now: list[float] = field(default_factory=lambda: [NOON])

    def replayer(self, teacher: dict[str, Any] | None = None, **capture: Any) -> Replayer:
        on = {"traces": True, "trace_share": 1.0, "replay": True, "replay_usd_per_day": 9.0}
        kind = {"kind": "scripted", "base_url": self.upstream.url, "timeout_s": 20.0}
        config = Config.model_validate(
            {
                "data_dir": self.folder,
                "teacher": {**kind, **(teacher or {})},
                "capture": {**on, "replay_per_minute": 99, **capture},
            }
        )
        return Replayer(self.store, TICKETS.functions, config, lambda: self.now[0])

    def insert(self, *texts: str, **changes: Any) -> list[Inference]:
        made = [silent(one, **changes) for one in texts or ("my invoice is wrong",)]
        self.store.insert_inferences(made)
        return made


def silent(text: str, **changes: Any) -> Inference:
    """The teacher's answer without reasoning."""
    prompt = build_prompt({"text": text})
    omitted = make_completion(thinking=None, reasoning_kind=ReasoningKind.OMITTED)
    plain = make_inference(
        function="classify",
        prompt=prompt,
        prompt_hash=prompt.hash,
        completion=omitted,
        created_at=NOON - 60,
    )
    return replace(plain, **changes)


def counts(replayer: Replayer) -> tuple[int, int, int, int]:
    status = replayer.status()
    return status["asked"], status["kept"], status["refused"], status["failed"]
