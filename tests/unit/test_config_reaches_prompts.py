"""[prompts]: when a version is made, what it may be, and when it serves."""

import random
import threading
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from reach_rig import Reach, check
from record_builders import APPLICATION, ticket_prompt
from test_prompt_mutations import BOTH, TEMPLATE, echo
from test_prompt_validation import BASE_SCORES
from test_prompt_versions import grown

from understudy.config import Config, Prompts
from understudy.daemon.purse import Purse
from understudy.errors import UpstreamError
from understudy.learn.prompts.checks import why_refused
from understudy.learn.prompts.evolve import advance
from understudy.learn.prompts.mutate import Tools
from understudy.learn.prompts.validate import validate
from understudy.learn.prompts.versions import Mutation, Version, begin, choose, is_due, observe
from understudy.testing import ScriptedUpstream


def on(config: Config) -> Prompts:
    return config.prompts.model_copy(update={"enabled": True})


def chosen(config: Config) -> int:
    """A version never tried, beside a base that was."""
    state = observe(grown(2), 0, 1.0)
    return choose(state, config.prompts, random.Random(0)).version.number


def propensity(config: Config) -> float:
    state = observe(grown(2), 0, 1.0)
    return choose(state, on(config), random.Random(0)).propensity


def due(versions: int, trials: int) -> Callable[[Config], bool]:
    return lambda config: is_due(replace(grown(versions), since=trials), on(config))


def made(config: Config, tools: Tools = BOTH) -> Version | None:
    state = replace(begin(TEMPLATE, 2.0, 0.0), since=99)
    return advance(state, TEMPLATE, tools, on(config), 1.0).version


def mutation(config: Config) -> Mutation | None:
    version = made(config, Tools(echo))
    return None if version is None else version.mutation


def refused(piece: int, *added: str, at: int | None = None) -> Callable[[Config], str]:
    lines = list(TEMPLATE.lines)
    if at is None:
        lines[piece] = (*lines[piece], *added)
    else:
        lines[piece] = (*lines[piece][:at], *added, *lines[piece][at + 1 :])
    after = tuple(lines)
    return lambda config: why_refused(TEMPLATE, TEMPLATE.lines, after, config.prompts)


WORSE = [one - 0.2 * (n % 5 == 0) for n, one in enumerate(BASE_SCORES)]
LONGER = 'Add alerts where "Open alarms" names a unit that is asked about by them.'
SECOND_SEED = made(Config(prompts=Prompts(seed=2)))


def finding(config: Config, field: str) -> Any:
    found = validate(BASE_SCORES, WORSE, config.prompts)
    return None if found is None else getattr(found, field)


def affords(config: Config) -> bool:
    """An answer's highest price is more than nothing, and less than nine dollars."""
    with ScriptedUpstream(APPLICATION) as upstream:
        teacher = config.teacher.model_copy(update={"kind": "scripted", "base_url": upstream.url})
        purse = Purse(
            config.model_copy(update={"teacher": teacher}), threading.Event(), lambda: 1.0
        )
        try:
            purse.ask("sort_ticket", ticket_prompt({"question": "It crashes"}))
        except UpstreamError as error:
            return "usd_per_day" not in str(error)
        return True


PROMPTS: dict[str, Reach] = {
    "prompts.enabled": Reach(True, chosen, 1),
    "prompts.epsilon": Reach(0.5, propensity, 0.75),
    "prompts.max_versions": Reach(3, due(3, 99), False),
    "prompts.trials_per_version": Reach(4, due(1, 4), True),
    "prompts.usd_per_day": Reach(9.0, affords, True),
    "prompts.ask_teacher": Reach(False, mutation, Mutation.REORDER_RULES),
    "prompts.validation_experiences": Reach(51, lambda config: finding(config, "low"), None),
    "prompts.validation_margin": Reach(0.01, lambda config: finding(config, "accepted"), False),
    "prompts.validation_confidence": Reach(
        0.999999, lambda config: finding(config, "accepted"), False
    ),
    "prompts.max_growth": Reach(
        1.0, refused(1, LONGER, at=4), "the prompt is too long (prompts.max_growth)"
    ),
    "prompts.max_rule_chars": Reach(
        20, refused(1, LONGER, at=4), "a rule is too long (prompts.max_rule_chars)"
    ),
    "prompts.max_examples": Reach(
        0, refused(2, "pump 1? -> {}"), "too many examples (prompts.max_examples)"
    ),
    "prompts.seed": Reach(2, made, SECOND_SEED),
}


@pytest.mark.parametrize("name", PROMPTS)
def test_a_setting_reaches_its_user(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    check(name, PROMPTS[name], tmp_path, monkeypatch)
