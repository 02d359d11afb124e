"""POST /v1/messages and /v1/chat/completions: the student where it may, the teacher otherwise.

Bytes are relayed unchanged, unless an operator has tier 1 order the teacher's lists or its prompt
evolve; only a student's answer is written here, in the caller's format.
"""

import asyncio
import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial
from types import MappingProxyType

import aiohttp
from starlette.background import BackgroundTask
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from understudy.capture.endings import NO_COMPLETION, Ending, read_copy
from understudy.config import Teacher
from understudy.errors import InputError, StudentError, UpstreamError
from understudy.records import TEACHER, Completion, InferenceStatus, Variant
from understudy.release.traffic import route
from understudy.serve.calls import (
    Call,
    announce,
    finish,
    identify,
    suits_student,
    withdraw,
)
from understudy.serve.copied import Copy, hold
from understudy.serve.http import RefusedError, read_body
from understudy.serve.prompting import versioned_body, versioned_prompt
from understudy.serve.ranking import is_ranked, rank, relay_ranked, takes_teachers
from understudy.serve.relay import Relay, send_upstream
from understudy.serve.stage import check, perform
from understudy.serve.state import ServeState
from understudy.serve.students import StartingError
from understudy.serve.watch import Watcher
from understudy.wire import anthropic, openai
from understudy.wire.client import FUNCTION_HEADER, ask_teacher
from understudy.wire.dialects import DIALECTS
from understudy.wire.messages import Dialect

# A teacher that is missing here is a command: nothing is relayed to it, everything translated.
UPSTREAM_DIALECTS: dict[str, Dialect] = {
    "anthropic": anthropic,
    "openai": openai,
    "scripted": anthropic,
}
_BUSY = (429, 503, 529)
_ERROR_CHARS = 500
# A tenth of a second as a stream of small events; beyond it all other requests would wait.
_READ_AT_ONCE_BYTES = 1_000_000


def gateway_routes(state: ServeState, watcher: Watcher) -> list[Route]:
    return [
        Route(dialect.PATH, partial(_answer, state, watcher, dialect), methods=["POST"])
        for dialect in DIALECTS
    ]


async def _answer(
    state: ServeState, watcher: Watcher, dialect: Dialect, request: Request
) -> Response:
    try:
        body = await read_body(request, state.config.server.max_body_bytes)
        call = identify(state, request, dialect, body)
        state.meter.admit(call.key, len(state.open_inferences))
    except RefusedError as refusal:
        return _error(dialect, refusal.status, str(refusal), refusal.headers)
    announce(state, call)
    try:
        return await _serve(state, watcher, call, request)
    except BaseException:
        withdraw(state, call)
        raise


async def _serve(state: ServeState, watcher: Watcher, call: Call, request: Request) -> Response:
    _choose(state, call)
    if call.variant != TEACHER:
        try:
            completion = await perform(state, call.variant, call.function, call.wire().prompt)
            check(state, call.function, completion)
        except StartingError as error:
            # Nobody chose the teacher here, but nobody could choose otherwise either.
            call.variant, call.propensity, call.failure = TEACHER, 1.0, str(error)
        except StudentError as error:
            call.fallback_from, call.failure = call.variant, str(error)
            state.metrics.fallbacks.labels(call.function).inc()
        else:
            shown, call.ranking = await rank(state, call, completion)
            return _written(state, watcher, call, call.variant, completion, shown)
    try:
        state.meter.admit_teacher()
    except RefusedError as refusal:
        return _refuse(state, call, refusal.status, str(refusal), refusal.headers)
    if call.dialect is UPSTREAM_DIALECTS.get(state.config.teacher.kind):
        return await _relay(state, watcher, call, request)
    return await _translate(state, watcher, call)


def _choose(state: ServeState, call: Call) -> None:
    """The call's variant and its propensity; what no student can read goes to the teacher."""
    if state.traffic.is_empty:
        return
    traffic = state.traffic.find(call.function)
    if traffic is None:
        return
    variant, propensity = route(traffic, call.episode)
    if variant == TEACHER or suits_student(state, call):
        call.variant, call.propensity = variant, propensity


async def _relay(state: ServeState, watcher: Watcher, call: Call, request: Request) -> Response:
    teacher = state.config.teacher
    # A scripted teacher plays one function at a time; a real upstream is told nothing.
    extra = ((FUNCTION_HEADER, call.function),) if teacher.kind == "scripted" else ()
    body = versioned_body(state, call)
    state.metrics.overhead.observe(time.perf_counter() - call.began)
    try:
        upstream = await send_upstream(state.session, teacher, request, body, extra=extra)
    except RefusedError as refusal:
        return _refuse(state, call, refusal.status, str(refusal))
    ended = partial(_ended, state, watcher, call, upstream)
    farewell = partial(_farewell, call.dialect)
    begun = partial(_begun, state, call, TEACHER)
    limit, held = state.config.capture.queue_bytes, b""
    if is_ranked(state, call, upstream):
        held, ending = await hold(upstream, limit)
        if ending is not Ending.OVERLONG:
            response = await relay_ranked(state, call, upstream, (held, ending), ended)
            begun()
            return response
    return Relay(upstream, call.headers(TEACHER), ended, farewell, begun, Copy(limit, held))


def _farewell(dialect: Dialect, reason: str) -> bytes:
    return b"event: error\ndata: " + dialect.render_error(reason, "api_error") + b"\n\n"


def _begun(state: ServeState, call: Call, variant: Variant) -> None:
    state.metrics.time_first_byte(str(variant), time.perf_counter() - call.began)


def _ended(
    state: ServeState,
    watcher: Watcher,
    call: Call,
    upstream: aiohttp.ClientResponse,
    copy: bytes,
    ending: Ending,
) -> None:
    """Parse the copy of a relayed answer, record it, and let the watcher see it."""
    if ending is Ending.OVERLONG:
        state.recorder.count_overlong()
    if upstream.status != 200:
        excerpt = copy[:_ERROR_CHARS].decode(errors="replace")
        failure = f"the teacher answered {upstream.status}: {excerpt}"
        finish(state, call, TEACHER, NO_COMPLETION, InferenceStatus.FAILED, failure)
        return
    streamed = upstream.headers.get("content-type", "").startswith("text/event-stream")
    read = partial(read_copy, call.dialect, copy, ending, streamed=streamed, reader="caller")
    if len(copy) <= _READ_AT_ONCE_BYTES:
        _read(state, watcher, call, *read())
        return
    reading = asyncio.ensure_future(_read_beside(state, watcher, call, read))
    state.reading.add(reading)
    reading.add_done_callback(state.reading.discard)


async def _read_beside(
    state: ServeState,
    watcher: Watcher,
    call: Call,
    read: Callable[[], tuple[Completion, InferenceStatus, str]],
) -> None:
    try:
        found = await asyncio.to_thread(read)
    except BaseException:
        withdraw(state, call)
        raise
    _read(state, watcher, call, *found)


def _read(
    state: ServeState,
    watcher: Watcher,
    call: Call,
    completion: Completion,
    status: InferenceStatus,
    failure: str,
) -> None:
    inference = finish(state, call, TEACHER, completion, status, failure)
    if status is InferenceStatus.COMPLETE and suits_student(state, call):
        watcher.see(inference)


async def _translate(state: ServeState, watcher: Watcher, call: Call) -> Response:
    """The teacher speaks another format than the caller: ask it as Understudy itself."""
    teacher = state.config.teacher
    try:
        wire = call.wire()
    except InputError as error:
        return _refuse(state, call, 400, str(error))
    # Anthropic's API alone always wants a key; a server of one's own may not, a command logs in.
    if not wire.text_only or (teacher.kind == "anthropic" and not teacher.api_key):
        return _refuse(state, call, 400, _why_untranslated(teacher, call))
    try:
        prompt = versioned_prompt(state, call, wire.prompt)
        if wire.max_tokens > 0:
            teacher = teacher.model_copy(update={"max_tokens": wire.max_tokens})
        completion = await ask_teacher(state.session, teacher, prompt, function=call.function)
    except UpstreamError as error:
        # That it is asked too much, and when to come back, is the caller's to know.
        status = error.status if error.status in _BUSY else 502
        wait = {} if error.retry_after is None else {"retry-after": error.retry_after}
        return _refuse(state, call, status or 502, str(error), wait)
    shown = None
    if takes_teachers(state.config):
        shown, call.ranking = await rank(state, call, completion)
    return _written(state, watcher, call, TEACHER, completion, shown)


def _why_untranslated(teacher: Teacher, call: Call) -> str:
    upstream = UPSTREAM_DIALECTS.get(teacher.kind)
    if upstream is None:
        return (
            "the teacher is a command and reads and writes plain text only; send no images and no "
            "tools, and ask for one answer without log-probabilities"
        )
    sentence = f"the teacher does not speak {call.dialect.PATH}; send this to {upstream.PATH}"
    keyless = teacher.kind == "anthropic" and not teacher.api_key
    return f"{sentence}, or {'set teacher.api_key for plain text' if keyless else 'as plain text'}"


def _written(
    state: ServeState,
    watcher: Watcher,
    call: Call,
    variant: Variant,
    completion: Completion,
    shown: Completion | None = None,
) -> Response:
    """An answer that Understudy holds as a record, in the caller's format; `shown` is what tier 1
    made of it. What the model itself said is what is recorded."""

    async def after() -> None:
        status = InferenceStatus.COMPLETE
        watcher.see(finish(state, call, variant, completion, status))

    wire, dialect, told = call.wire(), call.dialect, shown or completion
    if not wire.shows_thinking:
        told = replace(told, thinking=None)
    if wire.stream:
        body = b"".join(dialect.render_stream(told, wire.model, call.id))
        kind = "text/event-stream"
    else:
        body = dialect.render_response(told, wire.model, call.id)
        kind = "application/json"
    headers = call.headers(variant)
    _begun(state, call, variant)
    return Response(body, 200, headers, media_type=kind, background=BackgroundTask(after))


def _refuse(
    state: ServeState,
    call: Call,
    status: int,
    sentence: str,
    headers: Mapping[str, str] = MappingProxyType({}),
) -> Response:
    finish(state, call, TEACHER, NO_COMPLETION, InferenceStatus.FAILED, sentence)
    return _error(call.dialect, status, sentence, {**headers, **call.headers(TEACHER)})


def _error(dialect: Dialect, status: int, sentence: str, headers: Mapping[str, str]) -> Response:
    kinds = {
        404: "not_found_error",
        413: "request_too_large",
        429: "rate_limit_error",
        529: "overloaded_error",
    }
    kind = kinds.get(status, "api_error" if status >= 500 else "invalid_request_error")
    body = dialect.render_error(sentence, kind)
    return Response(body, status, dict(headers), media_type="application/json")
