"""A stored trace as the extractors see it. What nobody recorded stays unknown."""

import contextlib
import json
import math
from collections.abc import Mapping
from typing import Any

import orjson

from understudy.curate.signals.findings import OWN_ROLES, Observation, ToolCall
from understudy.records import Message, ReasoningKind, TokenConfidence, Trace
from understudy.wire.logprobs import read_logprobs, token_confidence
from understudy.wire.tool_calls import blank_calls

_OUTCOME = ("result", "records", "output", "failed", "error")
_WITH_WORDS = frozenset({ReasoningKind.RAW, ReasoningKind.SUMMARY, ReasoningKind.SYNTHETIC})


def observe(trace: Trace) -> Observation:
    """`trace.behaviour` may hold `tool_calls`, `latency_s`, `token_confidence` or `logprobs`,
    `feedback`, `succeeded` and `errors`."""
    behaviour = trace.behaviour
    # Only where a call is known to stand in it: an answer in JSON may look like one.
    calls_stand_in_it = behaviour.get("text_only") is False
    answer, blanked = blank_calls(trace.answer) if calls_stand_in_it else (trace.answer, 0)
    return Observation(
        thinking=trace.thinking if trace.reasoning_kind in _WITH_WORDS else "",
        answer=answer,
        turns=tuple(map(_spoken, trace.prompt.messages)),
        tool_calls=_calls(behaviour.get("tool_calls")),
        confidence=_confidence(behaviour),
        latency_s=_number(behaviour.get("latency_s")),
        feedback=_number(behaviour.get("feedback")),
        succeeded=_truth(behaviour.get("succeeded")),
        blanked_chars=blanked,
        errors=int(_number(behaviour.get("errors")) or 0),
    )


def _spoken(turn: Message) -> Message:
    """An earlier call is no word of the model, and was counted where it was made."""
    return Message(turn.role, blank_calls(turn.content)[0]) if turn.role in OWN_ROLES else turn


def _calls(value: Any) -> tuple[ToolCall, ...]:
    rows = value if isinstance(value, list | tuple) else ()
    return tuple(_call(row) for row in rows if isinstance(row, Mapping))


def _call(row: Mapping[str, Any]) -> ToolCall:
    batch = row.get("batch")
    function = row.get("function")
    if isinstance(function, Mapping):
        # OpenAI's form, where `id` and `type` are no arguments.
        row = {**{key: row[key] for key in _OUTCOME if key in row}, "arguments": None, **function}
    known = ("tool", "name", "batch", *_OUTCOME)
    rest = {key: value for key, value in row.items() if key not in known}
    given = rest.pop("arguments", rest.pop("input", None))
    result = next((row[key] for key in ("result", "records", "output") if key in row), "")
    return ToolCall(
        name=str(row.get("tool", row.get("name", ""))),
        arguments=_text(rest if given is None else given),
        result=_text(result),
        failed=bool(row.get("failed") or row.get("error")),
        batch=batch if isinstance(batch, int) else None,
    )


def _text(value: Any) -> str:
    if isinstance(value, str):
        return value
    if value in ({}, None):
        return ""
    try:
        return orjson.dumps(value, default=str, option=orjson.OPT_NON_STR_KEYS).decode()
    except (TypeError, ValueError):
        return _escaped(value)


def _escaped(value: Any) -> str:
    """What orjson refuses: a lone surrogate, an integer over 64 bits. Unknown where nothing writes it."""
    try:
        return json.dumps(value, default=str, skipkeys=True, separators=(",", ":"))
    except (TypeError, ValueError, RecursionError):
        return ""


def _confidence(behaviour: Mapping[str, Any]) -> TokenConfidence | None:
    with contextlib.suppress(KeyError, TypeError, ValueError, OverflowError):
        if (known := TokenConfidence.read(behaviour.get("token_confidence"))) is not None:
            return known
    given = behaviour.get("logprobs")
    choice = given if isinstance(given, Mapping) else {"logprobs": {"content": given}}
    return token_confidence(read_logprobs(choice))


def _number(value: Any) -> float | None:
    """None for what is no finite number: it measures nothing."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    try:
        return float(value) if math.isfinite(value) else None
    except OverflowError:
        return None


def _truth(value: Any) -> bool | None:
    return value if isinstance(value, bool) else None
