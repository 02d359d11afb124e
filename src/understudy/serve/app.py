"""The ASGI application: every route over one state, and which scope opens it. Starts no server."""

import asyncio
import contextlib
from collections.abc import AsyncIterator

from starlette.applications import Starlette
from starlette.middleware import Middleware

from understudy.keys import Scope
from understudy.serve.access import needing
from understudy.serve.admin import admin_routes
from understudy.serve.feedback import feedback_routes
from understudy.serve.gateway import gateway_routes
from understudy.serve.ingest import ingest_routes
from understudy.serve.logs import RequestLog
from understudy.serve.passthrough import passthrough_routes
from understudy.serve.state import ServeState
from understudy.serve.status import health_routes, status_routes
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

    app = Starlette(
        routes=[
            *needing(Scope.INFER, state.keys, gateway_routes(state, watcher)),
            *needing(Scope.INFER, state.keys, passthrough_routes(state)),
            *needing(Scope.FEEDBACK, state.keys, feedback_routes(state)),
            *needing(Scope.INGEST, state.keys, ingest_routes(state)),
            *needing(Scope.READ, state.keys, status_routes(state)),
            *needing(Scope.ADMIN, state.keys, admin_routes(state)),
            *health_routes(state),
        ],
        middleware=[Middleware(RequestLog)],
        lifespan=lifespan,
    )
    app.state.watcher = watcher
    return app
