"""POST /api/train, /api/promote, /api/rollback, /api/prompts/rollback, /api/student, /api/keys: what
an operator does.

Refuses what is no JSON, and leaves the decision whether a step is legal to the release's cycle.
"""

import asyncio
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from understudy.keys import Scope, make_key
from understudy.serve.access import revoke_key
from understudy.serve.http import RefusedError, explained, json_response, read_json
from understudy.serve.state import ServeState


class _Body(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class TrainBody(_Body):
    pass


class PromoteBody(_Body):
    release: int = Field(ge=1)
    force: bool = False


class RollbackBody(_Body):
    function: str | None = None
    reason: str = "rolled back by an operator"


class PromptRollbackBody(_Body):
    function: str
    reason: str = "rolled back by an operator"


class StudentBody(_Body):
    temperature: float = Field(ge=0, le=10)


class KeyBody(_Body):
    name: str = Field(min_length=1, max_length=100)
    scopes: tuple[Scope, ...] = Field(min_length=1)


class RevokeBody(_Body):
    id: str


Action = Callable[[ServeState, Any], Awaitable[dict[str, Any]]]


def admin_routes(state: ServeState) -> list[Route]:
    return [
        Route(path, explained(partial(_act, state, body, action)), methods=["POST"])
        for path, (body, action) in ACTIONS.items()
    ]


async def _act(state: ServeState, body: type[_Body], action: Action, request: Request) -> Response:
    document = await read_json(request, state.config.server.max_body_bytes)
    try:
        asked = body.model_validate(document)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        field = ".".join(str(part) for part in first["loc"]) or "the body"
        raise RefusedError(422, f"{field}: {first['msg']}") from error
    return json_response(await action(state, asked))


async def _train(state: ServeState, _asked: TrainBody) -> dict[str, Any]:
    return {"message": await asyncio.to_thread(state.actions.train)}


async def _promote(state: ServeState, asked: PromoteBody) -> dict[str, Any]:
    promote = partial(state.actions.promote, asked.release, asked.force)
    return {"message": await asyncio.to_thread(promote)}


async def _roll_back(state: ServeState, asked: RollbackBody) -> dict[str, Any]:
    known = state.application.functions
    if asked.function is not None and asked.function not in known:
        listed = ", ".join(known)
        raise RefusedError(404, f"no function {asked.function!r}; there are {listed}")
    message = await asyncio.to_thread(state.actions.rollback, asked.function, asked.reason)
    return {"message": message}


async def _roll_back_prompt(state: ServeState, asked: PromptRollbackBody) -> dict[str, Any]:
    roll_back = partial(state.actions.roll_back_prompt, asked.function, asked.reason)
    return {"message": await asyncio.to_thread(roll_back)}


async def _set_student(state: ServeState, asked: StudentBody) -> dict[str, Any]:
    """For this process only: the next request is asked with it, a restart forgets it."""
    state.student = state.student.model_copy(update={"temperature": asked.temperature})
    return {"temperature": state.student.temperature}


async def _create_key(state: ServeState, asked: KeyBody) -> dict[str, Any]:
    text, key = make_key(state.keys.secret, asked.name, asked.scopes, state.clock())
    await asyncio.to_thread(state.store.insert_key, key)
    state.keys.add(key)
    return {"id": key.id, "key": text}


async def _revoke_key(state: ServeState, asked: RevokeBody) -> dict[str, Any]:
    key = await asyncio.to_thread(revoke_key, state.store, asked.id, state.clock())
    state.keys.remove(key.id)
    return {"id": key.id, "name": key.name}


ACTIONS: dict[str, tuple[type[_Body], Action]] = {
    "/api/train": (TrainBody, _train),
    "/api/promote": (PromoteBody, _promote),
    "/api/rollback": (RollbackBody, _roll_back),
    "/api/prompts/rollback": (PromptRollbackBody, _roll_back_prompt),
    "/api/student": (StudentBody, _set_student),
    "/api/keys": (KeyBody, _create_key),
    "/api/keys/revoke": (RevokeBody, _revoke_key),
}
