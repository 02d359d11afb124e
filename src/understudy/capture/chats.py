"""Chat files: OpenAI and Anthropic `messages`, ShareGPT `conversations`. One trace a line: the last
answer, with the turns before it as its prompt. Refuses a chat that does not end in an answer.
"""

from typing import Any

from understudy.capture.importing import (
    Context,
    Found,
    Row,
    Told,
    function_of,
    prompt_for,
    time_in,
    trace_from,
)
from understudy.function import Function
from understudy.records import Message, Prompt, content_hash
from understudy.redaction.texts import redact
from understudy.wire.thinking import split_thinking

ROLES = {
    "system": "system",
    "developer": "system",
    "user": "user",
    "human": "user",
    "assistant": "assistant",
    "gpt": "assistant",
    "chatgpt": "assistant",
    "bing": "assistant",
    "model": "assistant",
}
CALL_FIELDS = ("tool_calls", "function_call")
"""OpenAI's calls, which stand beside the text."""
THINKING_FIELDS = ("reasoning_content", "reasoning", "thinking")


def read_messages_line(row: Row, context: Context) -> Found:
    """OpenAI (`messages`) or Anthropic (`system` beside them, content as text or blocks)."""
    turns = row["messages"]
    if not isinstance(turns, list):
        raise TypeError("messages is no list")
    system = row.get("system")
    before = [{"role": "system", "content": system}] if system else []
    return _read_turns([*before, *turns], row, context)


def read_sharegpt_line(row: Row, context: Context) -> Found:
    turns = row["conversations"]
    if not isinstance(turns, list):
        raise TypeError("conversations is no list")
    renamed = [{**turn, "role": turn["from"], "content": turn["value"]} for turn in turns]
    system = row.get("system")
    before = [{"role": "system", "content": system}] if system else []
    return _read_turns([*before, *renamed], row, context)


def _read_turns(turns: list[Any], row: Row, context: Context) -> Found:
    read = [(_role(turn), *_contents(turn)) for turn in turns]
    if not read or read[-1][0] != "assistant" or not read[-1][2].strip():
        raise ValueError("the chat does not end in an answer of the assistant")
    _, thinking, answer = read[-1]
    system = "\n\n".join(text for role, _, text in read[:-1] if role == "system")
    asked = [Message(role, text) for role, _, text in read[:-1] if role != "system"]
    if not asked:
        raise ValueError("the chat asks nothing")
    function = function_of(answer, context, row.get("function"))
    told = Told(
        function=function,
        prompt=_prompt(function, system, asked, row),
        thinking=redact(thinking),
        answer=redact(answer),
        teacher=str(row.get("model") or "unknown"),
        created_at=time_in(row.get("created_at", row.get("timestamp")), context),
        stop_reason=str(row.get("stop_reason") or row.get("finish_reason") or ""),
    )
    # The whole line, so that the same words to two models stay two traces.
    return Found(traces=(trace_from(told, context, ["chat", content_hash(dict(row))]),))


def _prompt(function: Function, system: str, asked: list[Message], row: Row) -> Prompt:
    if not system and len(asked) == 1:
        return prompt_for(function, asked[0].content, row)
    return Prompt(redact(system), tuple(Message(one.role, redact(one.content)) for one in asked))


def _role(turn: Any) -> str:
    role = turn.get("role") if isinstance(turn, dict) else None
    if role not in ROLES:
        raise ValueError(f"a turn's role is {role!r}; known are {', '.join(sorted(ROLES))}")
    return ROLES[role]


def _contents(turn: dict[str, Any]) -> tuple[str, str]:
    """A turn's thinking and its text, from fields, blocks or a think tag."""
    calls = next((name for name in CALL_FIELDS if turn.get(name)), None)
    if calls is not None:
        raise _untold(calls)
    content = turn.get("content")
    blocks = content if isinstance(content, list) else [{"type": "text", "text": content}]
    thinking = [turn[name] for name in THINKING_FIELDS if isinstance(turn.get(name), str)]
    texts = []
    for block in blocks:
        kind = block.get("type") if isinstance(block, dict) else None
        if kind == "thinking":
            thinking.append(str(block.get("thinking") or ""))
        elif kind in ("text", "input_text", "output_text"):
            texts.append(block["text"] if isinstance(block["text"], str) else "")
        elif kind not in ("redacted_thinking", "reasoning"):
            raise _untold(kind)
    tagged, text = split_thinking("".join(texts))
    return "\n".join([*thinking, *([tagged] if tagged else [])]), text


def _untold(kind: Any) -> ValueError:
    return ValueError(f"a turn holds a block of type {kind!r}; only text can be learned")
