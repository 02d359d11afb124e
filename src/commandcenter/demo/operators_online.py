"""Simulated operators as HTTP clients of the gateway: they ask, read the plan, rate it."""

import asyncio
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import aiohttp
import orjson

from commandcenter.operators import Need, rate
from understudy.function import Function
from understudy.wire import anthropic
from understudy.wire.answers import parse_answer


@dataclass(slots=True)
class Tally:
    """What the operators did. `answered` counts by the variant named in the response header."""

    asked: int = 0
    failed: int = 0
    rated: int = 0
    answered: dict[str, int] = field(default_factory=dict)
    inferences: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class ControlRoom:
    """Where the operators work: the gateway, the function they use, how many ask at once."""

    url: str
    function: Function
    model: str
    concurrency: int
    noise: float


async def work(
    room: ControlRoom,
    needs: Iterator[Need],
    tally: Tally,
    done: Callable[[], bool] = lambda: False,
) -> None:
    """Ask until `needs` runs out or `done` says so; each operator asks one thing at a time."""
    async with aiohttp.ClientSession(base_url=room.url) as http:

        async def operator() -> None:
            for need in needs:
                if done():
                    return
                await _ask_and_rate(http, room, need, tally)

        await asyncio.gather(*(operator() for _ in range(room.concurrency)))


async def _ask_and_rate(
    http: aiohttp.ClientSession, room: ControlRoom, need: Need, tally: Tally
) -> None:
    prompt = room.function.build_prompt({"question": need.question})
    headers = {
        "content-type": "application/json",
        "x-understudy-function": room.function.name,
        "x-understudy-episode": need.episode,
        "x-understudy-user": need.user,
    }
    body = anthropic.render_request(prompt, room.model, 1024)
    tally.asked += 1
    async with http.post("/v1/messages", data=body, headers=headers) as reply:
        raw = await reply.read()
        if reply.status != 200:
            tally.failed += 1
            return
        inference = reply.headers["x-understudy-inference"]
        variant = reply.headers["x-understudy-variant"]
    tally.answered[variant] = tally.answered.get(variant, 0) + 1
    tally.inferences.append(inference)
    plan = parse_answer(anthropic.parse_response(raw).answer)
    rows = _feedback(random.Random(need.question + need.episode), need, plan, inference, room.noise)
    if rows:
        tally.rated += 1
        async with http.post("/v1/feedback", data=orjson.dumps(rows), headers=headers) as reply:
            reply.raise_for_status()


def _feedback(
    rng: random.Random, need: Need, plan: object, inference: str, noise: float
) -> list[dict[str, object]]:
    """What this operator sends back: a thumb, scores by widget, what was missing; often nothing."""
    ratings = rate(rng, need, plan if isinstance(plan, dict) else None, noise)
    about = {"inference": inference, "user": need.user, "source": "user"}
    rows: list[dict[str, object]] = []
    if ratings.thumb is not None:
        rows.append(about | {"kind": "boolean", "name": "rating", "value": ratings.thumb})
    if ratings.item_scores:
        scores = {str(place): score for place, score in ratings.item_scores.items()}
        rows.append(about | {"kind": "items", "name": "items", "value": scores})
    if ratings.missing:
        rows.append(about | {"kind": "items", "name": "missing", "value": list(ratings.missing)})
    return rows
