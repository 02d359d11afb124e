"""The official clients, instrumented and otherwise as they come; a recorder drains what they did."""

import asyncio
import uuid
from pathlib import Path
from typing import Any

import anthropic
import openai
import orjson
import pytest
from gateway_rig import build_prompt, rig
from hook_rig import ASKED, CHAT, EXPECTED, TICKET, Scene, check, open_claude, open_gpt, open_scene

from understudy.capture import Hook, instrument
from understudy.errors import InputError
from understudy.records import InferenceStatus
from understudy.testing import Behaviour

scene = pytest.fixture(open_scene)
claude = pytest.fixture(open_claude)
gpt = pytest.fixture(open_gpt)

NAMED = {"x-understudy-function": "escalate", "X-Understudy-Episode": "e-2"}
TOOL_USE = {
    "id": "msg_1",
    "type": "message",
    "role": "assistant",
    "model": "any-model",
    "content": [{"type": "tool_use", "id": "t", "name": "find_invoice", "input": {"number": "7"}}],
    "stop_reason": "tool_use",
    "stop_sequence": None,
    "usage": {"input_tokens": 9, "output_tokens": 5},
}


def test_a_message_is_what_it_was_and_is_captured(
    scene: Scene, claude: anthropic.Anthropic
) -> None:
    plain = claude.messages.create(**ASKED)
    hook = scene.instrument(claude)

    message = claude.messages.create(**ASKED)

    assert message == plain
    assert type(message) is type(plain)
    (inference,) = scene.recorded(hook)
    check(inference, hook)
    assert inference.episode == inference.id
    assert scene.drain.store.count_traces() == 1
    assert scene.upstream.received[0].body == scene.upstream.received[1].body


def test_a_label_that_is_no_text_is_kept_as_one(scene: Scene, claude: anthropic.Anthropic) -> None:
    session: Any = uuid.UUID(int=5)
    nobody: Any = None
    hook = instrument(claude, episode=session, user=nobody, data_dir=scene.folder)
    claude.messages.create(**ASKED)
    (inference,) = scene.recorded(hook)
    assert (inference.episode, inference.user, hook.dropped) == (str(session), "", 0)


def test_headers_name_the_function_of_one_call_and_go_no_further(
    scene: Scene, claude: anthropic.Anthropic
) -> None:
    hook = scene.instrument(claude)
    claude.messages.create(**ASKED, extra_headers={**NAMED, "x-mine": "1"})
    (inference,) = scene.recorded(hook)
    assert (inference.function, inference.episode) == ("escalate", "e-2")
    sent = scene.upstream.received[0].headers
    assert [name for name in sent if name.startswith("x-understudy")] == []
    assert sent["x-mine"] == "1"


@pytest.mark.parametrize("stream", [False, True])
def test_an_error_is_recorded_and_stays_the_clients(
    scene: Scene, claude: anthropic.Anthropic, stream: bool
) -> None:
    hook = scene.instrument(claude)
    scene.upstream.behaviour = Behaviour(status=429)
    with pytest.raises(anthropic.RateLimitError):
        claude.messages.stream(**ASKED).__enter__() if stream else claude.messages.create(**ASKED)
    (inference,) = scene.recorded(hook)
    assert inference.status is InferenceStatus.FAILED
    assert "told to fail" in inference.error
    assert inference.prompt == build_prompt({"text": TICKET})


def test_a_wrong_call_is_the_clients_error_and_no_inference(
    scene: Scene, claude: anthropic.Anthropic
) -> None:
    hook = scene.instrument(claude)
    with pytest.raises(TypeError, match="max_tokens"):
        claude.messages.create(model="any-model")  # type: ignore[call-overload]
    assert scene.recorded(hook) == []


def test_tools_are_kept_as_the_gateway_keeps_them(
    scene: Scene, claude: anthropic.Anthropic
) -> None:
    hook = scene.instrument(claude)
    scene.upstream.behaviour = Behaviour(body=orjson.dumps(TOOL_USE))
    message = claude.messages.create(**ASKED)
    assert message.content[0].input == {"number": "7"}
    (inference,) = scene.recorded(hook)
    assert inference.completion.stop_reason == "tool_use"
    assert orjson.loads(inference.completion.answer)["name"] == "find_invoice"


def test_a_raw_response_stays_one_and_carries_the_id(
    scene: Scene, claude: anthropic.Anthropic
) -> None:
    # Touched before: the client keeps what it made from the unwrapped method.
    assert claude.messages.with_raw_response is not None
    hook = scene.instrument(claude)
    raw = claude.messages.with_raw_response.create(**ASKED)
    assert raw.parse().content[-1].text == EXPECTED.answer
    (inference,) = scene.recorded(hook)
    check(inference, hook)
    assert raw.headers["x-understudy-inference"] == inference.id


def test_every_way_of_asking_is_captured(
    scene: Scene, claude: anthropic.Anthropic, gpt: openai.OpenAI
) -> None:
    hooks = [scene.instrument(claude), scene.instrument(gpt)]
    claude.beta.messages.create(**ASKED)
    claude.messages.parse(**ASKED)
    claude.with_options(timeout=60).messages.create(**ASKED)
    with claude.copy().beta.messages.stream(**ASKED) as events:
        events.until_done()
    gpt.chat.completions.parse(**CHAT)
    gpt.with_options(timeout=60).chat.completions.create(**CHAT)
    with gpt.chat.completions.stream(**CHAT) as chunks:
        chunks.until_done()
    for hook in hooks:
        assert hook.flush()
    found = scene.recorded(hooks[0])
    assert [one.completion.answer for one in found] == [EXPECTED.answer] * 7
    assert {one.status for one in found} == {InferenceStatus.COMPLETE}


def test_the_asynchronous_client_asks_many_at_once(scene: Scene) -> None:
    async def ask() -> tuple[Hook, list[str]]:
        url = scene.upstream.url
        async with anthropic.AsyncAnthropic(base_url=url, api_key="sk-test") as client:
            hook = scene.instrument(client)

            async def one() -> str:
                message = await client.messages.create(**ASKED)
                assert message.content[-1].text == EXPECTED.answer
                return hook.last_inference

            ids = list(await asyncio.gather(*(one() for _ in range(4))))
            async with client.messages.stream(**ASKED) as stream:
                assert await stream.get_final_text() == EXPECTED.answer
            events = await client.messages.create(**ASKED, stream=True)
            assert [event.type async for event in events][-1] == "message_stop"
            left = await client.messages.create(**ASKED, stream=True)
            async for _ in left:
                break
            await left.close()
        return hook, ids

    hook, ids = asyncio.run(ask())
    found = scene.recorded(hook)
    assert {one.id for one in found} >= set(ids)
    states = [one.status for one in sorted(found, key=lambda one: one.created_at)]
    assert states == [InferenceStatus.COMPLETE] * 6 + [InferenceStatus.INCOMPLETE]


@pytest.mark.parametrize("stream", [False, True])
def test_the_openai_client_is_captured(scene: Scene, gpt: openai.OpenAI, stream: bool) -> None:
    hook = scene.instrument(gpt)
    if stream:
        chunks = list(gpt.chat.completions.create(**CHAT, stream=True))
        text = "".join(choice.delta.content or "" for c in chunks for choice in c.choices)
    else:
        text = str(gpt.chat.completions.create(**CHAT).choices[0].message.content)
    assert text == EXPECTED.answer
    (inference,) = scene.recorded(hook)
    check(inference, hook)


def test_the_asynchronous_openai_client_is_captured(scene: Scene) -> None:
    async def ask() -> Hook:
        url = f"{scene.upstream.url}/v1"
        async with openai.AsyncOpenAI(base_url=url, api_key="sk-test") as client:
            hook = scene.instrument(client)
            whole = await client.chat.completions.create(**CHAT)
            assert whole.choices[0].message.content == EXPECTED.answer
            assert [_ async for _ in await client.chat.completions.create(**CHAT, stream=True)]
        return hook

    found = scene.recorded(asyncio.run(ask()))
    assert [one.completion.answer for one in found] == [EXPECTED.answer] * 2
    assert {one.status for one in found} == {InferenceStatus.COMPLETE}


def test_behind_a_gateway_a_call_is_recorded_once(tmp_path: Path) -> None:
    with rig(tmp_path / "gateway") as running:
        client = anthropic.Anthropic(
            base_url=running.url,
            api_key="sk-test",
            default_headers=running.headers,
        )
        with client:
            hook = instrument(client, data_dir=tmp_path / "gateway")
            client.messages.create(**ASKED)
        hook.flush()
        (inference,) = running.stop()
    assert inference.id == hook.last_inference


def test_only_the_official_clients_are_taken(scene: Scene, claude: anthropic.Anthropic) -> None:
    for stranger in (object(), anthropic, claude.messages):
        with pytest.raises(InputError, match="official anthropic or openai"):
            scene.instrument(stranger)
    scene.instrument(claude)
    with pytest.raises(InputError, match="instrumented already"):
        scene.instrument(claude)


def test_a_fault_of_the_capture_is_not_the_applications(
    scene: Scene, claude: anthropic.Anthropic, monkeypatch: pytest.MonkeyPatch
) -> None:
    hook = scene.instrument(claude)

    def fail(*_: object) -> None:
        raise MemoryError

    monkeypatch.setattr(hook._outlet, "observe", fail)
    assert claude.messages.create(**ASKED).content[-1].text == EXPECTED.answer
    with claude.messages.stream(**ASKED) as stream:
        assert stream.get_final_text() == EXPECTED.answer
    assert scene.recorded(hook) == []
