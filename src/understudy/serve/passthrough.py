"""What a client asks besides answers (models, token counts), passed to the upstream and back.

Nothing of it is captured: no model has answered anything.
"""

from functools import partial

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from understudy.serve.http import RefusedError, read_body
from understudy.serve.relay import Relay, send_upstream
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
    if state.config.teacher.kind == "claude_cli":
        sentence = "the teacher is the Claude command, which only answers; ask the vendor for this"
        return _refuse(404, sentence, "not_found_error")
    try:
        body = await read_body(request, state.config.server.max_body_bytes)
        upstream = await send_upstream(state.session, state.config.teacher, request, body)
    except RefusedError as refusal:
        kind = "api_error" if refusal.status >= 500 else "invalid_request_error"
        return _refuse(refusal.status, str(refusal), kind)
    return Relay(upstream, {})


def _refuse(status: int, sentence: str, kind: str) -> Response:
    body = anthropic.render_error(sentence, kind)
    return Response(body, status, media_type="application/json")
