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
from understudy.curate.experiences import newest_experiences
from understudy.curate.rewards import compute_reward
from understudy.daemon.judge_trust import JudgeTrust
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
from understudy.learn.prompts.versions import Standing, State, Version, is_due, observe, settle
from understudy.records import Experience, Feedback, FeedbackSource, Inference, Prompt
from understudy.store import Store
from understudy.template import Lines

logger = logging.getLogger(__name__)

BATCH = 5_000
TRIES = 3
EXAMPLES = 200
# Judged answers among which held-out ones are looked for, at each try: a second or two of work.
LOOKED_AT = 5_000
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
        self._errors: dict[str, str] = {}
        self._refused: dict[str, Sequence[str]] = {}
        # Inferences that feedback came for before they were stored, and how often they were missed.
        self._waiting: dict[str, dict[str, int]] = defaultdict(dict)
        # What validations have paid for already; a restart forgets it.
        self._scores: dict[tuple[str, Lines, str], float] = {}
        self._held: dict[tuple[str, int], list[Experience]] = {}
        self._too_few: dict[str, int] = {}
        self._trusts: dict[str, JudgeTrust] = {}

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
                self._errors.pop(function, None)
            except (UnderstudyError, OSError) as error:
                self._errors[function] = str(error)
                logger.warning("prompts not learned from", extra={"reason": str(error)})
            except Exception as error:
                # The boundary: the server answers on, whatever is wrong here.
                self._errors[function] = repr(error)
                logger.exception("prompts failed", extra={"function": function})

    def status(self) -> dict[str, Any]:
        return {
            **self._evolver.status(),
            "refused": {name: list(reasons) for name, reasons in self._refused.items()},
            "spent_usd": 0.0 if self._evolver.off else self._purse.spent_usd(),
            "usd_per_day": self._config.prompts.usd_per_day,
            "errors": dict(self._errors),
        }

    def _run(self) -> None:
        while not self._stopping.is_set():
            self.tick()
            self._stopping.wait(self._config.tier1.interval_s)

    def _count_all(self, function: str) -> None:
        while self._count(function) == BATCH:
            pass

    def _count(self, function: str) -> int:
        """One batch of feedback; how many pieces it had. An answer is one trial, whose reward follows
        what is said of it later."""
        state, waited = self._evolver.find(function).state, self._waiting[function]
        cursor, fresh = self._store.find_feedback_after(state.cursor, BATCH)
        ids = dict.fromkeys([one.inference for one in fresh if one.inference] + list(waited))
        answers, missing = self._answers(function, state, ids)
        trust = self._trust(function).measure(about for _, about in answers)
        trials = [(one, *self._rewards(one, about, trust)) for one, about in answers]

        def learned(state: State) -> State:
            for one, unjudged, judged in trials:
                assert one.prompt_version is not None, "_answers leaves out what has none"
                state = observe(state, one.prompt_version.number, unjudged, one.id, judged)
            return replace(state, cursor=cursor)

        self._evolver.update(function, learned)
        tries = {name: waited.get(name, 0) + 1 for name in missing}
        self._waiting[function] = {name: count for name, count in tries.items() if count <= TRIES}
        return len(fresh)

    def _rewards(
        self, inference: Inference, about: Sequence[Feedback], trust: float
    ) -> tuple[float | None, float | None]:
        """Without a judge's part, and with it; None where nobody, or no judge that is trusted, spoke."""
        others = [one for one in about if one.source is not FeedbackSource.JUDGE]
        judged = trust > 0 and len(others) < len(about)
        reward = partial(compute_reward, reward=self._config.reward, voice=self._config.voice)
        return (
            reward(inference, others).total if others else None,
            reward(inference, about, trust=trust).total if judged else None,
        )

    def _answers(
        self, function: str, state: State, ids: Iterable[str]
    ) -> tuple[list[tuple[Inference, list[Feedback]]], list[str]]:
        """The function's answers that were asked for under these versions, with what was said of
        each; and the ids of answers that are not stored yet."""
        found, missing = [], []
        for identity, said in self._find_said(ids).items():
            inference = self._store.find_inference(identity)
            if inference is None:
                missing.append(identity)
                continue
            version = inference.prompt_version
            builds_on = None if version is None else version.template
            ours = inference.function == function and not inference.shadow
            if ours and builds_on == state.template:
                found.append((inference, said))
        return found, missing

    def _trust(self, function: str) -> JudgeTrust:
        if function not in self._trusts:
            self._trusts[function] = JudgeTrust(self._store, self._config, function)
        return self._trusts[function]

    def _find_said(self, asked: Iterable[str]) -> dict[str, list[Feedback]]:
        found: dict[str, list[Feedback]] = defaultdict(list)
        ids = list(asked)
        for one in self._store.find_feedback(inference=ids) if ids else ():
            if one.name in SAID and one.inference is not None:
                found[one.inference].append(one)
        return found

    def _propose(self, function: str) -> None:
        desk = self._evolver.find(function)
        before = desk.state
        if self._stopping.is_set() or not is_due(before, self._config.prompts):
            return
        # Where nobody may be asked, what needs no model is tried.
        closed = self._purse.why_shut(Prompt(desk.base, ()))
        reword = None if closed else self._reword
        tools = Tools(reword, self._examples[function])
        step = advance(before, desk.template, tools, self._config.prompts, self._clock())
        if step.state is before:
            return
        self._refused[function] = step.refused
        # Rolled back in the meantime: what was proposed builds on what is gone.
        self._evolver.update(function, lambda now: step.state if now is before else now)
        if step.version is not None:
            fields = {"function": function, "version": step.version.number}
            logger.info("prompt version proposed", extra=fields)

    def _reword(self, prompt: Prompt) -> str:
        return self._purse.ask("", prompt).answer

    def _validate(self, function: str) -> None:
        desk = self._evolver.find(function)
        waiting = [one for one in desk.state.versions if one.standing is Standing.CANDIDATE]
        cursor = desk.state.cursor
        if not waiting or self._too_few.get(function) == cursor:
            return
        for candidate in waiting:
            # The same ones until it is decided, so that what was paid for is not asked again.
            key = (function, candidate.number)
            experiences = self._held.get(key) or self._held_out(function)
            if len(experiences) < self._config.prompts.validation_experiences:
                self._too_few[function] = cursor
                return
            self._held[key] = experiences
            finding = self._compare(function, desk, candidate, experiences)
            del self._held[key]
            if finding is not None:
                settled = _settled(candidate.number, finding)
                self._evolver.update(function, settled)
                fields = {"function": function, "version": candidate.number}
                logger.info("prompt version validated", extra={**fields, "reason": finding.reason})

    def _held_out(self, function: str) -> list[Experience]:
        """The last answers of held-out families that somebody judged good or bad, the oldest first."""
        settings, seam = self._config, self._application.functions[function]
        wanted, trust = settings.prompts.validation_experiences, self._trust(function).measure()
        found: list[Experience] = []
        pages = newest_experiences(self._store, settings, function, SAID, trust, LOOKED_AT)
        for page in pages:
            judged = [one for one in reversed(page) if one.reward.total]
            held_out = find_held_out(judged, seam, settings.samples, settings.prompts)
            found = [*held_out, *found]
            if len(found) >= wanted:
                break
        return found[-wanted:]

    def _compare(
        self, function: str, desk: Desk, candidate: Version, experiences: Sequence[Experience]
    ) -> Finding | None:
        score = build_score(self._application.functions[function])
        ask = partial(self._purse.ask, function)

        def scored(version: Version) -> list[float]:
            found = []
            for one in experiences:
                key = (function, version.lines, one.inference.id)
                if key not in self._scores:
                    (self._scores[key],) = score_version(desk.template, version, [one], ask, score)
                found.append(self._scores[key])
            return found

        finding = validate(scored(desk.state.versions[0]), scored(candidate), self._config.prompts)
        # The base's are of use to the next candidate; of the others nobody asks again.
        base = desk.state.versions[0].lines
        self._scores = {key: value for key, value in self._scores.items() if key[1] == base}
        return finding

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
