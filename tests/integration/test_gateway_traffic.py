"""Who answers a request: the student on stage, or the teacher in its place."""

from pathlib import Path

import orjson
import pytest
from gateway_rig import (
    answer_of,
    broken_release,
    build_prompt,
    canary,
    request_body,
    rig,
)

from understudy.records import TEACHER, Variant
from understudy.wire import anthropic

TICKET = "my invoice is wrong"
PROMPT = build_prompt({"text": TICKET})


@pytest.mark.parametrize("stream", [False, True])
def test_the_teacher_answers_the_same_request_when_the_student_fails(
    tmp_path: Path, stream: bool
) -> None:
    with rig(tmp_path, stage=canary(), release=broken_release()) as running:
        answer = running.ask(TICKET, stream=stream)
        fallbacks = running.get("/api/status").json["counts"]["fallbacks"]
        (inference,) = running.stop()
    assert answer.status == 200
    assert answer.headers["x-understudy-variant"] == "teacher"
    assert (inference.variant, inference.fallback_from) == (TEACHER, Variant(1))
    assert inference.completion == answer_of(PROMPT)
    assert "no GGUF" in inference.error
    assert fallbacks == 1


def test_a_request_with_tools_stays_with_the_teacher(tmp_path: Path) -> None:
    with rig(tmp_path, stage=canary(), release=broken_release()) as running:
        body = {**orjson.loads(request_body(TICKET)), "tools": [{"name": "search"}]}
        running.post(anthropic.PATH, body, x_understudy_function="classify")
        (inference,) = running.stop()
    assert (inference.variant, inference.fallback_from) == (TEACHER, None)


def test_an_episode_stays_with_its_variant_and_its_propensity_is_stored(tmp_path: Path) -> None:
    with rig(tmp_path, stage=canary(0.5), release=broken_release()) as running:
        for number in range(12):
            running.ask(TICKET, x_understudy_episode=f"e-{number % 6}")
        inferences = running.stop()
    chosen = {(one.episode, one.fallback_from) for one in inferences}
    assert len(chosen) == 6
    assert {one.propensity for one in inferences} == {0.5}


def test_a_change_of_traffic_holds_from_the_next_request_on(tmp_path: Path) -> None:
    with rig(tmp_path, stage=canary(), release=broken_release()) as running:
        running.ask(TICKET)
        running.store.save_traffic(canary(0.0))
        running.ask(TICKET)
        inferences = running.stop()
    assert [one.fallback_from for one in inferences] == [Variant(1), None]
