"""The ASGI application: every route over one state. Starts no server."""

import asyncio
import contextlib
from collections.abc import AsyncIterator

from starlette.applications import Starlette

from understudy.serve.admin import admin_routes
from understudy.serve.feedback import feedback_routes
from understudy.serve.gateway import gateway_routes
from understudy.serve.ingest import ingest_routes
from understudy.serve.passthrough import passthrough_routes
from understudy.serve.state import ServeState
from understudy.serve.status import status_routes
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
            await watcher.close()
            await state.students.close()
            await state.close()
            await asyncio.to_thread(state.recorder.close)

    app = Starlette(
        routes=[
            *gateway_routes(state, watcher),
            *passthrough_routes(state),
            *feedback_routes(state),
            *ingest_routes(state),
            *status_routes(state),
            *admin_routes(state),
        ],
        lifespan=lifespan,
    )
    app.state.watcher = watcher
    return app
