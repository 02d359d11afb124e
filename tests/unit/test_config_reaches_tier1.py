"""[tier1], and where [embedding] points: how a ranking reaches the answers."""

import asyncio
import socket
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from embedding_rig import Endpoint, embedding_endpoint
from ranker_rig import WordVectors
from reach_rig import Reach, check, same
from record_builders import make_completion, make_feedback, make_inference
from shop_rig import LISTING, NAMES, PICK, TEACHERS, TOOLS, build_prompt

from understudy.config import Config
from understudy.daemon.item_events import build_event
from understudy.daemon.tier1 import Tier1Learner
from understudy.errors import UpstreamError
from understudy.function import Listing
from understudy.learn.tier1.embedders import build_embedder
from understudy.learn.tier1.features import Item
from understudy.learn.tier1.intake import Event
from understudy.learn.tier1.rankers import Rankers
from understudy.learn.tier1.tensors import Array
from understudy.records import FeedbackKind, Ranking
from understudy.serve.calls import Call
from understudy.serve.ranking import rank, takes_teachers
from understudy.serve.state import build_state
from understudy.store import open_store
from understudy.wire import anthropic
from understudy.wire.answers import parse_answer

CRITICAL = Listing(LISTING.query, LISTING.items, LISTING.arrange, frozenset({"anvil"}))


def ranked(config: Config) -> Ranking | None:
    """By a ranker that learned from one answer, which is too little to change anything."""
    plan = parse_answer(TEACHERS) or {}
    rankers = Rankers(config, TOOLS.functions, WordVectors)
    items = [Item(name, f"tool {name}") for name in NAMES]
    rankers.fit("pick", [Event("once", "dull", items, {"drill": 1.0})], 1)
    found = rankers.arrange("pick", build_prompt({"text": "dull"}), plan, "inference")
    return None if found is None else found[1]


def told(tell: Callable[[Ranking], Any]) -> Callable[[Config], Any]:
    def probe(config: Config) -> Any:
        found = ranked(config)
        return None if found is None else tell(found)

    return probe


def chance_of_the_next(config: Config) -> float:
    """Of the entry behind the cap."""
    capped = config.tier1.model_copy(update={"max_items": 2})
    found = ranked(config.model_copy(update={"tier1": capped}))
    assert found is not None
    return round(found.chances[2], 6)


def place_of_a_critical_entry(config: Config) -> int:
    """The model put it first, and everybody wants something else."""
    answer = make_completion(answer=TEACHERS)
    scores = {name: float(name != "anvil") for name in NAMES}
    eager = config.ranker.model_copy(update={"gate_events": 2, "validation_share": 0.4})
    config = config.model_copy(update={"ranker": eager, "data_dir": Path("data")})
    rankers = Rankers(config, {"pick": replace(PICK, listing=CRITICAL)}, WordVectors)
    with open_store(Path("store")) as store:
        for number in range(60):
            prompt, one = build_prompt({"text": f"dull {number}"}), f"i{number}"
            made = make_inference(id=one, function="pick", prompt=prompt, completion=answer)
            store.insert_inferences([made])
            said = make_feedback("items", scores, inference=one, user=one, kind=FeedbackKind.ITEMS)
            store.insert_feedback([said])
        Tier1Learner(store, config, rankers, lambda: 0.0).learn()
    plan = parse_answer(TEACHERS) or {}
    found = rankers.arrange("pick", build_prompt({"text": "dull"}), plan, "inference")
    assert found is not None
    return found[1].shown.index(0)


def fits_after(seconds: float) -> Callable[[Config], bool]:
    """Whether a learner fits again so long after its first time."""

    def probe(config: Config) -> bool:
        now = 1000.0
        with open_store(Path("store")) as store:
            rankers = Rankers(config, TOOLS.functions, WordVectors)
            learner = Tier1Learner(store, config, rankers, lambda: now)
            learner.tick()
            now += seconds
            learner.tick()
            return bool(learner.status()["last_fit_time"] == now)

    return probe


def answers_that_count(config: Config) -> int:
    """Of three that one user judged on one day."""
    with open_store(Path("store")) as store:
        learner = Tier1Learner(
            store, config, Rankers(config, TOOLS.functions, WordVectors), lambda: 0.0
        )
        thumb = make_feedback("rating", True)
        cap, new = learner._cap.draft(), {thumb.id}
        kept = [cap.keep(make_inference(id=f"i{n}"), [thumb], new) for n in range(3)]
    return sum(map(len, kept))


def worth_of_a_thumb(config: Config) -> float:
    prompt, completion = build_prompt({"text": "dull"}), make_completion(answer=TEACHERS)
    asked = make_inference(function="pick", prompt=prompt, completion=completion)
    event = build_event(asked, [make_feedback("rating", True)], LISTING, config)
    assert event is not None
    return event.rewards["anvil"]


def asked_of(tell: Callable[[Endpoint, Any], Any]) -> Callable[[Config], Any]:
    """An endpoint is asked as the config says; its address is the rig's own."""

    def probe(config: Config) -> Any:
        with embedding_endpoint() as server:
            settings = config.embedding.model_copy(
                update={"kind": "openai", "base_url": server.url}
            )
            return tell(server, build_embedder(settings, Path("models")))

    return probe


def refused_by(config: Config) -> str:
    """The address that an endpoint was sought at."""
    settings = config.embedding.model_copy(update={"kind": "openai", "timeout_s": 1.0})
    with pytest.raises(UpstreamError) as refusal:
        build_embedder(settings, Path("models"))
    return str(refusal.value).split("/embeddings")[0]


def gives_up_within(config: Config) -> bool:
    """Five seconds, on an endpoint that takes the connection and never answers."""
    with socket.create_server(("127.0.0.1", 0)) as silent:
        address = f"http://127.0.0.1:{silent.getsockname()[1]}"
        settings = config.embedding.model_copy(update={"kind": "openai", "base_url": address})
        began = time.monotonic()
        with pytest.raises(UpstreamError):
            build_embedder(settings, Path("models"))
        return time.monotonic() - began < 5


def embedder_of(config: Config) -> str:
    if config.embedding.kind == "minilm":
        return "minilm"
    with embedding_endpoint() as server:
        settings = config.embedding.model_copy(update={"base_url": server.url})
        return type(build_embedder(settings, Path("models"))).__name__


class Stuck(WordVectors):
    """Gives vectors for what it knows, and keeps every other text until it is let go."""

    def __init__(self) -> None:
        super().__init__()
        self.stuck = False
        self.go_on = threading.Event()

    def embed(self, texts: Sequence[str]) -> Array:
        if self.stuck:
            self.go_on.wait(60)
        return super().embed(texts)


def waits_for_a_slow_embedder(config: Config) -> bool:
    """For as long as it takes, where it may wait so long; the default gives up long before."""
    vectors = Stuck()
    rankers = Rankers(config, TOOLS.functions, lambda: vectors)
    items = [Item(name, f"tool {name}") for name in NAMES]
    rankers.fit("pick", [Event("once", "dull", items, {"drill": 1.0})], 1)
    vectors.stuck = True
    completion, prompt = make_completion(answer=TEACHERS), build_prompt({"text": "new"})

    async def wait() -> bool:
        with open_store(Path("store")) as store:
            state = replace(build_state(config, "", TOOLS, store), rankers=rankers)
            body = anthropic.render_request(prompt, "m", 9)
            call = Call("i", state.naming, "e", "", anthropic, body, 0.0, 0.0, _function="pick")
            ranking = asyncio.ensure_future(rank(state, call, completion))
            await asyncio.wait((ranking,), timeout=3.0)
            vectors.go_on.set()
            return (await ranking)[1] is not None

    return asyncio.run(wait())


TIER1: dict[str, Reach] = {
    "tier1.enabled": Reach(False, lambda config: ranked(config) is None, True),
    "tier1.order": Reach("all", takes_teachers, True),
    "tier1.interval_s": Reach(5.0, fits_after(10.0), True),
    "tier1.max_wait_s": Reach(60.0, waits_for_a_slow_embedder, True),
    "tier1.max_items": same(2, told(lambda done: len(done.shown))),
    "tier1.exploration": Reach(0.6, chance_of_the_next, 0.2),
    "tier1.critical_place": Reach(1, place_of_a_critical_entry, 0),
    "tier1.thumb_share": same(0.25, worth_of_a_thumb),
    "tier1.user_events": same(2, answers_that_count),
    "embedding.kind": Reach("openai", embedder_of, "EmbeddingEndpoint"),
    "embedding.base_url": same("http://127.0.0.1:9/v1", refused_by),
    "embedding.model": same("nomic", asked_of(lambda _, made: made.name.split("-")[0])),
    "embedding.timeout_s": Reach(0.5, gives_up_within, True, alone=True),
    "embedding.api_key": Reach("key", asked_of(lambda server, _: server.asked[0][0]), "Bearer key"),
}


@pytest.mark.parametrize("name", TIER1)
def test_a_setting_reaches_its_user(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    check(name, TIER1[name], tmp_path, monkeypatch)
