"""An OpenAI-compatible reasoning model as the teacher: asked, relayed, translated."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import aiohttp
import orjson
import pytest
from claude_rig import answering, install
from gateway_rig import SYSTEM, TICKETS, Rig, answer_of, build_prompt, request_body, rig
from pydantic import ValidationError

from understudy.config import Config, Teacher
from understudy.errors import UpstreamError
from understudy.records import (
    TEACHER,
    Completion,
    InferenceStatus,
    Prompt,
    ReasoningKind,
    Usage,
)
from understudy.testing import Behaviour, ScriptedUpstream
from understudy.wire import openai
from understudy.wire.client import ask_teacher, sent_prompt
from understudy.wire.logprobs import token_confidence

PROMPT = build_prompt({"text": "my invoice is wrong"})
# A real upstream is not told which function it plays, so that this one plays a single function.
ONE = replace(TICKETS, functions={"classify": TICKETS.functions["classify"]})
OPEN = {"kind": "openai", "model": "deepseek-reasoner"}


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


async def ask(upstream: ScriptedUpstream, **fields: Any) -> Completion:
    teacher = Teacher.model_validate({**OPEN, "base_url": upstream.url, **fields})
    async with aiohttp.ClientSession() as session:
        return await ask_teacher(session, teacher, PROMPT)


@pytest.mark.anyio
async def test_it_is_asked_with_a_bearer_token_and_its_own_temperature() -> None:
    with ScriptedUpstream(ONE) as upstream:
        completion = await ask(upstream, api_key="k", max_tokens=77)
        await ask(upstream)
    assert completion == answer_of(PROMPT)
    assert completion.reasoning_kind is ReasoningKind.RAW
    first, second = upstream.received
    assert first.path == openai.PATH
    assert first.headers["authorization"] == "Bearer k"
    assert "x-api-key" not in first.headers
    assert "authorization" not in second.headers
    body = orjson.loads(first.body)
    assert (body["model"], body["max_tokens"]) == ("deepseek-reasoner", 77)
    assert "temperature" not in body
    assert openai.parse_request(first.body).prompt == PROMPT


@pytest.mark.anyio
@pytest.mark.parametrize(
    ("behaviour", "named"),
    [
        (Behaviour(status=401), "401"),
        (Behaviour(body=b'{"error":{"message":"no credit"}}'), "no credit"),
        (Behaviour(body=b"<html>"), "no JSON"),
    ],
)
async def test_a_server_that_fails_is_one_clear_error(behaviour: Behaviour, named: str) -> None:
    with ScriptedUpstream(ONE) as upstream:
        upstream.behaviour = behaviour
        with pytest.raises(UpstreamError, match=named):
            await ask(upstream)


@pytest.mark.parametrize("base_url", ["http://there/v1", "http://there/v1/", "http://there"])
def test_an_address_is_right_with_and_without_its_version(base_url: str) -> None:
    assert Config(teacher=Teacher(kind="openai", base_url=base_url)).teacher.base_url == (
        "http://there"
    )


def test_an_openai_teacher_needs_an_address() -> None:
    with pytest.raises(ValidationError, match="needs base_url"):
        Teacher(kind="openai")


@pytest.mark.parametrize(
    ("model", "kind"),
    [
        ("deepseek-reasoner", ReasoningKind.RAW),
        ("Qwen/QwQ-32B", ReasoningKind.RAW),
        ("openai/gpt-oss-20b", ReasoningKind.RAW),
        ("anthropic/claude-sonnet-4", ReasoningKind.SUMMARY),
        ("o3-mini", ReasoningKind.SUMMARY),
    ],
)
def test_reasoning_is_raw_where_the_model_shows_all_of_it(model: str, kind: ReasoningKind) -> None:
    message = {"content": "{}", "reasoning": "hm"}
    body = {"model": model, "choices": [{"message": message, "finish_reason": "stop"}]}
    assert openai.parse_response(orjson.dumps(body)).reasoning_kind is kind


@pytest.mark.parametrize("field", ["reasoning_content", "reasoning"])
def test_a_streams_reasoning_and_late_usage_are_read(field: str) -> None:
    deltas = [{"role": "assistant", "content": ""}, {field: "h"}, {field: "m"}, {"content": "{}"}]
    events: list[dict[str, Any]] = [{"choices": [{"delta": delta}]} for delta in deltas]
    events.append({"choices": [{"delta": {}, "finish_reason": "stop"}]})
    events.append({"choices": [], "usage": {"prompt_tokens": 9, "completion_tokens": 4}})
    stream = b"".join(b"data: " + orjson.dumps(event) + b"\n\n" for event in events)
    completion = openai.parse_stream(stream + b"data: [DONE]\n\n")
    assert (completion.thinking, completion.answer) == ("hm", "{}")
    assert (completion.stop_reason, completion.usage.output_tokens) == ("end_turn", 4)


def test_a_refusal_in_a_field_of_its_own_is_a_refusal() -> None:
    message = {"content": None, "refusal": "No."}
    body = {"choices": [{"message": message, "finish_reason": "stop"}]}
    assert openai.parse_response(orjson.dumps(body)).stop_reason == "refusal"
    events = [{"choices": [{"delta": {"refusal": "No."}, "finish_reason": "stop"}]}]
    stream = b"".join(b"data: " + orjson.dumps(event) + b"\n\n" for event in events)
    assert openai.parse_stream(stream).stop_reason == "refusal"


def test_a_prompt_is_sent_to_every_kind_of_teacher_as_it_is() -> None:
    for kind in ("anthropic", "openai", "scripted", "claude_cli"):
        teacher = Teacher.model_validate({"kind": kind, "base_url": "http://there"})
        assert sent_prompt(teacher, PROMPT).hash == PROMPT.hash


def chat_body(prompt: Prompt, **fields: Any) -> bytes:
    body = orjson.loads(openai.render_request(prompt, "any-model", 300, 0.7))
    return orjson.dumps({**body, **fields})


def test_how_sure_the_upstream_was_is_stored_without_its_tokens(tmp_path: Path) -> None:
    content = [{"token": "secret", "logprob": 0.0}, {"token": "!", "logprob": -0.5}]
    message = {"role": "assistant", "content": "secret!"}
    choice = {"message": message, "finish_reason": "stop", "logprobs": {"content": content}}
    with rig(tmp_path, application=ONE, teacher=OPEN) as running:
        running.upstream.behaviour = Behaviour(body=orjson.dumps({"choices": [choice]}))
        assert running.post(openai.PATH, chat_body(PROMPT, logprobs=True)).status == 200
        (inference,) = running.stop()
    assert inference.completion.confidence == token_confidence([0.0, -0.5])


@pytest.mark.parametrize("stream", [False, True])
def test_the_gateway_relays_chat_completions_byte_for_byte(tmp_path: Path, stream: bool) -> None:
    body = chat_body(PROMPT, stream=stream, user="x", logit_bias={})
    with rig(tmp_path, application=ONE, teacher={**OPEN, "api_key": "ours"}) as running:
        answer = running.post(openai.PATH, body, authorization="Bearer theirs")
        (received,) = running.upstream.received
        (inference,) = running.stop()
    assert answer.status == 200
    assert received.body == body
    assert received.headers["authorization"] == "Bearer theirs"
    assert inference.completion == answer_of(PROMPT)
    assert inference.variant == TEACHER
    assert inference.prompt_hash == PROMPT.hash


def test_the_gateway_translates_messages_for_an_openai_teacher(tmp_path: Path) -> None:
    with rig(tmp_path, application=ONE, teacher=OPEN) as running:
        answer = running.ask("my invoice is wrong", x_api_key="theirs")
        (received,) = running.upstream.received
        running.stop()
    assert answer.json["content"][-1]["text"] == '{"team":"billing"}'
    assert received.path == openai.PATH
    assert openai.parse_request(received.body).prompt == PROMPT
    assert "theirs" not in str(received)


def test_a_translated_request_keeps_its_limit_and_learns_when_to_come_back(tmp_path: Path) -> None:
    with rig(tmp_path, application=ONE, teacher=OPEN) as running:
        running.ask("my invoice is wrong")
        running.upstream.behaviour = Behaviour(status=429, headers={"retry-after": "7"})
        refused = running.ask("my invoice is wrong")
        first, _ = running.upstream.received
    assert orjson.loads(first.body)["max_tokens"] == 300
    assert (refused.status, refused.headers["retry-after"]) == (429, "7")
    assert refused.json["error"]["type"] == "rate_limit_error"


def test_a_stream_without_its_usage_counts_by_its_length(tmp_path: Path) -> None:
    chunk = {"choices": [{"index": 0, "delta": {"content": "x" * 400}, "finish_reason": "stop"}]}
    stream = b"data: " + orjson.dumps(chunk) + b"\n\ndata: [DONE]\n\n"
    answered = Behaviour(body=stream, headers={"content-type": "text/event-stream"})
    limits = {"tokens_per_minute": 100}
    with rig(tmp_path, application=ONE, teacher=OPEN, limits=limits) as running:
        running.upstream.behaviour = answered
        body = chat_body(PROMPT, stream=True)
        assert [running.post(openai.PATH, body).status for _ in range(2)] == [200, 429]
        (inference,) = running.stop()
    assert inference.completion.usage == Usage()
    assert inference.cost_usd == (len(body) // 4 * 1.0 + 100 * 5.0) / 1e6


def test_what_cannot_be_translated_names_the_path_that_can(tmp_path: Path) -> None:
    body = orjson.dumps({**orjson.loads(request_body("hello")), "tools": [{"name": "t"}]})
    with rig(tmp_path, application=ONE, teacher=OPEN) as running:
        answer = running.post("/v1/messages", body)
        (inference,) = running.stop()
    assert answer.status == 400
    assert openai.PATH in answer.json["error"]["message"]
    assert inference.status is InferenceStatus.FAILED


@pytest.mark.parametrize("path", ["/v1/messages", openai.PATH])
def test_the_gateway_translates_everything_for_a_command(tmp_path: Path, path: str) -> None:
    command = install(tmp_path / "bin", answering('{"team":"billing"}', "hm"))
    teacher = {"kind": "claude_cli", "command": [str(command.path)]}

    def ask_both(running: Rig) -> tuple[int, int]:
        body = chat_body(PROMPT) if path == openai.PATH else request_body("my invoice is wrong")
        tools = orjson.dumps({**orjson.loads(body), "tools": [{"name": "t"}]})
        return running.post(path, body).status, running.post(path, tools).status

    with rig(tmp_path / "data", application=ONE, teacher=teacher) as running:
        assert ask_both(running) == (200, 400)
        first, second = running.stop()
    assert (first.completion.answer, first.completion.thinking) == ('{"team":"billing"}', "hm")
    assert first.cost_usd == 0.0123
    assert "plain text only" in second.error
    (call,) = command.calls
    assert call["read"] == "my invoice is wrong"
    assert call["filed"] == [SYSTEM]
