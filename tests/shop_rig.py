"""An application whose answers are lists, and a server of it whose tier 1 fits when it is told to."""

import contextlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import orjson
from embedding_rig import Endpoint, embedding_endpoint
from gateway_rig import PATIENCE_S, Answer, Rig, rig
from record_builders import make_completion, make_feedback, make_inference

from understudy.config import Embedding, Ranker, Tier1
from understudy.daemon.tier1 import Tier1Learner
from understudy.function import Application, Function, ListedItem, Listing
from understudy.learn.tier1.embedders import build_embedder
from understudy.learn.tier1.rankers import Rankers
from understudy.records import Completion, FeedbackKind, Message, Prompt, ReasoningKind
from understudy.wire import anthropic, openai

NAMES = ("anvil", "bolt", "chain", "drill")
RELEVANCE = {name: 0.9 - place / 10 for place, name in enumerate(NAMES)}


def build_prompt(request: Mapping[str, Any]) -> Prompt:
    return Prompt("List the tools.", (Message("user", str(request["text"])),))


def list_tools(answer: Mapping[str, Any]) -> Sequence[ListedItem]:
    return [ListedItem(name, f"tool {name}", RELEVANCE[name]) for name in answer["tools"]]


def arrange_tools(answer: Mapping[str, Any], order: Sequence[int]) -> Mapping[str, Any]:
    return {**answer, "tools": [answer["tools"][place] for place in order]}


LISTING = Listing(lambda prompt: prompt.messages[-1].content, list_tools, arrange_tools)
PICK = Function(
    name="pick",
    schema={"type": "object", "properties": {"tools": {"items": {"enum": list(NAMES)}}}},
    build_prompt=build_prompt,
    items=lambda answer: answer["tools"],
    family=lambda prompt: prompt.hash,
    listing=LISTING,
)
ONLY_DRILL = {name: float(name == "drill") for name in NAMES}
TEACHERS = '{"tools": ["anvil","bolt","chain","drill"]}'


def teach(_name: str, _prompt: Prompt) -> Completion:
    return Completion(TEACHERS, "all of them", ReasoningKind.RAW, "end_turn")


TOOLS = Application("tools", {"pick": PICK}, teach)


@dataclass(frozen=True, slots=True)
class Shop:
    """A server with tier 1, whose learner fits when it is told to."""

    rig: Rig
    rankers: Rankers
    learner: Tier1Learner
    endpoint: Endpoint

    @property
    def learner_folder(self) -> Path:
        return self.rig.state.config.data_dir / "tier1" / "pick"

    def ask(self, text: str, *, stream: bool = False, dialect: Any = anthropic) -> Answer:
        prompt = build_prompt({"text": text})
        if dialect is openai:
            rendered = openai.render_request(prompt, "m", 300, 0.0)
        else:
            rendered = anthropic.render_request(prompt, "m", 300)
        body = orjson.loads(rendered)
        return self.rig.post(dialect.PATH, {**body, "stream": stream})

    def rate(self, question: str, user: str) -> None:
        """Over HTTP, as an application does: ask, and score what came back. Only the drill helps."""
        found = self.ask(question)
        about = {"inference": found.headers["x-understudy-inference"], "user": user}
        items = {"kind": "items", "name": "items", "value": ONLY_DRILL, "source": "user"}
        assert self.rig.post("/v1/feedback", about | items).status == 200

    def teach_drill(self, questions: int) -> None:
        """The same without the wire, and one fit on it."""
        store, answer = self.rig.store, make_completion(answer=TEACHERS)
        first = store.count_inferences()
        for number in range(first, first + questions):
            prompt, one = build_prompt({"text": f"dull thing {number}"}), f"i{number}"
            made = make_inference(id=one, function="pick", prompt=prompt, completion=answer)
            store.insert_inferences([made])
            user, kind = f"user-{number % 9}", FeedbackKind.ITEMS
            said = make_feedback("items", ONLY_DRILL, inference=one, user=user, kind=kind)
            store.insert_feedback([said])
        self.learner.learn()


@contextlib.contextmanager
def shop(folder: Path, staged: Mapping[str, Any] | None = None, **changes: Any) -> Iterator[Shop]:
    """`staged` is what the rig puts on stage, the rest are settings of tier 1."""
    with (
        embedding_endpoint() as endpoint,
        rig(folder, application=TOOLS, **(staged or {})) as running,
    ):
        state = running.state
        embedding = Embedding(kind="openai", base_url=endpoint.url)
        tier1 = Tier1(**{"order": "all", "max_wait_s": PATIENCE_S, **changes})
        # Ids are random, and so is who is held out: of forty events, five all but surely.
        ranker = Ranker(gate_events=5, validation_share=0.4, batch_events=8)
        config = state.config.model_copy(
            update={"tier1": tier1, "embedding": embedding, "ranker": ranker}
        )
        build = partial(build_embedder, embedding, config.data_dir)
        rankers = Rankers(config, TOOLS.functions, build)
        state.config, state.rankers = config, rankers
        rankers.warm()
        learner = Tier1Learner(running.store, config, rankers, state.clock)
        yield Shop(running, rankers, learner, endpoint)
