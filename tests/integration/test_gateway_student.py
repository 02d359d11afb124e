"""A student on stage: a random tiny Llama behind the real llama.cpp, held to its grammar."""

from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import orjson
import pytest
from gateway_rig import (
    SYSTEM,
    TICKETS,
    Answer,
    Rig,
    answer_of,
    build_prompt,
    canary,
    request_body,
    rig,
)

from understudy.config import Export, Student
from understudy.function import agreement
from understudy.learn.student import build_student, save_student
from understudy.learn.tokenizer import train_tokenizer
from understudy.records import (
    TEACHER,
    CycleState,
    FeedbackSource,
    InferenceStatus,
    Release,
    Traffic,
    Variant,
)
from understudy.release.export import export_release
from understudy.testing import Behaviour
from understudy.wire import anthropic, openai
from understudy.wire.answers import parse_answer

STUDENT: dict[str, Any] = {
    "layers": 1,
    "intermediate_size": 256,
    "vocab_size": 512,
    "context_tokens": 256,
    "max_thinking_chars": 12,
    "max_new_tokens": 128,
}
TICKET = "my invoice is wrong"
THINKING = {"type": "enabled", "budget_tokens": 1024}
PROMPT = build_prompt({"text": TICKET})


@pytest.fixture(scope="module")
def release(tmp_path_factory: pytest.TempPathFactory) -> Release:
    folder, student = tmp_path_factory.mktemp("release"), Student(**STUDENT)
    texts = [SYSTEM, TICKET, answer_of(PROMPT).answer, str(answer_of(PROMPT).thinking)]
    tokenizer = train_tokenizer(texts, student)
    merged = save_student(build_student(student, tokenizer, 0), tokenizer, folder / "merged")
    gguf = export_release(merged, folder / "out", Export(), TICKETS.functions, student)
    functions = tuple(TICKETS.functions)
    state = CycleState.CANARY
    return Release(1, 1, functions, state, gguf.path, gguf.sha256, gguf.size_bytes, {}, "", 0.0)


def staged(
    tmp_path: Path, release: Release, stage: Traffic, **sections: Any
) -> AbstractContextManager[Rig]:
    sections = {"student": STUDENT, **sections}
    return rig(tmp_path, stage=stage, release=release, **sections)


def ask_chat(running: Rig, *, stream: bool = False) -> Answer:
    body = orjson.loads(openai.render_request(PROMPT, "gpt", 100, 0.0))
    return running.post(openai.PATH, {**body, "stream": stream}, x_understudy_function="classify")


def ask_thinking(running: Rig, *, stream: bool = False) -> Answer:
    asked = {**orjson.loads(request_body(TICKET)), "stream": stream, "thinking": THINKING}
    return running.post(anthropic.PATH, asked, x_understudy_function="classify")


@pytest.mark.parametrize("stream", [False, True])
def test_the_student_answers_in_the_callers_format(
    tmp_path: Path, release: Release, stream: bool
) -> None:
    with staged(tmp_path, release, canary(), traffic={"compare_share": 0}) as running:
        messages = ask_thinking(running, stream=stream)
        chat = ask_chat(running, stream=stream)
        inferences = running.stop()
    read = anthropic.parse_stream if stream else anthropic.parse_response
    read_chat = openai.parse_stream if stream else openai.parse_response
    answers = [read(messages.body), read_chat(chat.body)]
    assert [one.completion.answer for one in inferences] == [one.answer for one in answers]
    assert [one.completion.thinking for one in inferences] == [one.thinking for one in answers]
    for answer, inference in zip((messages, chat), inferences, strict=True):
        assert answer.headers["x-understudy-variant"] == "student@1"
        assert answer.headers["x-understudy-inference"] == inference.id
        assert (inference.variant, inference.propensity) == (Variant(1), 1.0)
        assert (inference.status, inference.cost_usd) == (InferenceStatus.COMPLETE, 0.0)
        assert inference.prompt_hash == PROMPT.hash
        assert inference.completion.thinking
        parsed = parse_answer(inference.completion.answer)
        assert parsed is not None
        assert set(parsed) == {"team"}
    assert running.upstream.received == []


def test_a_client_that_did_not_ask_for_thinking_finds_the_text_first(
    tmp_path: Path, release: Release
) -> None:
    with staged(tmp_path, release, canary(), traffic={"compare_share": 0}) as running:
        answer = running.ask(TICKET)
        (inference,) = running.stop()
    assert [block["type"] for block in answer.json["content"]] == ["text"]
    assert inference.completion.thinking


def test_a_prompt_beyond_the_students_context_goes_to_the_teacher(
    tmp_path: Path, release: Release
) -> None:
    with staged(tmp_path, release, canary()) as running:
        answer = running.ask("invoice " + "word " * 400)
        (inference,) = running.stop()
    assert answer.status == 200
    assert (inference.variant, inference.fallback_from) == (TEACHER, Variant(1))
    assert "context" in inference.error


def test_an_answer_that_breaks_the_schema_is_never_shown(tmp_path: Path, release: Release) -> None:
    grammar = release.gguf and release.gguf.parent / "grammars" / "classify.gbnf"
    assert grammar is not None
    kept = grammar.read_text()
    grammar.write_text('%llguidance {}\nstart: "{\\"team\\":\\"kitchen\\"}"\n')
    try:
        with staged(tmp_path, release, canary()) as running:
            answer = running.ask(TICKET)
            (inference,) = running.stop()
    finally:
        grammar.write_text(kept)
    assert anthropic.parse_response(answer.body).answer == answer_of(PROMPT).answer
    assert inference.fallback_from == Variant(1)
    assert "/team" in inference.error


def test_a_student_that_is_too_slow_is_replaced_by_the_teacher(
    tmp_path: Path, release: Release
) -> None:
    slow = {**STUDENT, "timeout_s": 0.001}
    with staged(tmp_path, release, canary(), student=slow) as running:
        answer = running.ask(TICKET)
        (inference,) = running.stop()
    assert answer.headers["x-understudy-variant"] == "teacher"
    assert "student.timeout_s" in inference.error


def test_a_student_that_died_is_started_again(tmp_path: Path, release: Release) -> None:
    with staged(tmp_path, release, canary(), traffic={"compare_share": 0}) as running:
        server, _ = running.state.students._running[1]
        server.child.kill()
        server.child.wait()
        meanwhile = running.ask(TICKET)
        while running.get("/readyz").status != 200:
            pass
        after = running.ask(TICKET)
        first, _second = running.stop()
    assert meanwhile.headers["x-understudy-variant"] == "teacher"
    assert (first.fallback_from, first.propensity) == (None, 1.0)
    assert "still starting" in first.error
    assert after.headers["x-understudy-variant"] == "student@1"


def test_a_candidate_in_the_shadow_is_compared_and_never_shown(
    tmp_path: Path, release: Release
) -> None:
    with staged(tmp_path, release, canary(0.0, shadow=True)) as running:
        answer = running.ask(TICKET)
        served, shadow = running.stop()
        (feedback,) = running.store.find_feedback(name="agreement")
    assert answer.headers["x-understudy-variant"] == "teacher"
    assert (served.shadow, shadow.shadow) == (False, True)
    assert (shadow.variant, shadow.episode) == (Variant(1), served.episode)
    assert shadow.status is InferenceStatus.COMPLETE
    assert (feedback.inference, feedback.source) == (shadow.id, FeedbackSource.JUDGE)
    teacher, student = (parse_answer(one.completion.answer) for one in (served, shadow))
    assert feedback.value == agreement(TICKETS.functions["classify"], teacher, student)


def test_a_student_that_serves_is_compared_with_the_teacher(
    tmp_path: Path, release: Release
) -> None:
    with staged(tmp_path, release, canary(), traffic={"compare_share": 1}) as running:
        running.ask(TICKET)
        served, hidden = running.stop()
        (feedback,) = running.store.find_feedback(name="agreement")
    assert (served.variant, served.shadow) == (Variant(1), False)
    assert (hidden.variant, hidden.shadow) == (TEACHER, True)
    assert hidden.cost_usd > 0
    assert feedback.inference == served.id
    teacher, student = (parse_answer(one.completion.answer) for one in (hidden, served))
    assert feedback.value == agreement(TICKETS.functions["classify"], teacher, student)


def test_a_teacher_that_fails_says_nothing_about_the_student(
    tmp_path: Path, release: Release
) -> None:
    with staged(tmp_path, release, canary(), traffic={"compare_share": 1}) as running:
        running.upstream.behaviour = Behaviour(status=529)
        running.ask(TICKET)
        (served,) = running.stop()
        feedback = running.store.find_feedback(name="agreement")
    assert served.variant == Variant(1)
    assert feedback == []


def test_a_shadow_that_fails_agrees_with_nothing(tmp_path: Path, release: Release) -> None:
    slow = {**STUDENT, "timeout_s": 0.001}
    with staged(tmp_path, release, canary(0.0, shadow=True), student=slow) as running:
        running.ask(TICKET)
        _, shadow = running.stop()
        (feedback,) = running.store.find_feedback(name="agreement")
    assert shadow.status is InferenceStatus.FAILED
    assert (feedback.inference, feedback.value) == (shadow.id, 0.0)


def test_a_failover_counts_as_no_agreement(tmp_path: Path, release: Release) -> None:
    slow = {**STUDENT, "timeout_s": 0.001}
    with staged(tmp_path, release, canary(), student=slow, traffic={"compare_share": 1}) as running:
        running.ask(TICKET)
        (served,) = running.stop()
        (feedback,) = running.store.find_feedback(name="agreement")
    assert served.fallback_from == Variant(1)
    assert (feedback.inference, feedback.value) == (served.id, 0.0)


def test_comparisons_that_do_not_fit_are_left_out_and_counted(
    tmp_path: Path, release: Release
) -> None:
    busy = {"compare_share": 1, "watch_concurrency": 1}
    with staged(tmp_path, release, canary(), traffic=busy) as running:
        running.upstream.behaviour = Behaviour(wait=True)
        for _ in range(3):
            running.ask(TICKET)
        left_out = running.get("/api/status").json["counts"]["comparisons_left_out"]
        running.upstream.go_on()
        running.stop()
        feedback = running.store.find_feedback(name="agreement")
    assert left_out == 2
    assert len(feedback) == 1


def test_a_new_temperature_holds_from_the_next_request_on(tmp_path: Path, release: Release) -> None:
    with staged(tmp_path, release, canary(), traffic={"compare_share": 0}) as running:
        before = {ask_thinking(running).json["content"][0]["thinking"] for _ in range(3)}
        changed = running.post("/api/student", {"temperature": 5.0})
        after = {ask_thinking(running).json["content"][0]["thinking"] for _ in range(3)}
    assert changed.json == {"temperature": 5.0}
    assert len(before) == 1
    assert len(after) == 3
