"""The official Anthropic and OpenAI clients, pointed at the gateway and changed in nothing else."""

import asyncio
from collections.abc import Iterator
from pathlib import Path

import anthropic
import openai
import orjson
import pytest
from gateway_rig import SYSTEM, Rig, answer_of, build_prompt, rig

from understudy.curate.signals.extract import extract_all
from understudy.curate.signals.findings import Where
from understudy.curate.signals.observe import observe
from understudy.curate.signals.vector import NAMES
from understudy.records import InferenceStatus
from understudy.testing import Behaviour

TICKET = "my invoice is wrong"
EXPECTED = answer_of(build_prompt({"text": TICKET}))
ASKED = {
    "model": "any-model",
    "max_tokens": 300,
    "system": SYSTEM,
    "messages": [{"role": "user", "content": TICKET}],
}
CHAT = {
    "model": "any-model",
    "messages": [{"role": "system", "content": SYSTEM}, {"role": "user", "content": TICKET}],
}
TOOL = {
    "name": "find_invoice",
    "description": "Finds an invoice.",
    "input_schema": {"type": "object", "properties": {"number": {"type": "string"}}},
}
TOOL_USE = {
    "id": "msg_1",
    "type": "message",
    "role": "assistant",
    "model": "any-model",
    "content": [
        {"type": "text", "text": "I look."},
        {"type": "tool_use", "id": "toolu_1", "name": "find_invoice", "input": {"number": "7"}},
        {"type": "from_the_future", "anything": [1, 2]},
    ],
    "stop_reason": "tool_use",
    "stop_sequence": None,
    "usage": {"input_tokens": 9, "output_tokens": 5},
}


@pytest.fixture
def running(tmp_path: Path) -> Iterator[Rig]:
    with rig(tmp_path) as made:
        yield made


@pytest.fixture
def client(running: Rig) -> Iterator[anthropic.Anthropic]:
    with anthropic.Anthropic(
        base_url=running.url, api_key="sk-test", default_headers=running.headers, max_retries=0
    ) as made:
        yield made


def test_a_message_comes_with_its_thinking_and_its_inference(
    running: Rig, client: anthropic.Anthropic
) -> None:
    raw = client.messages.with_raw_response.create(**ASKED)
    message = raw.parse()
    (inference,) = running.stop()
    assert [block.type for block in message.content] == ["thinking", "text"]
    assert message.content[0].thinking == EXPECTED.thinking
    assert message.content[1].text == EXPECTED.answer
    assert message.usage.output_tokens == EXPECTED.usage.output_tokens
    assert raw.headers["x-understudy-inference"] == inference.id
    assert raw.headers["x-understudy-variant"] == "teacher"
    assert inference.status is InferenceStatus.COMPLETE


def test_a_stream_is_the_same_message(client: anthropic.Anthropic) -> None:
    with client.messages.stream(**ASKED) as stream:
        text = "".join(stream.text_stream)
        final = stream.get_final_message()
    assert text == final.content[-1].text == EXPECTED.answer
    assert final.stop_reason == "end_turn"


def test_the_asynchronous_client_asks_many_at_once(running: Rig) -> None:
    async def ask() -> list[str]:
        async with anthropic.AsyncAnthropic(
            base_url=running.url, api_key="sk-test", default_headers=running.headers
        ) as client:
            whole = [client.messages.create(**ASKED) for _ in range(8)]
            answers = [message.content[-1].text for message in await asyncio.gather(*whole)]
            async with client.messages.stream(**ASKED) as stream:
                return [*answers, await stream.get_final_text()]

    assert asyncio.run(ask()) == [EXPECTED.answer] * 9
    assert len(running.stop()) == 9


def test_tools_and_blocks_of_tomorrow_pass(running: Rig, client: anthropic.Anthropic) -> None:
    running.upstream.behaviour = Behaviour(body=orjson.dumps(TOOL_USE))
    message = client.messages.create(**ASKED, tools=[TOOL])
    (inference,) = running.stop()
    sent = orjson.loads(running.upstream.received[0].body)
    assert sent["tools"] == [TOOL]
    assert message.stop_reason == "tool_use"
    assert message.content[1].input == {"number": "7"}
    assert message.content[2].type == "from_the_future"
    assert inference.completion.stop_reason == "tool_use"


def test_a_rate_limit_reaches_the_client_with_its_headers(
    running: Rig, client: anthropic.Anthropic
) -> None:
    running.upstream.behaviour = Behaviour(status=429, headers={"retry-after": "7"})
    with pytest.raises(anthropic.RateLimitError) as refused:
        client.messages.create(**ASKED)
    assert refused.value.response.headers["retry-after"] == "7"
    assert "told to fail" in str(refused.value)


def test_the_client_retries_as_it_would_without_the_gateway(
    running: Rig, client: anthropic.Anthropic
) -> None:
    running.upstream.behaviour = Behaviour(status=529, headers={"retry-after-ms": "1"})
    with pytest.raises(anthropic.APIStatusError):
        client.with_options(max_retries=2).messages.create(**ASKED)
    assert len(running.upstream.received) == 3
    failed = running.stop()
    assert [one.status for one in failed] == [InferenceStatus.FAILED] * 3


def test_tokens_are_counted_and_models_are_listed(client: anthropic.Anthropic) -> None:
    asked = {name: ASKED[name] for name in ("model", "system", "messages")}
    assert client.messages.count_tokens(**asked).input_tokens > 0
    assert [model.id for model in client.models.list()] == ["scripted-teacher"]


@pytest.mark.parametrize("stream", [False, True])
def test_the_openai_client_is_answered_in_its_own_format(running: Rig, stream: bool) -> None:
    with openai.OpenAI(
        base_url=f"{running.url}/v1",
        api_key="sk-test",
        default_headers=running.headers,
        max_retries=0,
    ) as client:
        if stream:
            chunks = list(client.chat.completions.create(**CHAT, stream=True))
            choices = [choice for chunk in chunks for choice in chunk.choices]
            text = "".join(choice.delta.content or "" for choice in choices)
            assert choices[-1].finish_reason == "stop"
        else:
            completion = client.chat.completions.create(**CHAT)
            text = str(completion.choices[0].message.content)
            assert completion.usage is not None
            assert completion.usage.completion_tokens == EXPECTED.usage.output_tokens
    assert text == EXPECTED.answer
    (inference,) = running.stop()
    assert inference.completion.answer == EXPECTED.answer


def test_parallel_tool_calls_pass_unchanged_and_the_stored_trace_shows_them(tmp_path: Path) -> None:
    said = "We verified the total. Dangerous!"
    names = ("search_invoices", "send_mail")
    calls = [
        {
            "id": f"call_{name}",
            "type": "function",
            "function": {"name": name, "arguments": orjson.dumps({"text": said}).decode()},
        }
        for name in names
    ]
    message = {"role": "assistant", "content": None, "tool_calls": calls, "reasoning_content": "hm"}
    choice = {"index": 0, "message": message, "finish_reason": "tool_calls"}
    body = orjson.dumps({"id": "c", "object": "chat.completion", "created": 1, "model": "m", "choices": [choice]})  # fmt: skip
    with rig(tmp_path, teacher={"kind": "openai"}) as running:
        running.upstream.behaviour = Behaviour(body=body)
        with openai.OpenAI(
            base_url=f"{running.url}/v1",
            api_key="sk-test",
            default_headers=running.headers,
            max_retries=0,
        ) as client:
            raw = client.chat.completions.with_raw_response.create(**CHAT)
        assert raw.content == body
        running.stop()
        (trace,) = running.store.find_traces()
    observation = observe(trace)
    assert [(call.name, call.batch) for call in observation.tool_calls] == [
        (name, 0) for name in names
    ]
    signals = extract_all(observation)
    assert {finding.where for finding in signals.findings} <= {Where.TOOL_CALL}
    assert signals.vector[NAMES.index("response_length")] == 0


def test_the_asynchronous_openai_client_is_answered(running: Rig) -> None:
    async def ask() -> str:
        async with openai.AsyncOpenAI(
            base_url=f"{running.url}/v1", api_key="sk-test", default_headers=running.headers
        ) as client:
            return str((await client.chat.completions.create(**CHAT)).choices[0].message.content)

    assert asyncio.run(ask()) == EXPECTED.answer


def test_an_unknown_function_is_an_error_of_the_client(running: Rig) -> None:
    with (
        openai.OpenAI(
            base_url=f"{running.url}/v1",
            api_key="sk-test",
            default_headers={**running.headers, "x-understudy-function": "nobody"},
            max_retries=0,
        ) as client,
        pytest.raises(openai.NotFoundError, match="nobody"),
    ):
        client.chat.completions.create(**CHAT)
