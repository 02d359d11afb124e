"""The Claude command as a teacher: what it is called with, what its lines say, how it can fail."""

import os
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from claude_rig import (
    INIT,
    MODEL,
    Command,
    answering,
    install,
    printed,
    result,
    said,
    text,
    thought,
)

from understudy.config import Teacher
from understudy.errors import UpstreamError
from understudy.records import Completion, Message, Prompt, ReasoningKind, Usage
from understudy.wire import claude_cli
from understudy.wire.client import ask_teacher, price_usd, sent_prompt

PROMPT = Prompt("-p is no option here.\nAnswer in JSON.", (Message("user", "pump ünïts?\n"),))


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


def teacher_of(command: Command | None = None, **fields: Any) -> Teacher:
    words = ("claude",) if command is None else (str(command.path),)
    plain = {"kind": "claude_cli", "command": words, "model": "haiku", "timeout_s": 30.0}
    return Teacher.model_validate({**plain, **fields})


async def ask(command: Command, prompt: Prompt = PROMPT, **fields: Any) -> Completion:
    async with aiohttp.ClientSession() as session:
        return await ask_teacher(session, teacher_of(command, **fields), prompt)


@pytest.mark.anyio
async def test_the_command_answers_with_thinking_usage_and_its_bill(tmp_path: Path) -> None:
    command = install(tmp_path, answering('{"a":1}', "hm"))
    completion = await ask(command)
    assert completion == Completion(
        '{"a":1}', "hm", ReasoningKind.SUMMARY, "end_turn", Usage(43, 21), MODEL, 0.0123
    )
    assert price_usd(teacher_of(command), completion) == 0.0123


@pytest.mark.anyio
async def test_the_prompt_goes_in_whole_and_the_command_gets_no_tool(tmp_path: Path) -> None:
    command = install(tmp_path, answering("{}"))
    await ask(command)
    (call,) = command.calls
    assert call["read"] == "pump ünïts?\n"
    assert call["filed"] == [PROMPT.system]
    assert {"-p", "--output-format=stream-json", "--verbose"} <= {*call["words"]}
    assert {"--tools=", "--setting-sources=", "--strict-mcp-config"} <= {*call["words"]}
    assert "--model=haiku" in call["words"]
    assert Path(call["folder"]) != Path.cwd()
    assert not _is_there(call["folder"])


@pytest.mark.anyio
@pytest.mark.parametrize("system", ["a rule", "ä long rule\n" * 12_000, "a rule\0 and its end"])
async def test_nothing_of_a_prompt_stands_where_every_user_of_the_machine_can_read_it(
    tmp_path: Path, system: str
) -> None:
    command = install(tmp_path, answering("{}"))
    await ask(command, Prompt(system, PROMPT.messages))
    (call,) = command.calls
    assert call["filed"] == [system]
    assert not [word for word in call["words"] if "rule" in word or "pump" in word]
    assert (call["read"], call["beside"]) == ("pump ünïts?\n", [])
    assert not _is_there(call["folder"])


@pytest.mark.anyio
async def test_a_command_line_that_is_too_long_is_called_that(tmp_path: Path) -> None:
    command = install(tmp_path, answering("{}"))
    wordy = teacher_of(command, model="y" * 140_000)
    with pytest.raises(UpstreamError, match=r"too long together: shorten teacher\.command"):
        await claude_cli.ask(wordy, PROMPT)


@pytest.mark.anyio
async def test_a_broken_character_in_the_system_text_is_written_as_one_that_can_be_sent(
    tmp_path: Path,
) -> None:
    command = install(tmp_path, answering("{}"))
    await ask(command, Prompt("rule \ud800", PROMPT.messages))
    assert command.calls[0]["filed"] == ["rule ?"]


@pytest.mark.anyio
async def test_without_a_system_text_the_commands_own_is_taken_away_all_the_same(
    tmp_path: Path,
) -> None:
    command = install(tmp_path, answering("{}"))
    await ask(command, Prompt("", PROMPT.messages))
    (call,) = command.calls
    assert ("--system-prompt=" in call["words"], call["filed"]) == (True, [])


def _is_there(folder: str) -> bool:
    return Path(folder).exists()


@pytest.mark.parametrize("system", [PROMPT.system, "", "long " * 40_000])
def test_what_is_sent_hashes_like_the_prompt(system: str) -> None:
    prompt = Prompt(system, PROMPT.messages)
    assert sent_prompt(teacher_of(), prompt).hash == prompt.hash


@pytest.mark.parametrize(
    ("prompt", "named"),
    [
        (Prompt("", (Message("user", "a"), Message("assistant", "b"), Message("user", "c"))), "3"),
        (Prompt("", (Message("user", "/compact everything"),)), "leading /"),
        (Prompt("", (Message("user", "what is in\n@/etc/hostname ?"),)), "@path"),
    ],
)
def test_what_the_command_would_act_on_is_refused(prompt: Prompt, named: str) -> None:
    with pytest.raises(UpstreamError, match=named) as refusal:
        claude_cli.render_call(teacher_of(), prompt)
    assert "teacher.kind" in str(refusal.value)


def test_an_address_with_an_at_sign_is_no_file() -> None:
    prompt = Prompt("", (Message("user", "write to ann@example.org at 5/6"),))
    assert claude_cli.read_call(claude_cli.render_call(teacher_of(), prompt)) == prompt


def parse(*lines: object) -> Completion:
    return claude_cli.parse_lines(printed(*lines).encode())


def test_unknown_lines_and_notices_are_passed_over() -> None:
    later = {"type": "rate_limit_event", "rate_limit_info": {"status": "allowed"}}
    completion = parse("[notice] no JSON", INIT, later, [1], said(text("{}")), result("{}"))
    assert (completion.answer, completion.thinking) == ("{}", None)


@pytest.mark.parametrize(
    ("block", "kind"),
    [
        (thought("because"), ReasoningKind.SUMMARY),
        (thought(""), ReasoningKind.OMITTED),
        ({"type": "redacted_thinking", "data": "x"}, ReasoningKind.REDACTED),
    ],
)
def test_the_kind_of_reasoning_is_recorded(block: dict[str, str], kind: ReasoningKind) -> None:
    assert parse(said(block), said(text("{}")), result("{}")).reasoning_kind is kind


def test_without_whole_messages_the_events_are_read() -> None:
    events = [
        {"type": "message_start", "message": {"model": MODEL, "usage": {"input_tokens": 2}}},
        {"type": "content_block_start", "index": 0, "content_block": thought("")},
        {
            "type": "content_block_delta",
            "index": 0,
            "delta": {"type": "thinking_delta", "thinking": "hm"},
        },
        {"type": "content_block_start", "index": 1, "content_block": text("{}")},
        {"type": "message_delta", "delta": {"stop_reason": "max_tokens"}, "usage": {}},
    ]
    lines = [{"type": "stream_event", "event": event} for event in events]
    completion = parse(INIT, *lines, result("{}", stop_reason=None))
    assert (completion.thinking, completion.model) == ("hm", MODEL)
    assert completion.stop_reason == "max_tokens"
    assert completion.usage == Usage(43, 21)


@pytest.mark.parametrize(
    ("lines", "named"),
    [
        ([result("Credit balance is too low", is_error=True)], "Credit balance"),
        ([result(None, subtype="error_max_turns", is_error=True)], "error_max_turns"),
        ([result(None, subtype="error_during_execution", errors=["boom"])], "boom"),
        ([said(text("hi"), model="<synthetic>"), result("hi")], "by itself"),
        ([INIT, said(text("{}"))], "broke off"),
        (["Welcome!"], "teacher.command"),
        ([], "no JSON"),
    ],
)
def test_an_error_is_an_error_even_where_it_is_called_a_success(
    lines: list[object], named: str
) -> None:
    with pytest.raises(UpstreamError, match=named):
        parse(*lines)


@pytest.mark.anyio
async def test_a_command_that_is_missing_says_which_setting_names_it() -> None:
    with pytest.raises(UpstreamError, match=r"teacher\.command"):
        await ask(Command(Path("/nowhere/claude")))


@pytest.mark.anyio
@pytest.mark.parametrize(
    ("output", "complaint", "named"),
    [
        ("", "error: unknown option", "exit code 3.*unknown option"),
        (printed(result("Invalid API key", is_error=True)), "", "exit code 3.*Invalid API key"),
        (answering("{}"), "", "exit code 3"),
    ],
)
async def test_a_command_that_fails_gives_its_reason(
    tmp_path: Path, output: str, complaint: str, named: str
) -> None:
    command = install(tmp_path, output, code=3, complaint=complaint)
    with pytest.raises(UpstreamError, match=named):
        await ask(command)


@pytest.mark.anyio
async def test_a_command_that_hangs_ends_with_all_that_it_started(tmp_path: Path) -> None:
    command = install(tmp_path, "", hangs=True)
    with pytest.raises(UpstreamError, match=r"teacher\.timeout_s = 5"):
        await ask(command, timeout_s=5.0)
    for pid in command.pids:
        while _is_alive(pid):
            os.sched_yield()


def _is_alive(pid: int) -> bool:
    """A process that ended and that nobody has waited for yet is not."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except (FileNotFoundError, ProcessLookupError):
        return False
    return state != "Z"
