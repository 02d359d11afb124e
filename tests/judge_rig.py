"""A store, a scripted upstream with a judge, and judges over them, at a clock of their own."""

from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import orjson
from record_builders import make_completion, make_inference

from commandcenter.application import APPLICATION, PLANT_SEED
from commandcenter.plant import Plant
from commandcenter.teacher import answer
from understudy.config import Config
from understudy.evaluate.judging import Judging
from understudy.records import Feedback, Inference
from understudy.store import Store
from understudy.testing import ScriptedUpstream

NOON = 1_800_014_400.0
PLANT = Plant(PLANT_SEED)
QUESTION = "how has the temperature of compressor 2 changed in the last week"
FREE = {"usd_per_million_input": 0.0, "usd_per_million_output": 0.0}


@dataclass(slots=True)
class Rig:
    store: Store
    upstream: ScriptedUpstream
    folder: Path
    now: list[float] = field(default_factory=lambda: [NOON])
    told: list[Feedback] = field(default_factory=list)

    def judging(self, teacher: dict[str, Any] | None = None, **judge: Any) -> Judging:
        kind = {"kind": "scripted", "base_url": self.upstream.url, "timeout_s": 20.0, **FREE}
        on = {"enabled": True, "per_minute": 99, "concurrency": 4}
        config = Config.model_validate(
            {
                "data_dir": self.folder,
                "teacher": {**kind, **(teacher or {})},
                "judge": {**on, **judge},
            }
        )
        return Judging(
            self.store, APPLICATION.functions, config, lambda: self.now[0], self.told.append
        )

    def wait(self, seconds: float) -> None:
        self.now[0] += seconds

    def insert(self, *served: Inference) -> list[Inference]:
        self.store.insert_inferences(served)
        return list(served)

    def verdict(self, served: Inference) -> Feedback:
        (found,) = self.store.find_feedback(inference=[served.id], name="evaluation")
        return found


def served(question: str = QUESTION, text: str = "", **changes: Any) -> Inference:
    """The teacher's own plan for a question, or another text in its place."""
    prompt = APPLICATION.functions["select_widgets"].build_prompt({"question": question})
    said = text or answer("select_widgets", prompt, PLANT).answer
    plain = make_inference(
        function="select_widgets",
        prompt=prompt,
        prompt_hash=prompt.hash,
        completion=make_completion(answer=said),
        created_at=NOON - 60,
    )
    return replace(plain, **changes)


def spoken(text: str) -> Inference:
    facts = ["pump_001 vibration = 2.8 mm/s"]
    prompt = APPLICATION.functions["speak"].build_prompt({"question": "pump 1?", "facts": facts})
    said = orjson.dumps({"text": text}).decode()
    return served(
        function="speak",
        prompt=prompt,
        prompt_hash=prompt.hash,
        completion=make_completion(answer=said),
    )


def plan_of(inference: Inference) -> dict[str, Any]:
    found: dict[str, Any] = orjson.loads(inference.completion.answer)
    return found


def only(inference: Inference, *places: int) -> str:
    """The plan with the widgets at these places alone."""
    plan = plan_of(inference)
    return orjson.dumps({**plan, "widgets": [plan["widgets"][at] for at in places]}).decode()
