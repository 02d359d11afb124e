"""The prompt evolver's part of the background: trials are counted, versions proposed and validated.

Has a thread of its own, since a validation asks the teacher a hundred times. Never spends beyond
`prompts.usd_per_day`; what fails is tried again, and told in the status.
"""

import itertools
import logging
import threading
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from functools import cached_property, partial
from typing import Any

from understudy.config import Config
from understudy.curate.experiences import find_experiences
from understudy.curate.rewards import compute_reward
from understudy.daemon.purse import Purse
from understudy.errors import UnderstudyError
from understudy.function import Application
from understudy.learn.prompts.evolve import advance, examples_of
from understudy.learn.prompts.evolver import Desk, Evolver
from understudy.learn.prompts.mutate import Tools
from understudy.learn.prompts.validate import (
    Finding,
    build_score,
    find_held_out,
    score_version,
    validate,
)
from understudy.learn.prompts.versions import Standing, State, Version, observe, settle
from understudy.records import (
    Experience,
    Feedback,
    FeedbackSource,
)
from understudy.store import Store

logger = logging.getLogger(__name__)

BATCH = 5_000
TRIES = 3
EXAMPLES = 200
SAID = frozenset({"rating", "follow_up", "items", "missing", "engagement", "evaluation"})


class PromptLearner:
    """Wakes every `tier1.interval_s`; the composition root starts and stops it."""

    def __init__(
        self,
        store: Store,
        application: Application,
        config: Config,
        evolver: Evolver,
        clock: Callable[[], float],
    ) -> None:
        self._store = store
        self._application = application
        self._config = config
        self._evolver = evolver
        self._clock = clock
        self._stopping = threading.Event()
        self._purse = Purse(config, self._stopping, clock)
        self._thread: threading.Thread | None = None
        self._error = ""
        self._refused: dict[str, Sequence[str]] = {}
        # Inferences that feedback came for before they were stored, and how often they were missed.
        self._waiting: dict[str, dict[str, int]] = defaultdict(dict)
        # The base's scores, by the experiences that they belong to: paid for once.
        self._of_base: dict[tuple[str, ...], list[float]] = {}

    def start(self) -> None:
        """Learn in the background until stopped; does nothing unless `prompts.enabled`."""
        if not self._evolver.off and self._evolver.functions:
            self._thread = threading.Thread(target=self._run, name="prompts", daemon=True)
            self._thread.start()

    def stop(self) -> None:
        """Ask nothing more, and return when the thread has ended."""
        self._stopping.set()
        if self._thread is not None:
            self._thread.join()

    def tick(self) -> None:
        """Count what was said, propose what is due, validate what waits. An error is remembered in
        the status and goes no further."""
        for function in self._evolver.functions:
            try:
                self._count_all(function)
                self._propose(function)
                self._validate(function)
                self._error = ""
            except (UnderstudyError, OSError) as error:
                self._error = f"{function}: {error}"
                logger.warning("prompts not learned from", extra={"reason": self._error})
            except Exception as error:
                # The boundary: the server answers on, whatever is wrong here.
                self._error = f"{function}: {error!r}"
                logger.exception("prompts failed", extra={"function": function})

    def status(self) -> dict[str, Any]:
        return {
            **self._evolver.status(),
            "refused": {name: list(reasons) for name, reasons in self._refused.items()},
            "spent_usd": 0.0 if self._evolver.off else self._purse.spent_usd(),
            "usd_per_day": self._config.prompts.usd_per_day,
            "last_error": self._error,
        }

    def _run(self) -> None:
        while not self._stopping.is_set():
            self.tick()
            self._stopping.wait(self._config.tier1.interval_s)

    def _count_all(self, function: str) -> None:
        while self._count(function) == BATCH:
            pass

    def _count(self, function: str) -> int:
        """One batch of feedback; how many pieces it had. An answer is one trial, when first something
        was said of it."""
        state = self._evolver.find(function).state
        cursor, fresh = self._store.find_feedback_after(state.cursor, BATCH)
        waiting = self._waiting.pop(function, {})
        new = {one.id for one in fresh}
        ids = dict.fromkeys([one.inference for one in fresh if one.inference] + list(waiting))
        trials = []
        for identity, said in self._find_said(ids).items():
            counted = identity not in waiting and any(one.id not in new for one in said)
            trial = None if counted else self._trial(function, state, identity, said, waiting)
            if trial is not None:
                trials.append(trial)

        def learned(state: State) -> State:
            for number, reward in trials:
                state = observe(state, number, reward)
            return replace(state, cursor=cursor)

        self._evolver.update(function, learned)
        return len(fresh)

    def _find_said(self, asked: Iterable[str]) -> dict[str, list[Feedback]]:
        found: dict[str, list[Feedback]] = defaultdict(list)
        ids = list(asked)
        for one in self._store.find_feedback(inference=ids) if ids else ():
            heard = one.source is not FeedbackSource.IMPLICIT or one.name == "engagement"
            if heard and one.name in SAID and one.inference is not None:
                found[one.inference].append(one)
        return found

    def _trial(
        self,
        function: str,
        state: State,
        identity: str,
        said: Sequence[Feedback],
        waiting: dict[str, int],
    ) -> tuple[int, float] | None:
        """The version that an answer was asked for under, and its reward."""
        inference = self._store.find_inference(identity)
        if inference is None:
            if waiting.get(identity, 0) < TRIES:
                self._waiting[function][identity] = waiting.get(identity, 0) + 1
            return None
        version = inference.prompt_version
        if inference.function != function or inference.shadow or version is None:
            return None
        if version.template != state.template:
            return None
        reward = compute_reward(inference, said, self._config.reward, self._config.voice)
        return version.number, reward.total

    def _propose(self, function: str) -> None:
        desk = self._evolver.find(function)
        before = desk.state
        tools = Tools(lambda prompt: self._purse.ask("", prompt).answer, self._examples[function])
        step = advance(before, desk.template, tools, self._config.prompts, self._clock())
        if step.state is before:
            return
        self._refused[function] = step.refused
        # Rolled back in the meantime: what was proposed builds on what is gone.
        self._evolver.update(function, lambda now: step.state if now is before else now)
        if step.version is not None:
            fields = {"function": function, "version": step.version.number}
            logger.info("prompt version proposed", extra=fields)

    def _validate(self, function: str) -> None:
        desk = self._evolver.find(function)
        waiting = [one for one in desk.state.versions if one.standing is Standing.CANDIDATE]
        if not waiting:
            return
        experiences = self._held_out(function)
        if len(experiences) < self._config.prompts.validation_experiences:
            return
        for candidate in waiting:
            finding = self._compare(function, desk, candidate, experiences)
            if finding is not None:
                settled = _settled(candidate.number, finding)
                self._evolver.update(function, settled)
                fields = {"function": function, "version": candidate.number}
                logger.info("prompt version validated", extra={**fields, "reason": finding.reason})

    def _held_out(self, function: str) -> list[Experience]:
        """Answers of held-out families that somebody judged good or bad."""
        settings = self._config
        judged = [
            one
            for one in find_experiences(self._store, settings, function)
            if one.reward.total and any(said.name in SAID for said in one.feedback)
        ]
        seam = self._application.functions[function]
        return find_held_out(judged, seam, settings.samples, settings.prompts)

    def _compare(
        self, function: str, desk: Desk, candidate: Version, experiences: Sequence[Experience]
    ) -> Finding | None:
        score = build_score(self._application.functions[function])

        def scored(version: Version) -> list[float]:
            ask = partial(self._purse.ask, function)
            return score_version(desk.template, version, experiences, ask, score)

        key = (function, desk.state.template, *(one.inference.id for one in experiences))
        if key not in self._of_base:
            self._of_base = {key: scored(desk.state.versions[0])}
        return validate(self._of_base[key], scored(candidate), self._config.prompts)

    @cached_property
    def _examples(self) -> dict[str, list[str]]:
        bootstrap, settings = self._application.bootstrap, self._config.prompts
        traces = [] if bootstrap is None else list(bootstrap(EXAMPLES, settings.seed))
        return {
            name: examples_of(
                (one for one in itertools.islice(traces, EXAMPLES) if one.function == name),
                settings.max_rule_chars,
            )
            for name in self._evolver.functions
        }


def _settled(number: int, finding: Finding) -> Callable[[State], State]:
    return lambda state: settle(state, number, finding.accepted, finding.reason)
