"""An instrumented application: official clients, an upstream, and the recorder behind them.

The `open_…` are fixtures of the modules that name them.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import anthropic
import openai
import pytest
from capture_rig import CONFIG, Rig
from gateway_rig import SYSTEM, TICKETS, answer_of, build_prompt

from understudy.capture import Hook, instrument
from understudy.records import Inference, InferenceStatus
from understudy.testing import ScriptedUpstream

TICKET = "my invoice is wrong"
EXPECTED = answer_of(build_prompt({"text": TICKET}))
ASKED: dict[str, Any] = {
    "model": "any-model",
    "max_tokens": 300,
    "system": SYSTEM,
    "messages": [{"role": "user", "content": TICKET}],
}
CHAT: dict[str, Any] = {
    "model": "any-model",
    "messages": [{"role": "system", "content": SYSTEM}, {"role": "user", "content": TICKET}],
}
# The upstream is not told which function is asked, so there is but one.
ONE = replace(TICKETS, functions={"classify": TICKETS.functions["classify"]})


@dataclass(frozen=True, slots=True)
class Scene:
    upstream: ScriptedUpstream
    folder: Path
    drain: Rig

    def instrument(self, client: Any) -> Hook:
        return instrument(client, function="sort_ticket", user="ann", data_dir=self.folder)

    def recorded(self, hook: Hook) -> list[Inference]:
        assert hook.flush()
        self.drain.recorder.drain()
        return self.drain.store.find_inferences()


def open_scene(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Scene]:
    # The spool's thread writes when it is asked to.
    monkeypatch.setenv("UNDERSTUDY_CAPTURE__FLUSH_INTERVAL_S", "3600")
    drain = Rig(tmp_path, CONFIG)
    with ScriptedUpstream(ONE) as upstream:
        yield Scene(upstream, tmp_path, drain)
    drain.close()


def open_claude(scene: Scene) -> Iterator[anthropic.Anthropic]:
    with anthropic.Anthropic(base_url=scene.upstream.url, api_key="sk-test", max_retries=0) as made:
        yield made


def open_gpt(scene: Scene) -> Iterator[openai.OpenAI]:
    url = f"{scene.upstream.url}/v1"
    with openai.OpenAI(base_url=url, api_key="sk-test", max_retries=0) as made:
        yield made


def check(inference: Inference, hook: Hook, expected: Any = EXPECTED) -> None:
    assert inference.id == hook.last_inference
    assert (inference.status, inference.error) == (InferenceStatus.COMPLETE, "")
    assert inference.prompt == build_prompt({"text": TICKET})
    assert inference.prompt_hash == inference.prompt.hash
    assert (inference.function, inference.user) == ("sort_ticket", "ann")
    assert inference.completion.answer == expected.answer
    assert inference.completion.thinking == expected.thinking
    assert inference.completion.stop_reason == "end_turn"
    assert inference.cost_usd > 0
    assert inference.latency_s > 0
