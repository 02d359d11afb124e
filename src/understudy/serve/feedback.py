"""POST /v1/feedback: one object or a list, about an inference or an episode.

All or nothing: 404 for an id that was never given out, 422 naming the field that is wrong.
"""

import asyncio
import math
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from understudy.errors import StoreError
from understudy.records import Feedback, FeedbackKind, FeedbackSource, new_id
from understudy.redaction.records import pseudonym
from understudy.serve.http import RefusedError, explained, json_response, read_json
from understudy.serve.repeats import with_keys
from understudy.serve.state import ServeState


class Entry(BaseModel):
    """One feedback as a client sends it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    kind: FeedbackKind
    name: str = Field(min_length=1)
    value: Any
    source: FeedbackSource = FeedbackSource.USER
    inference: str | None = None
    episode: str | None = None
    user: str = ""
    confidence: float = Field(1.0, ge=0, le=1)
    key: str = ""


def feedback_routes(state: ServeState) -> list[Route]:
    return [Route("/v1/feedback", explained(partial(_take, state)), methods=["POST"])]


async def _take(state: ServeState, request: Request) -> Response:
    document = await read_json(request, state.config.server.max_body_bytes)
    listed = document if isinstance(document, list) else [document]
    entries = [_read(one, f"feedback {at}: ") for at, one in enumerate(listed)]
    await _check_known(state, entries)
    taken = [_record(entry, state.clock()) for entry in entries]
    feedback, inserted = await asyncio.to_thread(_insert, state, taken)
    kept = await asyncio.to_thread(_keep_confident, state, feedback)
    return json_response(
        {
            "received": len(feedback),
            "inserted": inserted,
            "repeated": len(feedback) - inserted,
            "traces": kept,
        }
    )


def _read(document: Any, where: str) -> Entry:
    try:
        entry = Entry.model_validate(document)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        field = ".".join(str(part) for part in first["loc"]) or "the object"
        raise RefusedError(422, f"{where}{field}: {first['msg']}") from error
    if (entry.inference is None) == (entry.episode is None):
        raise RefusedError(422, f"{where}inference: name either an inference or an episode")
    sentence, fits = _VALUES[entry.kind]
    if not fits(entry.value):
        raise RefusedError(422, f"{where}value: {entry.kind.value} feedback needs {sentence}")
    return entry


async def _check_known(state: ServeState, entries: list[Entry]) -> None:
    inferences = {e.inference for e in entries if e.inference is not None}
    inferences |= {e.value["over"] for e in entries if _names_other(e)}
    episodes = {e.episode for e in entries if e.episode is not None}
    # Answered a moment ago: known, though not in the store yet.
    fresh = (state.open_inferences, state.recorder.pending)
    inferences = {one for one in inferences if not any(one in some for some in fresh)}
    episodes -= set(state.open_episodes)
    if not inferences and not episodes:
        return
    unknown = await asyncio.to_thread(_find_unknown, state, inferences, episodes)
    if unknown:
        # It may have been answered milliseconds ago and still be in the spool.
        await asyncio.to_thread(state.recorder.drain)
        unknown = await asyncio.to_thread(_find_unknown, state, inferences, episodes)
    if unknown:
        raise RefusedError(404, f"no {unknown}; use the id that came with the answer")


def _find_unknown(state: ServeState, inferences: set[str], episodes: set[str]) -> str:
    for inference in sorted(inferences):
        if state.store.find_inference(inference) is None:
            return f"inference {inference!r}"
    for episode in sorted(episodes):
        if not state.store.has_episode(pseudonym(episode, "episode")):
            return f"episode {episode!r}"
    return ""


def _record(entry: Entry, at: float) -> Feedback:
    return Feedback(
        id=new_id(),
        kind=entry.kind,
        name=entry.name,
        value=entry.value,
        source=entry.source,
        inference=entry.inference,
        episode=entry.episode,
        user=entry.user,
        confidence=entry.confidence,
        created_at=at,
        key=entry.key,
    )


def _insert(state: ServeState, taken: list[Feedback]) -> tuple[list[Feedback], int]:
    """As it is stored, and how much of it was new."""
    redacted = [state.recorder.redactor.redact_feedback(one) for one in taken]
    feedback = with_keys(state.store, redacted)
    return feedback, state.store.insert_feedback(feedback)


def _keep_confident(state: ServeState, feedback: list[Feedback]) -> int:
    try:
        return sum(state.recorder.keep_confident(one) for one in feedback)
    except StoreError:
        # The feedback itself is stored; a trace less is no reason to have it sent again.
        return 0


def _names_other(entry: Entry) -> bool:
    return entry.kind is FeedbackKind.PREFERENCE and "over" in entry.value


def _is_number(value: Any) -> bool:
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return is_number and math.isfinite(value)


def _is_text(value: Any) -> bool:
    return isinstance(value, str) and bool(value.strip())


def _is_preference(value: Any) -> bool:
    if not isinstance(value, dict):
        return False
    if "over" in value:
        return _is_text(value["over"])
    return "chosen" in value and "rejected" in value


_VALUES: Mapping[FeedbackKind, tuple[str, Callable[[Any], bool]]] = {
    FeedbackKind.BOOLEAN: ("true or false", lambda value: isinstance(value, bool)),
    FeedbackKind.FLOAT: ("a finite number", _is_number),
    FeedbackKind.COMMENT: ("a text that is not empty", _is_text),
    FeedbackKind.DEMONSTRATION: (
        "the corrected answer, as an object, a list or a text",
        lambda value: _is_text(value) or (isinstance(value, dict | list) and bool(value)),
    ),
    FeedbackKind.PREFERENCE: (
        'an object with "over" (the id of the other inference), or "chosen" and "rejected"',
        _is_preference,
    ),
    FeedbackKind.ITEMS: (
        "an object or a list with one entry for each item",
        lambda value: isinstance(value, dict | list) and bool(value),
    ),
}
