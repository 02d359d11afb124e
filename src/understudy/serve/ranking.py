"""The order of what an answer lists, by tier 1, before the caller sees it. Never fails a request.

A teacher's answer is touched only where `tier1.order` says "all": the gateway relays bytes otherwise.
"""

import asyncio
import logging
import time
from collections.abc import Callable
from dataclasses import replace

import aiohttp
import orjson
from starlette.background import BackgroundTask
from starlette.responses import Response

from understudy.capture.endings import Ending
from understudy.config import Config
from understudy.errors import UnderstudyError, UpstreamError
from understudy.function import Answer
from understudy.records import TEACHER, Completion, Ranking
from understudy.serve.calls import Call
from understudy.serve.copied import unpacked
from understudy.serve.relay import BROKEN_OFF, answer_headers
from understudy.serve.state import ServeState
from understudy.wire.answers import read_answer

logger = logging.getLogger(__name__)


async def rank(
    state: ServeState, call: Call, completion: Completion
) -> tuple[Completion, Ranking | None]:
    """The completion as it is shown, and what was done to it; unchanged where nothing was."""
    rankers = state.rankers
    answer = _read_listed(state, call, completion)
    if rankers is None or answer is None:
        return completion, None
    began = time.perf_counter()
    prompt = call.wire().prompt
    try:
        # A query that was never embedded takes milliseconds, which no other request shall wait.
        arranging = asyncio.to_thread(rankers.arrange, call.function, prompt, answer, call.id)
        found = await asyncio.wait_for(arranging, state.config.tier1.max_wait_s)
    except (TimeoutError, UpstreamError) as error:
        late = isinstance(error, TimeoutError)
        reason = "tier1.max_wait_s passed" if late else str(error)
        logger.warning("an answer was not ranked", extra={"reason": reason})
        _count(state, call, "late" if late else "no_vectors")
        return completion, None
    except Exception:
        # The boundary: what the domain's listing makes of an odd answer must not cost the answer.
        logger.exception("an answer was not ranked", extra={"function": call.function})
        _count(state, call, "failed")
        return completion, None
    state.metrics.ranking.observe(time.perf_counter() - began)
    arranged, ranking = found or (answer, None)
    if arranged is answer:
        return completion, ranking
    return replace(completion, answer=orjson.dumps(arranged).decode()), ranking


def _read_listed(state: ServeState, call: Call, completion: Completion) -> Answer | None:
    if state.rankers is None or call.function not in state.rankers.listings:
        return None
    return read_answer(completion.answer, state.application.functions[call.function].schema)


def _count(state: ServeState, call: Call, reason: str) -> None:
    state.metrics.not_ranked.labels(call.function, reason).inc()


def takes_teachers(config: Config) -> bool:
    """Whether the teacher's answers are put in order too."""
    return config.tier1.order == "all"


def is_ranked(state: ServeState, call: Call, upstream: aiohttp.ClientResponse) -> bool:
    """Whether a teacher's answer is held back whole, to be put in order. A stream never is."""
    kind = upstream.headers.get("content-type", "")
    return (
        takes_teachers(state.config)
        and state.rankers is not None
        and call.function in state.rankers.listings
        and upstream.status == 200
        and kind.startswith("application/json")
        and call.text_only
    )


async def relay_ranked(
    state: ServeState,
    call: Call,
    upstream: aiohttp.ClientResponse,
    held: tuple[bytes, Ending],
    ended: Callable[[bytes, Ending], None],
) -> Response:
    """The teacher's answer, held back, with its list in order and every other field as it was; byte
    for byte where there was nothing to do. `ended` gets the teacher's own."""
    upstream.close()
    body, ending = held
    plain = unpacked(upstream, body, state.config.capture.queue_bytes)
    copy, seen = (b"", Ending.OVERLONG) if plain is None else (plain, ending)
    shown = await _rank_body(state, call, copy) if seen is Ending.WHOLE else None
    headers = answer_headers(upstream, call.headers(TEACHER))
    dropped = {b"content-length"} | ({b"content-encoding"} if shown is not None else set())
    content = body if shown is None else shown
    if ending is Ending.BROKEN:
        content = call.dialect.render_error(BROKEN_OFF, "api_error")
        dropped = {*dropped, b"content-encoding"}

    async def after() -> None:
        # Not a plain function: that would be called in a thread, where the watcher has no loop.
        ended(copy, seen)

    status = 502 if ending is Ending.BROKEN else upstream.status
    response = Response(content, status, background=BackgroundTask(after))
    response.raw_headers = [
        *(pair for pair in headers if pair[0] not in dropped),
        (b"content-length", str(len(content)).encode()),
    ]
    return response


async def _rank_body(state: ServeState, call: Call, body: bytes) -> bytes | None:
    """The body with its list in order; None where it stays as it is."""
    try:
        completion = call.dialect.parse_response(body)
        shown, ranking = await rank(state, call, completion)
        if shown is completion:
            call.ranking = ranking
            return None
        changed = call.dialect.replace_answer(body, completion.answer, shown.answer)
    except UnderstudyError:
        return None
    call.ranking = ranking if changed is not None else None
    return changed
