"""The prompts of an application that may be evolved: their versions, shared by requests and learning.

A request never waits: it reads a state that is replaced whole. Refuses a file that cannot be read.
"""

import random
import threading
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from understudy.config import Config
from understudy.errors import InputError, NotFoundError
from understudy.function import Function
from understudy.learn.prompts.files import load_state, save_state
from understudy.learn.prompts.tally import Basis
from understudy.learn.prompts.versions import State, Version, begin, choose, roll_back
from understudy.records import Prompt, PromptVersion
from understudy.template import Lines, Template, render, with_lines

FOLDER = "prompts"
_HASH_CHARS = 12


@dataclass(slots=True)
class Desk:
    """One function's prompt. `base` is its text as the application sends it."""

    template: Template
    base: str
    file: Path
    state: State
    lock: threading.Lock
    texts: dict[Lines, str] = field(default_factory=dict)
    asked: Counter[int] = field(default_factory=Counter)
    """How often each version was chosen since the server started."""


class Evolver:
    """Owns the versions' files. Raises InputError for one that cannot be read."""

    def __init__(
        self, config: Config, functions: Mapping[str, Function], clock: Callable[[], float]
    ) -> None:
        self._settings = config.prompts
        self._clock = clock
        self.off = "" if config.prompts.enabled else "prompts.enabled = false"
        self._desks = {
            name: _open(function.template, config, name, clock())
            for name, function in functions.items()
            if function.template is not None
        }

    @property
    def functions(self) -> list[str]:
        return list(self._desks)

    def choose(
        self, function: str, prompt: Prompt, inference: str
    ) -> tuple[str, PromptVersion] | None:
        """The system text to ask with, and which version it is; None where the prompt is not the one
        that versions build on. The inference's id is the seed of what is given to chance."""
        desk = self._desks.get(function)
        if desk is None or self.off or prompt.system != desk.base:
            return None
        state = desk.state
        enough = self._settings.trials_per_version
        silent = [number for number, count in desk.asked.items() if count >= enough]
        choice = choose(state, self._settings, random.Random(inference), silent)
        desk.asked[choice.version.number] += 1
        lines = choice.version.lines
        text = desk.texts.get(lines)
        if text is None:
            text = desk.texts[lines] = render(with_lines(desk.template, lines))
        return text, PromptVersion(state.template, choice.version.number, choice.propensity)

    def find(self, function: str) -> Desk:
        """Raises NotFoundError for a function whose prompt is not in pieces."""
        if function not in self._desks:
            known = ", ".join(self._desks) or "none"
            raise NotFoundError(f"{function} has no `template`; versions can be made of: {known}")
        return self._desks[function]

    def update(self, function: str, change: Callable[[State], State]) -> State:
        """Change what is known, and save it; whoever else changes it waits as long."""
        desk = self.find(function)
        with desk.lock:
            changed = change(desk.state)
            if changed != desk.state:
                # First here: a rollback must hold even where the disk is full.
                desk.state = changed
                save_state(changed, desk.file)
            return changed

    def roll_back(self, function: str, reason: str) -> str:
        """The application's own prompt serves alone, from the next request on until another version
        was validated."""
        self.update(function, lambda state: roll_back(state, reason))
        return (
            f"{function} is asked with its own prompt again, and the versions made of it are retired; "
            "new ones are tried unless prompts.enabled = false"
        )

    def status(self) -> dict[str, Any]:
        """Plain JSON: every function's versions, oldest first."""
        return {
            "off": self.off,
            "functions": {
                name: {
                    "template": desk.state.template,
                    "trials_since_last": desk.state.since,
                    "trials_per_version": self._settings.trials_per_version,
                    "compared_by": desk.state.basis.value,
                    "versions": [describe(one, desk.state.basis) for one in desk.state.versions],
                }
                for name, desk in self._desks.items()
            },
        }


def describe(version: Version, basis: Basis) -> dict[str, Any]:
    return {
        "number": version.number,
        "parent": version.parent,
        "mutation": None if version.mutation is None else version.mutation.value,
        "standing": version.standing.value,
        "trials": version.trials,
        "judged": version.judged.count,
        "mean_reward": version.by(basis).mean,
        "reason": version.reason,
        "created_at": version.created_at,
    }


def _open(template: Template, config: Config, name: str, at: float) -> Desk:
    # Named by what it builds on: a new prompt of the application begins anew, and the old file stays.
    file = config.data_dir / FOLDER / name / f"{template.hash[:_HASH_CHARS]}.json"
    state = begin(template, config.reward.clip, at)
    try:
        state = load_state(file, template) or state
    except InputError:
        # What is switched off must not keep a server from starting.
        if config.prompts.enabled:
            raise
    return Desk(template, render(template), file, state, threading.Lock())
