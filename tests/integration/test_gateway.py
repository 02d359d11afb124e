"""The gateway over real HTTP: what the caller gets, what the upstream gets, what is recorded."""

import contextlib
import gzip
from pathlib import Path

import orjson
import pytest
from gateway_rig import (
    CONFIG_HASH,
    SYSTEM,
    TICKETS,
    answer_of,
    broken_release,
    build_prompt,
    canary,
    function,
    request_body,
    rig,
)

from understudy.function import Application
from understudy.records import TEACHER, InferenceStatus, TraceSource
from understudy.testing import Behaviour
from understudy.wire import anthropic, openai

TICKET = "my invoice is wrong"
PROMPT = build_prompt({"text": TICKET})


def test_both_sides_get_the_bytes_that_the_other_one_sent(tmp_path: Path) -> None:
    body = b'{ "model":"m",\n "max_tokens":5, "messages":[{"role":"user","content":"x"}], "new":1}'
    sent_back = b'{"content": [ ],   "from the future": true}'
    with rig(tmp_path) as running:
        running.upstream.behaviour = Behaviour(body=sent_back, headers={"request-id": "r-1"})
        answer = running.post(
            anthropic.PATH + "?beta=true",
            body,
            x_understudy_function="classify",
            anthropic_beta="b",
        )
    received = running.upstream.received[0]
    assert received.body == body
    assert received.headers["anthropic-beta"] == "b"
    assert (answer.status, answer.body) == (200, sent_back)
    assert answer.headers["request-id"] == "r-1"


def test_a_stream_reaches_the_caller_chunk_by_chunk(tmp_path: Path) -> None:
    with rig(tmp_path) as running, contextlib.closing(running.connect()) as connection:
        running.upstream.behaviour = Behaviour(wait=True)
        body = request_body(TICKET, stream=True)
        connection.request("POST", anthropic.PATH, body, running.headers)
        response = connection.getresponse()
        first = response.read1()
        running.upstream.go_on()
        rest = response.read()
    events = b"".join(anthropic.render_stream(answer_of(PROMPT), "any-model", "scripted"))
    assert first.startswith(b"event: message_start")
    assert b"message_stop" not in first
    assert first + rest == events


@pytest.mark.parametrize("stream", [False, True])
def test_an_answer_of_the_teacher_is_recorded_whole(tmp_path: Path, stream: bool) -> None:
    with rig(tmp_path) as running:
        headers = {"x_understudy_episode": "e-1", "x_understudy_user": "u-1"}
        answer = running.ask(TICKET, stream=stream, **headers)
        (inference,) = running.stop()
        (trace,) = running.store.find_traces(source=TraceSource.CAPTURED)
    assert answer.headers["x-understudy-inference"] == inference.id == trace.inference
    assert answer.headers["x-understudy-variant"] == "teacher"
    assert (inference.function, inference.episode, inference.user) == ("classify", "e-1", "u-1")
    assert (inference.variant, inference.propensity) == (TEACHER, 1.0)
    assert (inference.status, inference.error) == (InferenceStatus.COMPLETE, "")
    assert inference.completion == answer_of(PROMPT)
    assert inference.prompt_hash == inference.prompt.hash == PROMPT.hash
    assert inference.config_hash == CONFIG_HASH
    assert inference.cost_usd == pytest.approx((1000 * 1.0 + 200 * 5.0) / 1e6)
    assert 0 < inference.latency_s < 20


def test_keys_go_to_the_upstream_and_nowhere_else(tmp_path: Path) -> None:
    with rig(tmp_path) as running:
        running.ask(TICKET, x_api_key="sk-secret-1", authorization="Bearer secret-2")
        running.stop()
    received = running.upstream.received[0].headers
    assert received["x-api-key"] == "sk-secret-1"
    assert received["authorization"] == "Bearer secret-2"
    assert not {"x-understudy-episode", "x-understudy-user"} & set(received)
    stored = b"".join(path.read_bytes() for path in tmp_path.rglob("*") if path.is_file())
    assert b"secret-1" not in stored
    assert b"secret-2" not in stored


def test_an_upstream_is_told_the_function_only_when_scripted(tmp_path: Path) -> None:
    with rig(tmp_path, teacher={"kind": "anthropic"}) as running:
        answer = running.ask(TICKET)
    assert "x-understudy-function" not in running.upstream.received[0].headers
    assert answer.status == 400


def test_an_upstreams_refusal_is_passed_on_and_recorded(tmp_path: Path) -> None:
    with rig(tmp_path) as running:
        running.upstream.behaviour = Behaviour(status=429, headers={"retry-after": "7"})
        answer = running.ask(TICKET)
        (inference,) = running.stop()
    assert (answer.status, answer.headers["retry-after"]) == (429, "7")
    assert answer.json["error"]["message"] == "told to fail"
    assert inference.status is InferenceStatus.FAILED
    assert "429" in inference.error


def test_nonsense_from_the_upstream_is_passed_on_and_recorded_as_failed(tmp_path: Path) -> None:
    with rig(tmp_path) as running:
        running.upstream.behaviour = Behaviour(body=b"<html>gateway</html>")
        answer = running.ask(TICKET)
        (inference,) = running.stop()
    assert (answer.status, answer.body) == (200, b"<html>gateway</html>")
    assert inference.status is InferenceStatus.FAILED


def test_a_request_that_only_the_upstream_understands_is_passed_on_and_teaches_nothing(
    tmp_path: Path,
) -> None:
    with rig(tmp_path, stage=canary(), release=broken_release()) as running:
        whole = anthropic.render_response(answer_of(PROMPT), "m", "id")
        running.upstream.behaviour = Behaviour(body=whole)
        answer = running.post(anthropic.PATH, b'{"new": 1}', x_understudy_function="classify")
        (inference,) = running.stop()
        traces = running.store.count_traces()
    assert (answer.status, answer.body) == (200, whole)
    assert (inference.variant, inference.status) == (TEACHER, InferenceStatus.FAILED)
    assert "`messages`" in inference.error
    assert traces == 0


def test_an_upstream_that_is_away_is_a_502_that_names_it(tmp_path: Path) -> None:
    with rig(tmp_path, teacher={"base_url": "http://127.0.0.1:9"}) as running:
        answer = running.ask(TICKET)
        (inference,) = running.stop()
    assert answer.status == 502
    assert "http://127.0.0.1:9" in answer.json["error"]["message"]
    assert inference.status is InferenceStatus.FAILED


def test_an_upstream_that_says_nothing_is_a_504(tmp_path: Path) -> None:
    with rig(tmp_path, teacher={"timeout_s": 0.05}) as running:
        running.upstream.behaviour = Behaviour(wait=True)
        answer = running.ask(TICKET)
    assert answer.status == 504


def test_a_stream_that_the_caller_leaves_is_incomplete(tmp_path: Path) -> None:
    with rig(tmp_path, server={"grace_s": 1}) as running:
        running.upstream.behaviour = Behaviour(wait=True)
        with contextlib.closing(running.connect()) as connection:
            body = request_body(TICKET, stream=True)
            connection.request("POST", anthropic.PATH, body, running.headers)
            connection.getresponse().read1()
        (inference,) = running.stop()
        traces = running.store.count_traces()
    assert inference.status is InferenceStatus.INCOMPLETE
    assert traces == 0


def test_a_stream_that_the_upstream_breaks_off_ends_with_an_error_event(tmp_path: Path) -> None:
    with rig(tmp_path) as running:
        running.upstream.behaviour = Behaviour(events=4)
        answer = running.ask(TICKET, stream=True)
        (inference,) = running.stop()
    assert answer.body.startswith(b"event: message_start")
    assert b"event: error\n" in answer.body
    assert inference.status is InferenceStatus.INCOMPLETE
    assert inference.completion.thinking == answer_of(PROMPT).thinking


def test_a_compressed_answer_is_passed_on_as_it_came_and_read(tmp_path: Path) -> None:
    packed = gzip.compress(anthropic.render_response(answer_of(PROMPT), "m", "id"))
    with rig(tmp_path) as running:
        running.upstream.behaviour = Behaviour(body=packed, headers={"content-encoding": "gzip"})
        answer = running.ask(TICKET, accept_encoding="br, gzip")
        (inference,) = running.stop()
    assert running.upstream.received[0].headers["accept-encoding"] == "gzip"
    assert answer.body == packed
    assert inference.completion == answer_of(PROMPT)


def test_an_unknown_function_is_refused_with_the_known_ones(tmp_path: Path) -> None:
    with rig(tmp_path) as running:
        answer = running.ask(TICKET, x_understudy_function="clasify")
    assert answer.status == 404
    assert "classify, escalate" in answer.json["error"]["message"]
    assert running.upstream.received == []


def test_a_request_without_a_function_is_relayed_and_never_learned_from(tmp_path: Path) -> None:
    with rig(tmp_path, stage=canary(), teacher={"kind": "anthropic"}) as running:
        running.upstream.behaviour = Behaviour(body=b'{"content":[]}')
        answer = running.post(anthropic.PATH, request_body(TICKET))
        (inference,) = running.stop()
        traces = running.store.count_traces()
    assert answer.status == 200
    assert (inference.function, traces) == ("unnamed", 0)


def test_a_single_function_needs_no_name_and_an_episode_is_made(tmp_path: Path) -> None:
    single = Application("one", {"only": function("only")}, TICKETS.scripted_teacher)
    with rig(tmp_path, application=single) as running:
        answer = running.post(anthropic.PATH, request_body(TICKET))
        (inference,) = running.stop()
    assert inference.function == "only"
    assert inference.episode == inference.id == answer.headers["x-understudy-inference"]


def test_a_body_over_the_limit_is_a_413(tmp_path: Path) -> None:
    with rig(tmp_path, server={"max_body_bytes": 100}) as running:
        answer = running.ask("x" * 100)
        with contextlib.closing(running.connect()) as connection:
            chunks = iter([b"x" * 60, b"x" * 60])
            given = running.headers
            connection.request("POST", anthropic.PATH, chunks, given, encode_chunked=True)
            chunked = connection.getresponse().status
    assert (answer.status, chunked) == (413, 413)
    assert "server.max_body_bytes" in answer.json["error"]["message"]


def test_a_chat_caller_is_answered_by_an_anthropic_teacher_in_its_own_format(
    tmp_path: Path,
) -> None:
    with rig(tmp_path) as running:
        body = openai.render_request(PROMPT, "gpt", 100, 0.0)
        answer = running.post(openai.PATH, body, x_understudy_function="classify")
        (inference,) = running.stop()
    assert openai.parse_response(answer.body).answer == answer_of(PROMPT).answer
    assert inference.completion == answer_of(PROMPT)
    assert inference.prompt_hash == PROMPT.hash


def test_a_chat_caller_that_cannot_be_translated_is_told_where_to_go(tmp_path: Path) -> None:
    with rig(tmp_path, teacher={"kind": "anthropic"}) as running:
        body = openai.render_request(PROMPT, "gpt", 100, 0.0)
        answer = running.post(openai.PATH, body, x_understudy_function="classify")
    assert answer.status == 400
    assert anthropic.PATH in answer.json["error"]["message"]
    assert running.upstream.received == []


@pytest.mark.parametrize("stream", [False, True])
def test_thinking_that_a_caller_did_not_ask_for_is_recorded_and_not_shown(
    tmp_path: Path, stream: bool
) -> None:
    body = {**orjson.loads(request_body(TICKET)), "stream": stream}
    asking = {**body, "thinking": {"type": "enabled", "budget_tokens": 1024}}
    read = anthropic.parse_stream if stream else anthropic.parse_response
    with rig(tmp_path, teacher={"kind": "openai"}) as running:
        said = openai.render_response(answer_of(PROMPT), "m", "id")
        running.upstream.behaviour = Behaviour(body=said)
        plain = running.post(anthropic.PATH, body, x_understudy_function="classify")
        asked = running.post(anthropic.PATH, asking, x_understudy_function="classify")
        inferences = running.stop()
    thought = answer_of(PROMPT).thinking
    assert [one.completion.thinking for one in inferences] == [thought, thought]
    assert [read(one.body).thinking for one in (plain, asked)] == [None, thought]
    if not stream:
        assert plain.json["content"][0]["text"] == answer_of(PROMPT).answer


def test_the_system_text_of_the_caller_is_the_builders(tmp_path: Path) -> None:
    with rig(tmp_path) as running:
        body = orjson.loads(request_body(TICKET))
        body["system"] = [{"type": "text", "text": SYSTEM}]
        running.post(anthropic.PATH, body, x_understudy_function="classify")
        (inference,) = running.stop()
    assert inference.prompt_hash == PROMPT.hash
