"""Asks Claude through its command line: one prompt in, JSON lines out. Gives it no tool and no file.

Refuses what the command would act on or cannot be told: commands, file mentions, several turns.
"""

import asyncio
import contextlib
import errno
import os
import re
import signal
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import orjson

from understudy.config import Teacher
from understudy.errors import UpstreamError
from understudy.records import Completion, Message, Prompt
from understudy.wire import anthropic
from understudy.wire.messages import write_event

# A prompt holds what strangers typed: no tool, no MCP server, no settings and no memory of this
# machine may come into it, and no transcript of it is left behind.
_ALONE = (
    "--tools=",
    "--strict-mcp-config",
    "--setting-sources=",
    "--no-session-persistence",
)
_SYSTEM = "--system-prompt="
_SYSTEM_FILE = "--system-prompt-file="
# The command runs a first word like /compact, and puts the content of @path in its place.
_ACTED_ON = re.compile(r"\s*/|(?:.*\s)?@[\w./~\"-]", re.DOTALL)
# Its own words (an expired login, say) come as a message of this model.
_ITSELF = "<synthetic>"
_EXCERPT_CHARS = 300


@dataclass(frozen=True, slots=True)
class Call:
    """What one question is: the words of the command, and what it reads. `filed` is the system text:
    a command's words stand in the list of processes, for every user of the machine to read."""

    words: tuple[str, ...]
    given: bytes
    filed: bytes | None = None


async def ask(teacher: Teacher, prompt: Prompt) -> Completion:
    """Raises UpstreamError when no answer comes; the command never outlives the question."""
    call = render_call(teacher, prompt)
    with tempfile.TemporaryDirectory(prefix="understudy-") as folder:
        words = call.words
        if call.filed is not None:
            file = Path(folder) / "system-prompt"
            file.write_bytes(call.filed)
            words = (*words, f"{_SYSTEM_FILE}{file}")
        # An empty folder: the command reads instructions from the one it is started in.
        empty = Path(folder) / "empty"
        empty.mkdir()
        code, output, complaint = await _run(teacher, words, call.given, empty)
    if code != 0:
        result = _result(_read_lines(output)) or {}
        said = result.get("result") or _excerpt(complaint or output) or "it said nothing"
        raise UpstreamError(
            f"{teacher.command[0]} ended with exit code {code} ({said}); run it by hand, log in"
        )
    return parse_lines(output)


def render_call(teacher: Teacher, prompt: Prompt) -> Call:
    """Raises UpstreamError for a prompt that would not reach the model as it is."""
    turns = [message.role for message in prompt.messages]
    if turns != ["user"]:
        raise UpstreamError(
            f"the Claude command takes one user turn and this prompt has {len(turns)}; "
            "set teacher.kind = 'anthropic' for conversations"
        )
    text = prompt.messages[0].content
    if _ACTED_ON.match(text):
        raise UpstreamError(
            "the Claude command would act on this prompt (a leading / or an @path); "
            "set teacher.kind = 'anthropic'"
        )
    # NAME=VALUE in one word: a value that begins with a dash is no option of its own.
    words = (
        *teacher.command,
        "-p",
        "--output-format=stream-json",
        "--verbose",
        f"--model={teacher.model}",
        *_ALONE,
    )
    given, system = (one.encode("utf-8", "replace") for one in (text, prompt.system))
    # In place of the command's own system text, which would make it another prompt.
    if not system:
        return Call((*words, _SYSTEM), given)
    return Call(words, given, filed=system)


def read_call(call: Call) -> Prompt:
    """The prompt that a call sends, as the command will read it."""
    turns = (Message("user", call.given.decode()),)
    return Prompt((call.filed or b"").decode(), turns)


def parse_lines(output: bytes) -> Completion:
    """Raises UpstreamError for an error, even one that is called a success, and for no result."""
    lines = _read_lines(output)
    if not lines:
        raise UpstreamError(
            f"the Claude command printed no JSON but {_excerpt(output)!r}; check teacher.command"
        )
    result = _result(lines)
    if result is None:
        raise UpstreamError("the Claude command broke off before its result; try again")
    said = result.get("result")
    if result.get("is_error") or result.get("subtype") != "success":
        found = said or result.get("errors") or result.get("subtype")
        raise UpstreamError(f"the Claude command failed: {found}; run it by hand, log in or wait")
    completion = _completion(lines, result)
    if completion.model == _ITSELF:
        raise UpstreamError(f"the Claude command answered by itself: {said}; run it by hand")
    cost = result.get("total_cost_usd")
    return replace(
        completion,
        answer=said if isinstance(said, str) else completion.answer,
        cost_usd=float(cost) if isinstance(cost, int | float) else None,
    )


async def _run(
    teacher: Teacher, words: Sequence[str], given: bytes, folder: Path
) -> tuple[int, bytes, bytes]:
    """Exit code, output and complaints."""
    pipe = asyncio.subprocess.PIPE
    try:
        process = await asyncio.create_subprocess_exec(
            *words,
            stdin=pipe,
            stdout=pipe,
            stderr=pipe,
            cwd=folder,
            # A process group of its own, so that what it starts ends with it.
            start_new_session=True,
        )
    except (OSError, ValueError) as error:
        do = "install it or set teacher.command"
        if isinstance(error, OSError) and error.errno == errno.E2BIG:
            do = "its words and the environment are too long together: shorten teacher.command"
        raise UpstreamError(f"{teacher.command[0]} cannot be started ({error}); {do}") from error
    try:
        async with asyncio.timeout(teacher.timeout_s):
            output, complaint = await process.communicate(given)
            return await process.wait(), output, complaint
    except TimeoutError as error:
        raise UpstreamError(
            f"no answer of {teacher.command[0]} within teacher.timeout_s = {teacher.timeout_s:g}; "
            "raise it or try again"
        ) from error
    finally:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal.SIGKILL)
        await process.wait()


def _read_lines(output: bytes) -> list[dict[str, Any]]:
    """The JSON objects among the lines; a notice between them is passed over."""
    found = []
    for line in output.splitlines():
        with contextlib.suppress(orjson.JSONDecodeError):
            value = orjson.loads(line)
            if isinstance(value, dict):
                found.append(value)
    return found


def _result(lines: Sequence[dict[str, Any]]) -> dict[str, Any] | None:
    return next((line for line in reversed(lines) if line.get("type") == "result"), None)


def _completion(lines: Sequence[dict[str, Any]], result: dict[str, Any]) -> Completion:
    """Whole messages where there are any, else what the stream's events add up to."""
    messages = [
        line["message"]
        for line in lines
        if line.get("type") == "assistant" and isinstance(line.get("message"), dict)
    ]
    events = [line.get("event") for line in lines if line.get("type") == "stream_event"]
    streamed = anthropic.parse_stream(
        [write_event(event) for event in events if isinstance(event, dict)]
    )
    stops = [one.get("stop_reason") for one in (result, *reversed(messages))]
    # Older commands do not say why the model stopped; their success is a whole answer.
    stop_reason = next((str(one) for one in (*stops, streamed.stop_reason) if one), "end_turn")
    said = streamed if not messages else _spoken(messages)
    counted = anthropic.build_completion({"usage": result.get("usage")}, [], "").usage
    return replace(said, stop_reason=stop_reason, usage=counted)


def _spoken(messages: Sequence[dict[str, Any]]) -> Completion:
    """The command prints each block of a message as a line of its own."""
    blocks = [
        block
        for message in messages
        for block in message.get("content") or ()
        if isinstance(block, dict)
    ]
    return anthropic.build_completion({"model": messages[-1].get("model", "")}, blocks, "")


def _excerpt(output: bytes) -> str:
    return output[:_EXCERPT_CHARS].decode(errors="replace").strip()
