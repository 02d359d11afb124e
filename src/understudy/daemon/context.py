"""What the composition root hands to the pipeline and the trainer, and how they tell how far they are."""

import threading
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

import aiohttp

from understudy.config import Teacher
from understudy.records import Completion, Prompt
from understudy.wire import client

AskTeacher = Callable[[aiohttp.ClientSession, str, Prompt], Awaitable[Completion]]
"""Asks the teacher a function's prompt, with a session that belongs to the caller's event loop."""


@dataclass(frozen=True, slots=True)
class Progress:
    """The stage at work, which share of it is done (None where unknown), and a few words."""

    stage: str
    share: float | None
    message: str


OnProgress = Callable[[Progress], None]


@dataclass(frozen=True, slots=True)
class Context:
    """`stop` ends a training job that is under way; it then counts as cancelled."""

    config_hash: str
    ask_teacher: AskTeacher
    clock: Callable[[], float]
    on_progress: OnProgress
    stop: threading.Event


def configured_teacher(teacher: Teacher) -> AskTeacher:
    """Asks the upstream that the config names."""

    def ask(session: aiohttp.ClientSession, function: str, prompt: Prompt) -> Awaitable[Completion]:
        return client.ask_teacher(session, teacher, prompt, function=function)

    return ask
