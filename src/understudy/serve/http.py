"""Small pieces every endpoint needs: refusals, bounded bodies, errors as JSON."""

from collections.abc import Awaitable, Callable
from typing import Any

import orjson
from starlette.requests import Request
from starlette.responses import Response

from understudy.errors import (
    GateError,
    InputError,
    NotFoundError,
    PermissionRefusedError,
    StoreError,
    TrainingError,
    UnderstudyError,
)

Endpoint = Callable[[Request], Awaitable[Response]]

_STATUS: dict[type[UnderstudyError], int] = {
    InputError: 422,
    NotFoundError: 404,
    GateError: 409,
    PermissionRefusedError: 409,
    TrainingError: 409,
    StoreError: 503,
}


class RefusedError(Exception):
    """A request that is answered with a status and one sentence."""

    def __init__(self, status: int, message: str, *, retry_after_s: int | None = None) -> None:
        super().__init__(message)
        self.status = status
        self.retry_after_s = retry_after_s

    @property
    def headers(self) -> dict[str, str]:
        return {} if self.retry_after_s is None else {"retry-after": str(self.retry_after_s)}


def json_response(document: Any, status: int = 200) -> Response:
    return Response(orjson.dumps(document), status, media_type="application/json")


def header(request: Request, name: str) -> str:
    """The first header of this name (in lower case); empty where there is none. Starlette's own
    look-up raises inside for each that is missing, and most are: a microsecond every time."""
    wanted = name.encode()
    for key, value in request.scope["headers"]:
        if key == wanted:
            text: str = value.decode("latin-1")
            return text
    return ""


async def read_body(request: Request, limit: int) -> bytes:
    """Raises RefusedError (413) as soon as the body is known to be larger than the limit."""
    length = header(request, "content-length")
    if length.isdigit() and int(length) > limit:
        raise _too_large(limit)
    chunks: list[bytes] = []
    size, more = 0, True
    while more:
        message = await request.receive()
        if message["type"] == "http.disconnect":
            raise RefusedError(400, "the caller went away before the whole body came")
        chunks.append(message.get("body", b""))
        size += len(chunks[-1])
        if size > limit:
            raise _too_large(limit)
        more = message.get("more_body", False)
    return b"".join(chunks)


def _too_large(limit: int) -> RefusedError:
    sentence = f"the body is larger than server.max_body_bytes = {limit}; send less"
    return RefusedError(413, sentence)


async def read_json(request: Request, limit: int) -> Any:
    """Raises RefusedError unless the body is JSON and says so."""
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != "application/json":
        # A page elsewhere can post any other type here without asking the browser's leave.
        raise RefusedError(415, "send content-type: application/json")
    body = await read_body(request, limit)
    try:
        return orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise RefusedError(400, f"the body is no JSON ({error}); mend it") from error


def explained(endpoint: Endpoint) -> Endpoint:
    """Answers errors as JSON with one sentence."""

    async def answered(request: Request) -> Response:
        try:
            return await endpoint(request)
        except RefusedError as refusal:
            return json_response({"error": str(refusal)}, refusal.status)
        except UnderstudyError as error:
            return json_response({"error": str(error)}, _STATUS.get(type(error), 500))

    return answered
