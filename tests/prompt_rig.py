"""An application whose prompt is in pieces, and a server of it that asks under versions of it.

Its teacher is right only when a certain rule comes first, so that the order of the rules matters.
"""

import contextlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson
from gateway_rig import Answer, Rig, rig

from understudy.config import Config, Prompts, Samples
from understudy.daemon.prompts import PromptLearner
from understudy.function import Application, Function
from understudy.learn.prompts.evolver import Evolver
from understudy.records import Completion, Message, Prompt, ReasoningKind
from understudy.template import Protected, RuleKind, Rules, Template, render
from understudy.wire import anthropic, openai

BRIEF, CAREFUL = "Be brief.", "Look twice."
TEMPLATE = Template(
    (
        Protected("Route the ticket.\n\n"),
        Rules(RuleKind.RULES, (BRIEF, CAREFUL), numbered=True, heading="Rules:\n"),
        Protected('\n\nAnswer with {"team":"..."}'),
    )
)
BASE = render(TEMPLATE)
OTHER = BASE.replace(BRIEF, "?").replace(CAREFUL, BRIEF).replace("?", CAREFUL)
RIGHT, WRONG = '{"team":"network"}', '{"team":"billing"}'


def build_prompt(request: Mapping[str, Any]) -> Prompt:
    return Prompt(BASE, (Message("user", str(request["text"])),))


def application(good: str) -> Application:
    """Its teacher is right where the rule `good` comes first."""

    def teach(_name: str, prompt: Prompt) -> Completion:
        rules = prompt.system.partition("Rules:\n1. ")[2]
        answer = RIGHT if rules.startswith(good) else WRONG
        return Completion(answer, "thought", ReasoningKind.RAW, "end_turn")

    route = Function(
        name="route",
        schema={"type": "object", "properties": {"team": {"enum": ["network", "billing"]}}},
        build_prompt=build_prompt,
        items=lambda answer: [answer["team"]],
        family=lambda prompt: prompt.messages[-1].content,
        template=TEMPLATE,
    )
    return Application("tickets", {"route": route}, teach)


@dataclass(frozen=True, slots=True)
class Desk:
    """A server that asks under versions, and what learns of them when it is told to."""

    rig: Rig
    config: Config
    application: Application
    evolver: Evolver
    learner: PromptLearner

    def ask(self, text: str, dialect: Any = anthropic, **changes: Any) -> Answer:
        prompt = build_prompt({"text": text})
        if dialect is openai:
            rendered = openai.render_request(prompt, "m", 300, 0.0)
        else:
            rendered = anthropic.render_request(prompt, "m", 300)
        return self.rig.post(dialect.PATH, {**orjson.loads(rendered), **changes})

    def rate(self, answer: Answer, up: bool, key: str = "") -> None:
        """A user's thumb, over HTTP."""
        about = {"inference": answer.headers["x-understudy-inference"], "user": "ann"}
        thumb = {"kind": "boolean", "name": "rating", "value": up, "source": "user", "key": key}
        assert self.rig.post("/v1/feedback", about | thumb).status == 200

    def ask_and_rate(self, count: int, begin: int = 0) -> None:
        """Right answers are liked, wrong ones are not."""
        for number in range(begin, begin + count):
            answer = self.ask(f"router {number}")
            self.rate(answer, answer_of(answer) == RIGHT)
        self.rig.drain()

    def restarted(self) -> tuple[Evolver, PromptLearner]:
        """What another process finds on the disk."""
        clock = self.rig.state.clock
        evolver = Evolver(self.config, self.application.functions, clock)
        return evolver, PromptLearner(self.rig.store, self.application, self.config, evolver, clock)


def answer_of(answer: Answer, dialect: Any = anthropic) -> str:
    assert answer.status == 200, answer.body
    found: str = dialect.parse_response(answer.body).answer
    return found


@contextlib.contextmanager
def desk(folder: Path, good: str = CAREFUL, **changes: Any) -> Iterator[Desk]:
    """`teacher` in the changes is about the teacher, the rest are settings of [prompts]."""
    made, teacher = application(good), changes.pop("teacher", {})
    with rig(folder, application=made, teacher=teacher) as running:
        settings = {"enabled": True, "trials_per_version": 4, "validation_experiences": 4}
        settings |= {"ask_teacher": False, "usd_per_day": 1.0}
        prompts = Prompts(**{**settings, "validation_margin": 0.1, **changes})
        config = running.state.config.model_copy(
            update={"prompts": prompts, "samples": Samples(holdout_share=0.5)}
        )
        evolver = Evolver(config, made.functions, running.state.clock)
        running.state.config, running.state.evolver = config, evolver
        learner = PromptLearner(running.store, made, config, evolver, running.state.clock)
        yield Desk(running, config, made, evolver, learner)
