"""Watches one client of the official `anthropic` or `openai` package from inside the application.

Imports neither package and changes no answer and no error. The bytes that went over the wire are
handed to the outlet as they are; whatever goes wrong on the way is logged and the call goes on.
"""

import functools
import inspect
import time
from collections.abc import Awaitable, Callable, Mapping
from contextvars import ContextVar
from dataclasses import dataclass
from operator import attrgetter
from pathlib import Path
from types import TracebackType
from typing import Any

from understudy.capture.observation import Dialect, Ending, Labels, Observation
from understudy.capture.outlet import EXIT_S, UNNAMED, Harmless, Outlet, find_outlet
from understudy.capture.taking import Taking
from understudy.errors import InputError
from understudy.records import new_id

FUNCTION_HEADER = "x-understudy-function"
EPISODE_HEADER = "x-understudy-episode"
USER_HEADER = "x-understudy-user"
INFERENCE_HEADER = "x-understudy-inference"
_OWN = "x-understudy-"
# With it the clients answer with the HTTP response, whose `parse()` is what they return without it.
_RAW_HEADER = "x-stainless-raw-response"
_CACHED = ("with_raw_response", "with_streaming_response")
_ERROR_CHARS = 500

RESOURCES = {Dialect.ANTHROPIC: "messages", Dialect.OPENAI: "chat.completions"}
# The OpenAI client's own `stream` goes through its `create`.
MANAGED = frozenset({Dialect.ANTHROPIC})


def instrument(
    client: Any,
    *,
    function: str = UNNAMED,
    episode: str = "",
    user: str = "",
    config: Path | str | None = None,
    data_dir: Path | str | None = None,
) -> "Hook":
    """Capture what this client asks from now on; function, episode and user may also be named per
    call, in the headers that the gateway reads. Raises InputError for a client it does not know."""
    dialect, resource = _resource(client)
    outlet = find_outlet(config, data_dir)
    hook = Hook(outlet, dialect, Labels(function, episode, user))
    resource.create = hook.wrap(resource.create)
    if dialect in MANAGED:
        resource.stream = hook.wrap_managed(resource.stream)
    for name in _CACHED:
        # Made anew from the wrapped methods when it is next asked for.
        vars(resource).pop(name, None)
    return hook


class Hook:
    """What `instrument` hands back."""

    def __init__(self, outlet: Outlet, dialect: Dialect, labels: Labels) -> None:
        self._outlet = outlet
        self._dialect = dialect
        self._labels = labels
        self._last: ContextVar[str] = ContextVar("last_inference", default="")

    @property
    def last_inference(self) -> str:
        """The id of the latest call of this thread or asyncio task; empty before the first."""
        return self._last.get()

    @property
    def dropped(self) -> int:
        return self._outlet.dropped

    def flush(self, timeout_s: float = EXIT_S) -> bool:
        """Let the server see everything up to now; whether all of it is on disk."""
        return self._outlet.flush(timeout_s)

    def wrap(self, original: Callable[..., Any]) -> Callable[..., Any]:
        @functools.wraps(original)
        def create(*args: Any, **kwargs: Any) -> Any:
            call = None
            with Harmless():
                call, kwargs = self._begin(kwargs)
            if call is None:
                return original(*args, **kwargs)
            if not call.raw and kwargs.get("stream") is not True:
                kwargs["extra_headers"][_RAW_HEADER] = "true"
                call.parses = True
            with call.watching():
                answer = original(*args, **kwargs)
            return _later(call, answer) if inspect.isawaitable(answer) else call.answered(answer)

        create.understudy_hook = self  # type: ignore[attr-defined]  # seen by a second instrument
        return create

    def wrap_managed(self, original: Callable[..., Any]) -> Callable[..., Any]:
        @functools.wraps(original)
        def stream(*args: Any, **kwargs: Any) -> Any:
            call = None
            with Harmless():
                call, kwargs = self._begin(kwargs)
            manager = original(*args, **kwargs)
            return manager if call is None else Managed(manager, call)

        return stream

    def _begin(self, kwargs: dict[str, Any]) -> tuple["Call", dict[str, Any]]:
        """The call, and what to ask the client for: the same without the headers meant for us."""
        given: Mapping[str, Any] = kwargs.get("extra_headers") or {}
        sent = {name: value for name, value in given.items() if not name.lower().startswith(_OWN)}
        labels = self._labels
        if len(sent) < len(given):
            own = {name.lower(): str(value) for name, value in given.items()}
            labels = Labels(
                own.get(FUNCTION_HEADER, labels.function),
                own.get(EPISODE_HEADER, labels.episode),
                own.get(USER_HEADER, labels.user),
            )
        raw = any(name.lower() == _RAW_HEADER for name in sent)
        call = Call(self._outlet, self._dialect, labels, self._last, raw)
        return call, {**kwargs, "extra_headers": sent}


class Call:
    """One call under way. `raw`: the application asked for the HTTP response itself."""

    def __init__(
        self,
        outlet: Outlet,
        dialect: Dialect,
        labels: Labels,
        last: ContextVar[str],
        raw: bool,
    ) -> None:
        self.id = new_id()
        self.raw = raw
        self.parses = False
        self._outlet = outlet
        self._dialect = dialect
        self._labels = labels
        self._last = last
        self._created_at = time.time()
        self._began = time.perf_counter()
        last.set(self.id)

    def watching(self) -> "_Watching":
        return _Watching(self)

    def answered(self, answer: Any) -> Any:
        """What the application gets, after a look at the HTTP response in it."""
        with Harmless():
            self.see(answer.http_response if self.parses or self.raw else answer.response)
        return answer.parse() if self.parses and hasattr(answer, "http_response") else answer

    def see(self, response: Any) -> None:
        if INFERENCE_HEADER in response.headers:
            # A gateway answered, which captures the call itself; twice would be once too often.
            self._last.set(response.headers[INFERENCE_HEADER])
            return
        response.headers[INFERENCE_HEADER] = self.id
        request: bytes = response.request.content
        if response.is_stream_consumed:
            self._observe(request, response.content, Ending.WHOLE)
            return
        streamed = response.headers.get("content-type", "").startswith("text/event-stream")
        taking = Taking(functools.partial(self._taken, request, streamed))
        self._outlet.open[self.id] = taking.end
        taking.attach(response)

    def fail(self, error: BaseException) -> None:
        """An error of the client itself, raised before it asked anyone, is no inference."""
        request = getattr(error, "request", None)
        headers = getattr(getattr(error, "response", None), "headers", ())
        if request is not None and INFERENCE_HEADER not in headers:
            sentence = f"{type(error).__name__}: {error}"[:_ERROR_CHARS]
            self._observe(request.content, b"", Ending.FAILED, error=sentence)

    def _taken(self, request: bytes, streamed: bool, taken: bytes, ending: Ending) -> None:
        with Harmless():
            # A fork leaves the streams that were open to the parent.
            if self._outlet.open.pop(self.id, None) is not None:
                self._observe(request, taken, ending, streamed=streamed)

    def _observe(
        self,
        request: bytes,
        answer: bytes,
        ending: Ending,
        *,
        streamed: bool = False,
        error: str = "",
    ) -> None:
        latency_s = time.perf_counter() - self._began
        self._outlet.observe(
            Observation(
                self.id,
                self._dialect,
                self._labels,
                self._created_at,
                latency_s,
                ending,
                streamed,
                request,
                answer,
                error,
            )
        )


@dataclass(frozen=True, slots=True)
class _Watching:
    """Records an error that passes through, and lets it pass."""

    call: Call

    def __enter__(self) -> None:
        return

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if error is not None:
            with Harmless():
                self.call.fail(error)


class Managed:
    """The manager of `messages.stream`, sync or async, and a look at the stream it opens."""

    def __init__(self, manager: Any, call: Call) -> None:
        self._manager = manager
        self._call = call

    def __enter__(self) -> Any:
        with self._call.watching():
            stream = self._manager.__enter__()
        return self._call.answered(stream)

    def __exit__(self, *raised: object) -> Any:
        return self._manager.__exit__(*raised)

    async def __aenter__(self) -> Any:
        with self._call.watching():
            stream = await self._manager.__aenter__()
        return self._call.answered(stream)

    async def __aexit__(self, *raised: object) -> Any:
        return await self._manager.__aexit__(*raised)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._manager, name)


async def _later(call: Call, answer: Awaitable[Any]) -> Any:
    with call.watching():
        got = await answer
    found = call.answered(got)
    # Of the two packages one parses in a coroutine.
    return await found if call.parses and inspect.isawaitable(found) else found


def _resource(client: Any) -> tuple[Dialect, Any]:
    roots = {kind.__module__.partition(".")[0] for kind in type(client).__mro__}
    for dialect, path in RESOURCES.items():
        if dialect.value not in roots:
            continue
        try:
            resource = attrgetter(path)(client)
            create = resource.create
        except AttributeError:
            break
        if hasattr(create, "understudy_hook"):
            raise InputError(
                "this client is instrumented already; use the hook that the first call gave"
            )
        return dialect, resource
    raise InputError(
        f"{type(client).__name__} cannot be instrumented; give a client of the official anthropic"
        " or openai package (sync or async), or call understudy.capture.record after each answer"
    )
