"""The ASGI application: every route over one state, and which scope opens it. Starts no server."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Iterable
from typing import Any

from starlette.applications import Starlette
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Send
from starlette.types import Scope as AsgiScope

from understudy.keys import Scope
from understudy.serve.access import needing
from understudy.serve.admin import admin_routes
from understudy.serve.feedback import feedback_routes
from understudy.serve.gateway import gateway_routes
from understudy.serve.ingest import ingest_routes
from understudy.serve.passthrough import passthrough_routes
from understudy.serve.request_log import RequestLog
from understudy.serve.state import ServeState
from understudy.serve.status import health_routes, status_routes
from understudy.serve.unserved import answer_unserved
from understudy.serve.watch import Watcher


def build_app(state: ServeState) -> Starlette:
    """Its lifespan opens the state and closes it: capture drained, students stopped."""
    watcher = Watcher(state)

    @contextlib.asynccontextmanager
    async def lifespan(_app: Starlette) -> AsyncIterator[None]:
        await state.open()
        # Not waited for: the teacher serves while a student loads.
        state.students.warm()
        try:
            yield
        finally:
            await state.settle()
            await watcher.close()
            await state.students.close()
            await state.close()
            await asyncio.to_thread(state.recorder.close)

    def locked(scope: Scope, routes: Iterable[Route]) -> list[Route]:
        return needing(scope, state.keys, routes, state.metrics.count_response)

    answering = locked(Scope.INFER, gateway_routes(state, watcher))
    return _App(
        answering,
        routes=[
            *answering,
            *locked(Scope.INFER, passthrough_routes(state)),
            *locked(Scope.FEEDBACK, feedback_routes(state)),
            *locked(Scope.INGEST, ingest_routes(state)),
            *locked(Scope.READ, status_routes(state)),
            *locked(Scope.ADMIN, admin_routes(state)),
            *health_routes(state),
        ],
        exception_handlers={404: answer_unserved, 405: answer_unserved},
        lifespan=lifespan,
    )


class _App(Starlette):
    """Starlette's, with the log around it and a way past its layers for a model's requests."""

    def __init__(self, answering: Iterable[Route], **options: Any) -> None:
        super().__init__(**options)
        self._answering = answering

    def build_middleware_stack(self) -> ASGIApp:
        return RequestLog(_Straight(super().build_middleware_stack(), self._answering))


class _Straight:
    """Takes a model's requests straight to their endpoint: to look through the routes and to wrap
    what they answer costs a tenth of such a request. What an endpoint raises uvicorn logs and answers
    with 500, as Starlette would."""

    def __init__(self, app: ASGIApp, answering: Iterable[Route]) -> None:
        self._app = app
        self._endpoints = {
            (method, route.path): route.app for route in answering for method in route.methods or ()
        }

    async def __call__(self, scope: AsgiScope, receive: Receive, send: Send) -> None:
        place = (scope.get("method", ""), scope.get("path", ""))
        await self._endpoints.get(place, self._app)(scope, receive, send)
