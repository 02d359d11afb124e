"""Tier 1 in the request path: feedback comes in, the next answers are in another order."""

import contextlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import orjson
import pytest
from embedding_rig import embedding_endpoint
from gateway_rig import Answer, Rig, rig

from understudy.config import Embedding, Ranker, Tier1
from understudy.daemon.tier1 import Tier1Learner
from understudy.function import Application, Function, ListedItem, Listing
from understudy.learn.tier1.embedders import build_embedder
from understudy.learn.tier1.rankers import Rankers
from understudy.records import Completion, Message, Prompt, ReasoningKind
from understudy.testing import Behaviour
from understudy.wire import anthropic, openai
from understudy.wire.answers import parse_answer

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

    def ask(self, text: str, *, stream: bool = False, dialect: Any = anthropic) -> Answer:
        prompt = build_prompt({"text": text})
        if dialect is openai:
            rendered = openai.render_request(prompt, "m", 300, 0.0)
        else:
            rendered = anthropic.render_request(prompt, "m", 300)
        body = orjson.loads(rendered)
        return self.rig.post(dialect.PATH, {**body, "stream": stream})

    def teach_drill(self, questions: int) -> None:
        """Whoever asks with `dull` wants the drill, which the teacher lists last."""
        for number in range(questions):
            found = self.ask(f"dull thing {number}")
            scores = {name: float(name == "drill") for name in NAMES}
            about = {"inference": found.headers["x-understudy-inference"], "user": f"u{number % 9}"}
            items = {"kind": "items", "name": "items", "value": scores, "source": "user"}
            assert self.rig.post("/v1/feedback", about | items).status == 200
        self.rig.state.recorder.drain()
        self.learner.learn()


@contextlib.contextmanager
def shop(folder: Path, **changes: Any) -> Iterator[Shop]:
    with embedding_endpoint() as endpoint, rig(folder, application=TOOLS) as running:
        state = running.state
        embedding = Embedding(kind="openai", base_url=endpoint.url)
        tier1 = Tier1(**{"order": "all", **changes})
        ranker = Ranker(gate_events=5, validation_share=0.2, batch_events=8)
        config = state.config.model_copy(
            update={"tier1": tier1, "embedding": embedding, "ranker": ranker}
        )
        build = partial(build_embedder, embedding, config.data_dir)
        rankers = Rankers(config, TOOLS.functions, build)
        state.config, state.rankers = config, rankers
        yield Shop(running, rankers, Tier1Learner(running.store, config, rankers, state.clock))


def tools_of(answer: Answer, dialect: Any = anthropic) -> list[str]:
    assert answer.status == 200
    found = parse_answer(dialect.parse_response(answer.body).answer)
    assert found is not None
    return list(found["tools"])


def test_feedback_on_items_puts_them_first_within_one_fit(tmp_path: Path) -> None:
    with shop(tmp_path) as one:
        assert tools_of(one.ask("dull knife")) == list(NAMES)
        one.teach_drill(60)
        after = one.ask("dull knife")
        inferences = one.rig.stop()
    assert tools_of(after)[0] == "drill"
    assert after.headers["x-understudy-ranking"].startswith("version=1; order=3")
    last = inferences[-1]
    assert last.completion.answer == TEACHERS, "what the teacher said is what is recorded"
    assert last.ranking is not None
    assert (last.ranking.version, last.ranking.items) == (1, NAMES)
    assert last.ranking.shown[0] == 3
    assert last.ranking.chances == (1.0,) * 4
    assert last.ranking.relevance == pytest.approx([0.9, 0.8, 0.7, 0.6])


def test_both_formats_are_put_in_order_and_nothing_else_of_them_changes(tmp_path: Path) -> None:
    with shop(tmp_path) as one:
        one.teach_drill(60)
        first = one.ask("dull knife")
        chat = one.ask("dull knife", dialect=openai)
    assert tools_of(first)[0] == tools_of(chat, openai)[0] == "drill"
    message = orjson.loads(first.body)
    assert [block["type"] for block in message["content"]] == ["thinking", "text"]
    assert message["content"][0]["thinking"] == "all of them"


def test_the_teachers_bytes_are_relayed_where_order_is_left_to_students(tmp_path: Path) -> None:
    with shop(tmp_path, order="students") as one:
        one.teach_drill(60)
        answer = one.ask("dull knife")
    assert tools_of(answer) == list(NAMES)
    assert TEACHERS in anthropic.parse_response(answer.body).answer
    assert "x-understudy-ranking" not in answer.headers


def test_a_stream_is_relayed_as_it_comes(tmp_path: Path) -> None:
    with shop(tmp_path) as one:
        one.teach_drill(60)
        answer = one.ask("dull knife", stream=True)
    assert anthropic.parse_stream(answer.body).answer == TEACHERS
    assert "x-understudy-ranking" not in answer.headers


@pytest.mark.parametrize("text", ["no JSON at all", '{"tools": ["unknown"]}', '{"tools": 3}', "{}"])
def test_an_answer_that_is_no_list_of_the_catalog_passes_untouched(
    tmp_path: Path, text: str
) -> None:
    with shop(tmp_path) as one:
        one.rig.upstream.behaviour = Behaviour(answer=text)
        answer = one.ask("dull knife")
    assert answer.status == 200
    assert anthropic.parse_response(answer.body).answer == text


def test_an_error_of_the_teacher_passes_untouched(tmp_path: Path) -> None:
    with shop(tmp_path) as one:
        one.rig.upstream.behaviour = Behaviour(status=529)
        answer = one.ask("dull knife")
    assert answer.status == 529


def test_without_its_packages_tier_1_is_off_and_says_so(tmp_path: Path) -> None:
    with shop(tmp_path) as one:
        gone = Embedding(kind="openai", base_url="http://127.0.0.1:9/v1", timeout_s=1)
        build = partial(build_embedder, gone, tmp_path)
        one.rig.state.rankers = Rankers(one.rig.state.config, TOOLS.functions, build)
        answer = one.ask("dull knife")
        status = one.rig.state.rankers.status()
    assert tools_of(answer) == list(NAMES)
    assert "embedding.base_url" in status["off"]


def test_no_request_waits_for_a_fit(tmp_path: Path) -> None:
    with shop(tmp_path) as one:
        one.teach_drill(60)
        with one.rankers._desks["pick"].lock:
            answer = one.ask("dull knife")
    assert tools_of(answer) == list(NAMES)


def test_what_was_learned_outlives_the_server_and_is_not_learned_twice(tmp_path: Path) -> None:
    with shop(tmp_path) as one:
        one.teach_drill(60)
        one.learner.close()
        before = one.rankers.status()["functions"]["pick"]
    with shop(tmp_path) as again:
        again.learner.learn()
        answer = again.ask("dull knife")
        after = again.rankers.status()["functions"]["pick"]
    assert tools_of(answer)[0] == "drill"
    assert after["fits"] == before["fits"] == 1


def test_one_user_cannot_teach_beyond_the_daily_cap(tmp_path: Path) -> None:
    with shop(tmp_path, user_events=2) as one:
        one.teach_drill(60)
        status = one.learner.status()
    # Nine users, two answers each.
    assert sum(status["beyond_user_cap"].values()) == 60 - 18


def test_a_cap_shows_fewer_and_logs_every_chance(tmp_path: Path) -> None:
    with shop(tmp_path, max_items=2, exploration=0.4) as one:
        answers = [tools_of(one.ask(f"thing {number}")) for number in range(30)]
        inferences = one.rig.stop()
    assert {len(tools) for tools in answers} == {2}
    assert {tools[0] for tools in answers} == {"anvil"}
    assert len({tools[1] for tools in answers}) > 1
    for tools, inference in zip(answers, inferences, strict=True):
        assert inference.ranking is not None
        assert [inference.ranking.items[place] for place in inference.ranking.shown] == tools
        assert inference.ranking.chances == pytest.approx([1.0, 0.6 + 0.4 / 3, 0.4 / 3, 0.4 / 3])
