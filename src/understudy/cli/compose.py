"""Builds what a command needs from the config: the application, the teacher, the store."""

import contextlib
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from understudy.config import Config, Resolved, load_config
from understudy.errors import ConfigError, InputError, ServerError
from understudy.function import Application, Function, load_application


@dataclass(frozen=True, slots=True)
class Session:
    """The resolved config and the application that one command works with."""

    resolved: Resolved
    application: Application

    @property
    def config(self) -> Config:
        return self.resolved.config

    def function(self, name: str) -> Function:
        """Raises InputError listing the application's functions."""
        if name not in self.application.functions:
            known = ", ".join(self.application.functions)
            raise InputError(f"{self.application.name} has no function {name!r}; it has {known}")
        return self.application.functions[name]


def open_session(path: Path | None) -> Session:
    resolved = load_config(path)
    return Session(resolved, load_application(resolved.config.application))


@contextlib.contextmanager
def teacher_running(session: Session, config: Config) -> Iterator[Config]:
    """The config with a teacher that can be called: the scripted one is started as a child."""
    if config.teacher.kind != "scripted":
        yield config
        return
    if session.application.scripted_teacher is None:
        raise ConfigError(
            f"{session.application.name} has no scripted teacher; set teacher.kind = 'anthropic'"
        )
    command = [sys.executable, "-m", "understudy.testing", "--application", config.application]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as upstream:
        try:
            url = upstream.stdout.readline().strip() if upstream.stdout else ""
            if not url:
                raise ServerError("the scripted teacher did not start; see the lines above")
            teacher = config.teacher.model_copy(update={"base_url": url})
            yield config.model_copy(update={"teacher": teacher})
        finally:
            upstream.terminate()
