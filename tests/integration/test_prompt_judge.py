"""What a judge says of answers under versions of a prompt, and what it does not decide by when it says it."""

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import pytest
from prompt_rig import BRIEF, CAREFUL, Desk, desk
from record_builders import make_feedback, make_inference

from understudy.learn.prompts.versions import Mutation, State, add_version, settle
from understudy.records import Feedback, FeedbackKind, FeedbackSource, PromptVersion

PRAISE = {"items": {"network": 1.0}, "size_fit": 1.0}


def answered(one: Desk, version: int, names: Iterable[str]) -> None:
    asked = PromptVersion(one.evolver.find("route").state.template, version, 1.0)
    one.rig.store.insert_inferences(
        [make_inference(id=name, function="route", prompt_version=asked) for name in names]
    )


def rated(names: Sequence[str], up: bool) -> list[Feedback]:
    return [make_feedback("rating", up, inference=name) for name in names]


def praised(names: Sequence[str]) -> list[Feedback]:
    judge: dict[str, Any] = {"source": FeedbackSource.JUDGE, "user": "judge"}
    kind = FeedbackKind.ITEMS
    return [
        make_feedback("evaluation", PRAISE, inference=name, kind=kind, **judge) for name in names
    ]


def test_a_judge_that_disagrees_with_users_makes_no_trial(tmp_path: Path) -> None:
    with desk(tmp_path, trials_per_version=99) as one:
        names = [f"i{number}" for number in range(21)]
        answered(one, 0, names)
        one.rig.store.insert_feedback(rated(names[:20], False) + praised(names))
        one.learner.tick()
        found = one.evolver.find("route").state.versions[0]
    assert found.trials == 20
    assert found.unjudged.mean is not None
    assert found.unjudged.mean < 0


def test_its_agreement_is_known_after_a_restart(tmp_path: Path) -> None:
    with desk(tmp_path, trials_per_version=99) as one:
        names = [f"i{number}" for number in range(21)]
        answered(one, 0, names)
        one.rig.store.insert_feedback(rated(names[:20], False) + praised(names[:20]))
        one.learner.tick()
        evolver, learner = one.restarted()
        one.rig.store.insert_feedback(praised(names[20:]))
        learner.tick()
        found = evolver.find("route").state.versions[0]
    assert (found.trials, found.judged.count) == (20, 0)


def test_a_judge_that_takes_the_newest_answers_prefers_no_version(tmp_path: Path) -> None:
    def grown(state: State) -> State:
        lines, settings = ((CAREFUL, BRIEF),), one.config.prompts
        made = add_version(state, lines, 0, Mutation.REORDER_RULES, settings, 1.0)
        return settle(made, 1, True, "told to")

    with desk(tmp_path, trials_per_version=99) as one:
        one.evolver.update("route", grown)
        for version, count in ((0, 30), (1, 10)):
            names = [f"{version} {number}" for number in range(count)]
            answered(one, version, names)
            one.rig.store.insert_feedback(rated(names, True))
            one.rig.store.insert_feedback(praised(names if version else names[:2]))
        one.learner.tick()
        shown = one.learner.status()["functions"]["route"]
    assert shown["compared_by"] == "unjudged"
    assert [(row["trials"], row["judged"]) for row in shown["versions"]] == [(30, 2), (10, 10)]
    base, other = (row["mean_reward"] for row in shown["versions"])
    assert base == pytest.approx(other)
