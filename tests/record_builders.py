"""Records for tests, each with every field that a test did not name filled in sensibly."""

from dataclasses import replace
from typing import Any

import orjson

from understudy.config import Config
from understudy.curate.experiences import experiences_of
from understudy.function import Application, Function, Question
from understudy.records import (
    TEACHER,
    Completion,
    Experience,
    Feedback,
    FeedbackKind,
    FeedbackSource,
    Inference,
    InferenceStatus,
    Message,
    Prompt,
    ReasoningKind,
    TokenConfidence,
    Trace,
    TraceSource,
    TrainingPermission,
    Usage,
    new_id,
)
from understudy.store import Store

LABELS = ("billing", "bug", "question")


def ticket_prompt(request: Any) -> Prompt:
    return Prompt("Sort the ticket.", (Message("user", request["question"]),))


TICKETS = Function(
    name="sort_ticket",
    schema={
        "type": "object",
        "properties": {
            "label": {"enum": list(LABELS)},
            "urgent": {"type": "boolean"},
        },
        "required": ["label", "urgent"],
        "additionalProperties": False,
    },
    build_prompt=ticket_prompt,
    items=lambda answer: [answer["label"]],
    family=lambda prompt: prompt.messages[-1].content.lower(),
    read_question=lambda row: Question(row["id"], {"question": row["question"]}),
)
REPLIES = Function(
    name="reply",
    schema={"type": "string", "minLength": 1},
    build_prompt=lambda request: Prompt("Reply.", (Message("user", request["question"]),)),
    items=lambda answer: [],
    family=lambda prompt: prompt.messages[-1].content.lower(),
)
APPLICATION = Application("tickets", {TICKETS.name: TICKETS, REPLIES.name: REPLIES})


def ticket_answer(label: str = "bug") -> str:
    return orjson.dumps({"label": label, "urgent": False}).decode()


def make_completion(**changes: Any) -> Completion:
    plain = Completion(
        answer=ticket_answer(),
        thinking="It breaks, so it is a bug.",
        reasoning_kind=ReasoningKind.RAW,
        stop_reason="end_turn",
        usage=Usage(12, 7),
        model="teacher-1",
        confidence=TokenConfidence(mean=0.8, lowest=0.1, sure_share=0.5, tokens=7),
    )
    return replace(plain, **changes)


def make_inference(question: str = "It crashes", **changes: Any) -> Inference:
    prompt = ticket_prompt({"question": question})
    plain = Inference(
        id=new_id(),
        function=TICKETS.name,
        episode="episode-1",
        user="ann",
        variant=TEACHER,
        propensity=1.0,
        prompt=prompt,
        completion=make_completion(),
        status=InferenceStatus.COMPLETE,
        latency_s=0.5,
        cost_usd=0.001,
        prompt_hash=prompt.hash,
        config_hash="0123456789abcdef",
        created_at=1000.0,
    )
    return replace(plain, **changes)


def make_feedback(name: str, value: Any, **changes: Any) -> Feedback:
    plain = Feedback(
        id=new_id(),
        kind=FeedbackKind.BOOLEAN if isinstance(value, bool) else FeedbackKind.FLOAT,
        name=name,
        value=value,
        source=FeedbackSource.USER,
        inference="inference-1",
        episode=None,
        user="ann",
        confidence=1.0,
        created_at=2000.0,
        key=new_id(),
    )
    return replace(plain, **changes)


def make_trace(question: str = "It crashes", **changes: Any) -> Trace:
    prompt = ticket_prompt({"question": question})
    plain = Trace(
        id=new_id(),
        function=TICKETS.name,
        prompt=prompt,
        thinking="It breaks, so it is a bug.",
        answer=ticket_answer(),
        reasoning_kind=ReasoningKind.RAW,
        teacher="teacher-1",
        training_permission=TrainingPermission.OPEN,
        source=TraceSource.CAPTURED,
        family=TICKETS.family(prompt),
        created_at=1000.0,
        usage=Usage(12, 7),
    )
    return replace(plain, **changes)


def find_experiences(store: Store, config: Config, function: str | None = None) -> list[Experience]:
    """In the order the inferences were made."""
    inferences = store.find_inferences(function=function)
    made = {
        experience.inference.id: experience
        for name in {one.function for one in inferences}
        for page in experiences_of(
            store, config, name, [one.id for one in inferences if one.function == name]
        )
        for experience in page
    }
    return [made[one.id] for one in inferences]
