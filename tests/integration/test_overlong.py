"""Answers larger than what capture may hold: passed on whole, and nothing of them kept."""

import gzip
import threading
from pathlib import Path
from typing import Any

import pytest
from gateway_rig import answer_of, build_prompt, rig
from shop_rig import shop

from understudy.capture.endings import read_copy
from understudy.records import InferenceStatus
from understudy.serve import gateway
from understudy.serve.copied import Copy
from understudy.testing import Behaviour
from understudy.wire import anthropic, openai

TICKET = "my invoice is wrong"
LONG = "a" * 200_000
LIMIT: dict[str, Any] = {"capture": {"queue_bytes": 100_000}}
PROMPT = build_prompt({"text": TICKET})
COMPLETION = answer_of(PROMPT)
PACKED = gzip.compress(anthropic.render_response(COMPLETION, "m", "id") + b" " * 200_000)


@pytest.mark.parametrize("stream", [False, True])
def test_an_answer_larger_than_the_queue_is_passed_on_and_its_record_is_incomplete(
    tmp_path: Path, stream: bool
) -> None:
    with rig(tmp_path, **LIMIT) as running:
        running.upstream.behaviour = Behaviour(answer=LONG)
        answer = running.ask(TICKET, stream=stream)
        running.upstream.behaviour = Behaviour()
        running.ask(TICKET)
        dropped = running.get("/api/status").json["counts"]["dropped"]
        long, short = running.stop()
    read = anthropic.parse_stream if stream else anthropic.parse_response
    assert read(answer.body).answer == LONG
    assert (long.status, long.completion.answer) == (InferenceStatus.INCOMPLETE, "")
    assert "capture.queue_bytes" in long.error
    assert (short.status, dropped) == (InferenceStatus.COMPLETE, 1)


def test_an_answer_that_is_small_only_while_it_is_packed_is_not_unpacked_whole(
    tmp_path: Path,
) -> None:
    with rig(tmp_path, **LIMIT) as running:
        running.upstream.behaviour = Behaviour(body=PACKED, headers={"content-encoding": "gzip"})
        answer = running.ask(TICKET, accept_encoding="gzip")
        (inference,) = running.stop()
    assert answer.body == PACKED
    assert "capture.queue_bytes" in inference.error


@pytest.mark.parametrize(("words", "beside"), [(10, False), (400_000, True)])
def test_a_large_answer_is_read_where_no_other_request_waits_for_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, words: int, beside: bool
) -> None:
    readers: list[str] = []

    def noting(*given: Any, **named: Any) -> Any:
        readers.append(threading.current_thread().name)
        return read_copy(*given, **named)

    monkeypatch.setattr(gateway, "read_copy", noting)
    long = "word " * words
    with rig(tmp_path) as running:
        running.upstream.behaviour = Behaviour(answer=long)
        running.ask(TICKET, stream=True)
        (inference,) = running.stop()
    assert [name != "server" for name in readers] == [beside]
    assert (inference.status, inference.completion.answer) == (InferenceStatus.COMPLETE, long)
    assert not running.state.open_inferences


@pytest.mark.parametrize("packed", [False, True])
def test_an_answer_that_is_too_large_to_be_put_in_order_stays_as_it_is(
    tmp_path: Path, packed: bool
) -> None:
    body = PACKED if packed else gzip.decompress(PACKED)
    headers = {"content-encoding": "gzip"} if packed else {}
    with shop(tmp_path, LIMIT) as one:
        one.rig.upstream.behaviour = Behaviour(body=body, headers=headers)
        answer = one.ask("dull knife")
        (inference,) = one.rig.stop()
    assert (answer.status, answer.body) == (200, body)
    assert "capture.queue_bytes" in inference.error


def test_a_copy_lets_go_of_what_it_holds_once_it_is_too_large() -> None:
    copy = Copy(10)
    for _ in range(1000):
        copy.add(b"12345")
    assert (copy._pieces, copy.last) == ([], b"12345")


def test_an_endless_answer_to_a_translated_question_is_given_up(tmp_path: Path) -> None:
    with rig(tmp_path) as running:
        running.upstream.behaviour = Behaviour(body=b" " * 33_000_000)
        chat = openai.render_request(PROMPT, "gpt", 100, 0.0)
        answer = running.post(openai.PATH, chat, x_understudy_function="classify")
    assert answer.status == 502
    assert "larger than 32 MB" in answer.json["error"]["message"]
