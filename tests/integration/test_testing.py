"""The public fake behaves like an upstream, in a thread and as a child process."""

import contextlib
import os
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import aiohttp
import pytest
from gateway_rig import TICKETS, answer_of, build_prompt

from understudy.config import Teacher
from understudy.errors import UpstreamError
from understudy.testing import Behaviour, ScriptedUpstream
from understudy.wire import anthropic
from understudy.wire.client import ask_teacher

pytestmark = pytest.mark.anyio
PROMPT = build_prompt({"text": "my invoice is wrong"})


def teacher_at(url: str, **fields: object) -> Teacher:
    return Teacher.model_validate({"kind": "scripted", "base_url": url, **fields})


async def test_the_scripted_teacher_answers_over_http() -> None:
    with ScriptedUpstream(TICKETS) as upstream:
        async with aiohttp.ClientSession() as session:
            teacher = teacher_at(upstream.url, api_key="k", model="some-model")
            completion = await ask_teacher(session, teacher, PROMPT, function="classify")
    assert completion == answer_of(PROMPT)
    (received,) = upstream.received
    assert received.headers["x-api-key"] == "k"
    assert anthropic.parse_request(received.body).prompt == PROMPT
    assert anthropic.parse_request(received.body).model == "some-model"


@pytest.mark.parametrize(
    ("behaviour", "said"),
    [
        (Behaviour(status=529), "529"),
        (Behaviour(body=b"<html>"), "no JSON"),
        (Behaviour(body=b"{}"), "teacher.base_url"),
    ],
)
async def test_a_teacher_that_fails_is_one_clear_error(behaviour: Behaviour, said: str) -> None:
    with ScriptedUpstream(TICKETS) as upstream:
        upstream.behaviour = behaviour
        async with aiohttp.ClientSession() as session:
            with pytest.raises(UpstreamError, match=said):
                await ask_teacher(session, teacher_at(upstream.url), PROMPT, function="classify")


async def test_a_teacher_that_is_slow_or_away_is_one_clear_error() -> None:
    with ScriptedUpstream(TICKETS) as upstream:
        upstream.behaviour = Behaviour(wait=True)
        async with aiohttp.ClientSession() as session:
            slow = teacher_at(upstream.url, timeout_s=0.05)
            with pytest.raises(UpstreamError, match="no answer in time"):
                await ask_teacher(session, slow, PROMPT, function="classify")
            with pytest.raises(UpstreamError, match=r"127\.0\.0\.1:9"):
                await ask_teacher(session, teacher_at("http://127.0.0.1:9"), PROMPT)


async def test_another_answer_can_be_put_in_its_mouth() -> None:
    with ScriptedUpstream(TICKETS) as upstream:
        upstream.behaviour = Behaviour(answer='{"team":"kitchen"}')
        async with aiohttp.ClientSession() as session:
            completion = await ask_teacher(
                session, teacher_at(upstream.url), PROMPT, function="classify"
            )
    assert completion.answer == '{"team":"kitchen"}'


@contextlib.contextmanager
def child() -> Iterator[subprocess.Popen[str]]:
    command = [sys.executable, "-m", "understudy.testing", "--application", "gateway_rig:TICKETS"]
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parent.parent)}
    pipe = subprocess.PIPE
    with subprocess.Popen(
        command, stdin=pipe, stdout=pipe, stderr=pipe, text=True, env=environment
    ) as started:
        yield started


def test_a_child_that_is_told_to_stop_ends_in_silence() -> None:
    with child() as started:
        assert started.stdout is not None
        assert started.stderr is not None
        assert started.stdout.readline().startswith("http://")
        started.terminate()
        # Its input stays open, as a parent that waits for it leaves it.
        started.wait(timeout=300)
        errors = started.stderr.read()
    assert errors == ""


def test_as_a_child_it_prints_its_address_and_ends_with_its_parent() -> None:
    with child() as started:
        assert started.stdout is not None
        assert started.stdin is not None
        url = started.stdout.readline().strip()
        request = urllib.request.Request(
            url + anthropic.PATH,
            anthropic.render_request(PROMPT, "m", 100),
            {"x-understudy-function": "classify"},
        )
        with urllib.request.urlopen(request, timeout=300) as reply:
            completion = anthropic.parse_response(reply.read())
        started.stdin.close()
        assert started.wait(timeout=300) == 0
    assert completion == answer_of(PROMPT)
