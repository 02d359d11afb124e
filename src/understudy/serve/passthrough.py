"""What a client asks besides answers (models, token counts), passed to the upstream and back.

Nothing of it is captured: no model has answered anything.
"""

from functools import partial

import aiohttp
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from understudy.serve.http import RefusedError, read_body
from understudy.serve.relay import Ending, Relay, request_headers, send_upstream
from understudy.serve.state import ServeState
from understudy.wire import anthropic

_PATHS = (
    ("GET", "/v1/models"),
    ("GET", "/v1/models/{model}"),
    ("POST", f"{anthropic.PATH}/count_tokens"),
)


def passthrough_routes(state: ServeState) -> list[Route]:
    return [Route(path, partial(_pass_on, state), methods=[method]) for method, path in _PATHS]


async def _pass_on(state: ServeState, request: Request) -> Response:
    if request.path_params.get("model") in (".", ".."):
        return _refuse(404, "no such path; name a model", "not_found_error")
    teacher = state.config.teacher
    path = request.scope["raw_path"].decode("ascii")
    query = f"?{request.url.query}" if request.url.query else ""
    try:
        body = await read_body(request, state.config.server.max_body_bytes)
        upstream = await send_upstream(
            state.session,
            f"{teacher.base_url.rstrip('/')}{path}{query}",
            body,
            request_headers(request.headers.raw),
            teacher.timeout_s,
            method=request.method,
        )
    except RefusedError as refusal:
        return _refuse(refusal.status, str(refusal), "invalid_request_error")
    except (aiohttp.ClientError, TimeoutError) as error:
        reason = f"the teacher at {teacher.base_url} cannot be reached ({error})"
        return _refuse(502, f"{reason}; check teacher.base_url", "api_error")
    return Relay(upstream, {}, _forget, b"")


def _forget(_copy: bytes, _ending: Ending) -> None:
    """The copy of an answer that is not captured."""


def _refuse(status: int, sentence: str, kind: str) -> Response:
    body = anthropic.render_error(sentence, kind)
    return Response(body, status, media_type="application/json")
