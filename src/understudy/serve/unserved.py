"""Answers what no route takes: a sentence with the paths that are served, in the caller's format.

Passes nothing on: a path of the upstream's that is not listed cannot be reached.
"""

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from understudy.serve.http import header, json_response
from understudy.wire import anthropic, openai

_MOST_CHARS = 200
_OWN = ("/v1/feedback", "/v1/traces", "/v1/logs")
_SERVED = (
    f"the gateway answers {anthropic.PATH} and {openai.PATH} and passes on /v1/models and "
    f"{anthropic.PATH}/count_tokens; ask the vendor itself for anything else"
)


async def answer_unserved(request: Request, error: Exception) -> Response:
    """For 404 and 405, which the routes raise."""
    status = error.status_code if isinstance(error, HTTPException) else 404
    headers = dict((isinstance(error, HTTPException) and error.headers) or {})
    path = request.url.path[:_MOST_CHARS]
    is_vendors = path.startswith("/v1/") and not path.startswith(_OWN)
    if status == 405:
        sentence = f"{path} takes {headers.get('Allow', 'another method')}, not {request.method}"
    else:
        sentence = f"nothing is served at {path}{f': {_SERVED}' if is_vendors else ''}"
    if not is_vendors:
        response = json_response({"error": sentence}, status)
        response.headers.update(headers)
        return response
    of_anthropic = header(request, "anthropic-version") or path.startswith(anthropic.PATH)
    render = anthropic.render_error if of_anthropic else openai.render_error
    kind = "not_found_error" if status == 404 else "invalid_request_error"
    return Response(render(sentence, kind), status, headers, media_type="application/json")
