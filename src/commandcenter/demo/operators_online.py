"""Simulated operators as HTTP clients of the gateway: they ask, read or hear the answer, rate it."""

import asyncio
import random
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import aiohttp

from commandcenter.operators import Need, rate
from commandcenter.plant import Plant
from commandcenter.series import ORIGIN
from commandcenter.voice import gather_facts
from understudy.function import Function
from understudy.keys import KEY_HEADER
from understudy.records import Prompt
from understudy.wire import anthropic
from understudy.wire.answers import parse_answer

PLAN = "select_widgets"
SPEECH = "speak"


@dataclass(slots=True)
class Tally:
    """What the operators did. `answered` counts plans by the variant named in the response header,
    `spoken` the answers that were heard."""

    asked: int = 0
    failed: int = 0
    rated: int = 0
    spoken: int = 0
    answered: dict[str, int] = field(default_factory=dict)
    inferences: list[str] = field(default_factory=list)

    @property
    def questions(self) -> int:
        """Without the requests to have an answer spoken."""
        return self.asked - self.spoken


@dataclass(frozen=True, slots=True)
class ControlRoom:
    """Where the operators work: the gateway, how many ask at once, how often they have the
    dashboard's answer spoken, how often they err."""

    url: str
    key: str
    functions: Mapping[str, Function]
    plant: Plant
    model: str
    concurrency: int
    spoken_share: float
    noise: float


@dataclass(frozen=True, slots=True)
class _Answered:
    inference: str
    variant: str
    answer: dict[str, Any] | None


async def work(
    room: ControlRoom,
    needs: Iterator[Need],
    tally: Tally,
    done: Callable[[], bool] = lambda: False,
) -> None:
    """Ask until `needs` runs out or `done` says so; each operator asks one thing at a time."""
    headers = {KEY_HEADER: room.key}
    async with aiohttp.ClientSession(base_url=room.url, headers=headers) as http:

        async def operator() -> None:
            for need in needs:
                if done():
                    return
                await _ask_and_rate(http, room, need, tally)

        await asyncio.gather(*(operator() for _ in range(room.concurrency)))


async def _ask_and_rate(
    http: aiohttp.ClientSession, room: ControlRoom, need: Need, tally: Tally
) -> None:
    rng = random.Random(need.question + need.episode)
    prompt = room.functions[PLAN].build_prompt({"question": need.question})
    found = await _ask(http, room, need, PLAN, prompt, tally)
    if found is None:
        return
    tally.answered[found.variant] = tally.answered.get(found.variant, 0) + 1
    await _send(http, _feedback(rng, need, found.answer, found.inference, room.noise), tally)
    if found.answer is not None and rng.random() < room.spoken_share:
        await _listen(http, room, need, found.answer, tally)


async def _listen(
    http: aiohttp.ClientSession,
    room: ControlRoom,
    need: Need,
    plan: dict[str, Any],
    tally: Tally,
) -> None:
    """Have the plan's first readings told in a sentence or two, and say whether they were."""
    facts = gather_facts(plan, room.plant, ORIGIN)
    request = {"question": need.question, "facts": facts, "plan": plan}
    prompt = room.functions[SPEECH].build_prompt(request)
    found = await _ask(http, room, need, SPEECH, prompt, tally)
    if found is None:
        return
    tally.spoken += 1
    told = str(facts[0]["value"]) in str((found.answer or {}).get("text", ""))
    thumb = {"kind": "boolean", "name": "rating", "value": told}
    about = {"inference": found.inference, "user": need.user, "source": "user"}
    await _send(http, [about | thumb], tally)


async def _ask(
    http: aiohttp.ClientSession,
    room: ControlRoom,
    need: Need,
    function: str,
    prompt: Prompt,
    tally: Tally,
) -> _Answered | None:
    headers = {
        "content-type": "application/json",
        "x-understudy-function": function,
        "x-understudy-episode": need.episode,
        "x-understudy-user": need.user,
    }
    body = anthropic.render_request(prompt, room.model, 1024)
    tally.asked += 1
    async with http.post("/v1/messages", data=body, headers=headers) as reply:
        raw = await reply.read()
        if reply.status != 200:
            tally.failed += 1
            return None
        inference = reply.headers["x-understudy-inference"]
        variant = reply.headers["x-understudy-variant"]
    tally.inferences.append(inference)
    return _Answered(inference, variant, parse_answer(anthropic.parse_response(raw).answer))


async def _send(http: aiohttp.ClientSession, rows: list[dict[str, object]], tally: Tally) -> None:
    if not rows:
        return
    tally.rated += 1
    async with http.post("/v1/feedback", json=rows) as reply:
        reply.raise_for_status()


def _feedback(
    rng: random.Random, need: Need, plan: dict[str, Any] | None, inference: str, noise: float
) -> list[dict[str, object]]:
    """What comes back of an answer: a thumb, scores by widget, a correction; often nothing."""
    ratings = rate(rng, need, plan, noise)
    about: dict[str, object] = {"inference": inference, "user": need.user, "source": "user"}
    rows: list[dict[str, object]] = []
    if ratings.thumb is not None:
        rows.append(about | {"kind": "boolean", "name": "rating", "value": ratings.thumb})
    if ratings.item_scores:
        scores = {str(place): score for place, score in ratings.item_scores.items()}
        rows.append(about | {"kind": "items", "name": "items", "value": scores})
    if ratings.missing:
        rows.append(about | {"kind": "items", "name": "missing", "value": list(ratings.missing)})
    if ratings.correction:
        rows.append(about | {"kind": "comment", "name": "correction", "value": ratings.correction})
    if ratings.thumb is not None:
        # What they do next is seen, not said.
        seen = {"kind": "comment", "name": "follow_up", "value": ratings.follow_up.value}
        rows.append(about | seen | {"source": "implicit"})
    return rows
