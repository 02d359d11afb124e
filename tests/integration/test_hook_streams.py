"""Streams of the official clients, instrumented: read to the end, left, dropped, broken off."""

import gc

import anthropic
import openai
import pytest
from hook_rig import ASKED, CHAT, EXPECTED, Scene, check, open_claude, open_gpt, open_scene

from understudy.records import InferenceStatus
from understudy.testing import Behaviour

scene = pytest.fixture(open_scene)
claude = pytest.fixture(open_claude)
gpt = pytest.fixture(open_gpt)


def test_a_stream_is_the_same_message(scene: Scene, claude: anthropic.Anthropic) -> None:
    hook = scene.instrument(claude)
    with claude.messages.stream(**ASKED) as stream:
        text = "".join(stream.text_stream)
        final = stream.get_final_message()
    assert text == final.content[-1].text == EXPECTED.answer
    (inference,) = scene.recorded(hook)
    check(inference, hook)


def test_a_stream_of_events_is_captured(scene: Scene, claude: anthropic.Anthropic) -> None:
    hook = scene.instrument(claude)
    kinds = [event.type for event in claude.messages.create(**ASKED, stream=True)]
    assert kinds[-1] == "message_stop"
    (inference,) = scene.recorded(hook)
    check(inference, hook)


@pytest.mark.parametrize("leave", ["close", "drop", "unread"])
def test_a_stream_that_is_left_is_incomplete(
    scene: Scene, claude: anthropic.Anthropic, leave: str
) -> None:
    hook = scene.instrument(claude)
    stream = claude.messages.create(**ASKED, stream=True)
    if leave != "unread":
        assert next(iter(stream)).type == "message_start"
    if leave == "close":
        stream.close()
    else:
        # The client itself closes a response that was never read only when it is collected.
        del stream
        gc.collect()
    (inference,) = scene.recorded(hook)
    assert inference.status is InferenceStatus.INCOMPLETE
    assert "application left" in inference.error
    assert scene.drain.store.count_traces() == 0


def test_leaving_the_manager_early_is_incomplete(scene: Scene, claude: anthropic.Anthropic) -> None:
    hook = scene.instrument(claude)
    with claude.messages.stream(**ASKED) as stream:
        for event in stream:
            if event.type == "text":
                break
    (inference,) = scene.recorded(hook)
    assert inference.status is InferenceStatus.INCOMPLETE
    assert inference.completion.answer == EXPECTED.answer


def test_a_stream_that_breaks_off_is_incomplete(scene: Scene, claude: anthropic.Anthropic) -> None:
    hook = scene.instrument(claude)
    scene.upstream.behaviour = Behaviour(events=3)
    with pytest.raises(Exception, match=r"."):
        list(claude.messages.create(**ASKED, stream=True))
    (inference,) = scene.recorded(hook)
    assert (inference.status, inference.error) == (
        InferenceStatus.INCOMPLETE,
        "the teacher broke off its answer",
    )


def test_a_dropped_stream_closes_its_response_at_once(
    scene: Scene, claude: anthropic.Anthropic
) -> None:
    hook = scene.instrument(claude)
    stream = claude.messages.create(**ASKED, stream=True)
    next(iter(stream))
    response = stream.response
    gc.disable()
    try:
        del stream
        assert response.is_closed
    finally:
        gc.enable()
    assert len(scene.recorded(hook)) == 1


def test_an_openai_stream_that_is_left_is_incomplete(scene: Scene, gpt: openai.OpenAI) -> None:
    hook = scene.instrument(gpt)
    with gpt.chat.completions.create(**CHAT, stream=True) as stream:
        next(stream)
    (inference,) = scene.recorded(hook)
    assert inference.status is InferenceStatus.INCOMPLETE
