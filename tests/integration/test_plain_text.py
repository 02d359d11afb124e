"""A function that answers in plain text: the student serves it bare, and is compared with the teacher."""

import threading
from dataclasses import replace
from pathlib import Path
from typing import Any

import orjson
import pytest
from gateway_rig import SYSTEM, TICKETS, canary, rig
from test_gateway_student import STUDENT, TICKET
from test_pipeline import DOCS, NAME, Desk, settings, with_short_tickets
from test_pipeline import teach as teach_tickets

from understudy.config import Export, Student
from understudy.function import Application, Function, load_application
from understudy.learn.student import build_student, save_student
from understudy.learn.tokenizer import train_tokenizer
from understudy.records import (
    Completion,
    CycleState,
    Prompt,
    ReasoningKind,
    Release,
    TraceSource,
    Variant,
)
from understudy.release.export import export_release
from understudy.store import open_store
from understudy.testing import ScriptedUpstream
from understudy.wire import anthropic

ANSWER = "Your ticket is open."
MOST = 30


def function(name: str, **schema: Any) -> Function:
    plain = {"type": "string", "maxLength": MOST, **schema}
    return replace(TICKETS.functions[name], schema=plain, items=lambda _: [])


def teach(name: str, prompt: Prompt) -> Completion:
    answer = "billing" if name == "escalate" else ANSWER
    ending = "max_tokens" if "at length" in prompt.messages[-1].content else "end_turn"
    return Completion(answer, None, ReasoningKind.OMITTED, ending, model="scripted")


REPLIES = Application(
    "replies",
    {"classify": function("classify"), "escalate": function("escalate", enum=["billing"])},
    teach,
)


@pytest.fixture(scope="module")
def release(tmp_path_factory: pytest.TempPathFactory) -> Release:
    """Of a random student: what it writes is its grammar's."""
    folder, student = tmp_path_factory.mktemp("release"), Student(**STUDENT)
    tokenizer = train_tokenizer([SYSTEM, TICKET, ANSWER], student)
    merged = save_student(build_student(student, tokenizer, 0), tokenizer, folder / "merged")
    gguf = export_release(merged, folder / "out", Export(), REPLIES.functions, student)
    names, state = tuple(REPLIES.functions), CycleState.CANARY
    return Release(1, 1, names, state, gguf.path, gguf.sha256, gguf.size_bytes, {}, "", 0.0)


@pytest.mark.parametrize(("name", "agrees"), [("classify", 0.0), ("escalate", 1.0)])
def test_a_students_text_is_served_bare_and_compared(
    tmp_path: Path, release: Release, name: str, agrees: float
) -> None:
    stage = replace(canary(), function=name)
    settings: dict[str, Any] = {"student": STUDENT, "traffic": {"compare_share": 1}}
    with rig(tmp_path, application=REPLIES, stage=stage, release=release, **settings) as running:
        answer = running.ask(TICKET, x_understudy_function=name)
        served, hidden = running.stop()
        (feedback,) = running.store.find_feedback(name="agreement")
    text = anthropic.parse_response(answer.body).answer
    assert answer.headers["x-understudy-variant"] == "student@1"
    assert (served.variant, served.completion.answer) == (Variant(1), text)
    assert 0 < len(text) <= MOST
    assert (text == hidden.completion.answer) is bool(agrees)
    assert (feedback.inference, feedback.value) == (served.id, agrees)


def test_a_shadows_text_is_compared_and_a_teachers_half_sentence_is_not(
    tmp_path: Path, release: Release
) -> None:
    stage = canary(0.0, shadow=True)
    with rig(
        tmp_path, application=REPLIES, stage=stage, release=release, student=STUDENT
    ) as running:
        running.ask(TICKET)
        running.ask(f"{TICKET}, at length")
        inferences = running.stop()
        found = running.store.find_feedback(name="agreement")
    shadows = {one.prompt.messages[-1].content: one for one in inferences if one.shadow}
    assert [one.error for one in shadows.values()] == ["", ""]
    assert [(one.inference, one.value) for one in found] == [(shadows[TICKET].id, 0.0)]


@pytest.mark.slow
def test_a_whole_cycle_on_plain_text_passes_the_gate(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.syspath_prepend(str(DOCS))
    example = load_application("example_tickets:APPLICATION")
    assert example.scripted_teacher is not None
    in_json = example.scripted_teacher

    def say(name: str, prompt: Prompt) -> Completion:
        said = in_json(name, prompt)
        return replace(said, answer=f"It goes to {orjson.loads(said.answer)['queue']}.")

    plain = replace(example.functions[NAME], schema={"type": "string"}, items=str.split)
    tickets = with_short_tickets(
        replace(example, functions={NAME: plain}, scripted_teacher=say, bootstrap=None)
    )
    with ScriptedUpstream(tickets) as upstream, open_store(tmp_path) as store:
        config = settings(tmp_path, upstream.url)
        longer = config.sft.model_copy(update={"epochs": 6.0})
        store.insert_traces(teach_tickets(tickets, 300, 1, TraceSource.CAPTURED))
        desk = Desk(store, tickets, config, [], threading.Event())
        trained = desk.train(sft=longer)
    assert trained.state is CycleState.SHADOW, trained.reason
