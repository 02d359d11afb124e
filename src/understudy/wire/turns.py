"""What a turn in OpenAI's format says besides its content: a refusal, calls of tools, the unknown.

Runs no tool and checks no call; what has no known form breaks nothing.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from understudy.wire.messages import besides, sorted_json, standing_in_answer, whole_number

# `reasoning_details` repeats, or seals, what the reasoning says.
_REASONING = ("reasoning_content", "reasoning", "reasoning_details")
_READ = frozenset(("role", "content", "refusal", "tool_calls", *_REASONING))
# Of a request's turns; their reasoning is no part of what is asked.
_SPOKEN = ("function_call", "audio")
_PLAIN = frozenset(("role", "content"))


def list_calls(turn: Mapping[str, Any]) -> list[dict[str, Any]]:
    calls = turn.get("tool_calls")
    return [call for call in calls if isinstance(call, dict)] if isinstance(calls, list) else []


def extend_calls(calls: dict[int, dict[str, Any]], deltas: Iterable[dict[str, Any]]) -> None:
    """A streamed call comes in pieces: its head first, then its arguments."""
    for delta in deltas:
        function = delta.get("function")
        piece = function if isinstance(function, dict) else {}
        call = calls.setdefault(whole_number(delta.get("index")), {"function": {"arguments": ""}})
        call |= {key: value for key, value in delta.items() if key not in ("index", "function")}
        arguments = call["function"]["arguments"] + str(piece.get("arguments") or "")
        call["function"] |= {**piece, "arguments": arguments}


def unread(turn: Mapping[str, Any]) -> list[str]:
    """What an answer's message, or a piece of one, has beyond what is read of it."""
    return [] if turn.keys() <= _READ else besides(turn, _READ)


def answered(content: Any, refusal: Any, calls: Iterable[dict[str, Any]]) -> tuple[str, list[str]]:
    """An answer: its text or the words of its refusal, each call as its JSON, as the blocks of other
    formats are kept; and what to put aside about the calls."""
    text = "".join(part for part in (content, refusal) if isinstance(part, str))
    listed = list(calls)
    aside = [standing_in_answer(call.get("type") or "function") for call in listed]
    return text + "".join(map(sorted_json, listed)), aside


def spoken(turn: Mapping[str, Any]) -> str:
    """What a request's turn says besides its content: two that differ there are not the same."""
    if turn.keys() <= _PLAIN:
        return ""
    said, _ = answered("", turn.get("refusal"), list_calls(turn))
    return said + "".join(besides({name: turn.get(name) for name in _SPOKEN}, ()))
