"""One call of an official client under way, and what becomes of its answer.

Nothing here changes what the application gets; whatever goes wrong in the looking is logged.
"""

import functools
import inspect
import time
from collections.abc import Awaitable
from contextvars import ContextVar
from typing import Any

from understudy.capture.endings import Ending
from understudy.capture.observation import Labels, Observation, Package
from understudy.capture.outlet import Harmless, Outlet, tell_left_out
from understudy.capture.taking import Taking
from understudy.records import new_id

INFERENCE_HEADER = "x-understudy-inference"
_ERROR_CHARS = 500


class Call:
    """One call under way. `raw`: the application asked for the HTTP response itself."""

    __slots__ = (
        "_began",
        "_created_at",
        "_labels",
        "_last",
        "_outlet",
        "_package",
        "id",
        "parses",
        "raw",
    )

    def __init__(
        self,
        outlet: Outlet,
        package: Package,
        labels: Labels,
        last: ContextVar[str],
        raw: bool,
    ) -> None:
        self.id = new_id()
        self.raw = raw
        self.parses = False
        self._outlet = outlet
        self._package = package
        self._labels = labels
        self._last = last
        self._created_at = time.time()
        self._began = time.perf_counter()
        last.set(self.id)

    def answered(self, answer: Any) -> Any:
        """What the application gets, after a look at the HTTP response in it."""
        try:
            self.see(answer.http_response if self.parses or self.raw else answer.response)
        except Exception as error:  # noqa: BLE001 capture fails open
            tell_left_out(error)
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
        with Harmless():
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
                self._package,
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


class Managed:
    """The manager of `messages.stream`, sync or async, and a look at the stream it opens."""

    def __init__(self, manager: Any, call: Call) -> None:
        self._manager = manager
        self._call = call

    def __enter__(self) -> Any:
        try:
            stream = self._manager.__enter__()
        except BaseException as error:
            self._call.fail(error)
            raise
        return self._call.answered(stream)

    def __exit__(self, *raised: object) -> Any:
        return self._manager.__exit__(*raised)

    async def __aenter__(self) -> Any:
        try:
            stream = await self._manager.__aenter__()
        except BaseException as error:
            self._call.fail(error)
            raise
        return self._call.answered(stream)

    async def __aexit__(self, *raised: object) -> Any:
        return await self._manager.__aexit__(*raised)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._manager, name)


async def later(call: Call, answer: Awaitable[Any]) -> Any:
    try:
        got = await answer
    except BaseException as error:
        call.fail(error)
        raise
    found = call.answered(got)
    # Of the two packages one parses in a coroutine.
    return await found if call.parses and inspect.isawaitable(found) else found
