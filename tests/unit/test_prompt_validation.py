"""A candidate serves when it is not worse than the base on what was held out, and not before."""

import random

import pytest
from record_builders import make_completion, make_inference
from test_prompt_mutations import BOTH, ON, TEMPLATE, due

from commandcenter.application import APPLICATION
from understudy.config import Prompts, Samples
from understudy.learn.prompts.evolve import advance
from understudy.learn.prompts.validate import find_held_out, score_version, validate
from understudy.learn.prompts.versions import BASE, begin, choose, observe, roll_back, settle
from understudy.records import Completion, Experience, Prompt, Reward
from understudy.template import render, with_lines


def experience(question: str, n: int) -> Experience:
    function = APPLICATION.functions["select_widgets"]
    prompt = function.build_prompt({"question": f"{question} {n}"})
    inference = make_inference(
        function=function.name, prompt=prompt, completion=make_completion(answer="{}")
    )
    return Experience(inference, (), Reward(0.0, {}))


def test_a_candidate_is_asked_what_was_held_out_under_its_own_rules() -> None:
    words = ["vibration", "heat", "pressure", "power", "shift", "alarm"]
    made = [experience(word, n) for word in words for n in range(3)]
    function = APPLICATION.functions["select_widgets"]
    settings = Prompts(validation_experiences=4)
    held = find_held_out(made, function, Samples(holdout_share=0.5), settings)
    assert 0 < len(held) <= 4
    assert find_held_out(made, function, Samples(holdout_share=1e-12), settings) == []
    version = advance(due(), TEMPLATE, BOTH, ON, 7.0).version
    assert version is not None
    asked: list[Prompt] = []

    def ask(prompt: Prompt) -> Completion:
        asked.append(prompt)
        return make_completion(answer="{}")

    scores = score_version(TEMPLATE, version, held, ask, lambda one, said: float(len(said.answer)))
    assert scores == [2.0] * len(held)
    assert {one.system for one in asked} == {render(with_lines(TEMPLATE, version.lines))}
    assert [one.messages for one in asked] == [one.inference.prompt.messages for one in held]


BASE_SCORES = [0.5, 0.9] * 25


@pytest.mark.parametrize(
    ("scores", "accepted"),
    [
        (BASE_SCORES, True),
        ([one + 0.05 for one in BASE_SCORES], True),
        ([one - 0.03 for one in BASE_SCORES], True),
        ([one - 0.11 for one in BASE_SCORES], False),
        ([0.9, 0.4] * 25, False),
        ([0.0] * 6 + BASE_SCORES[6:], False),
        ([float("nan"), *BASE_SCORES[1:]], False),
    ],
)
def test_only_what_is_not_worse_with_certainty_may_serve(
    scores: list[float], accepted: bool
) -> None:
    finding = validate(BASE_SCORES, scores, ON)
    assert finding is not None
    assert finding.accepted is accepted


def test_too_few_experiences_decide_nothing() -> None:
    assert validate(BASE_SCORES[:49], BASE_SCORES[:49], ON) is None


def test_a_version_is_made_validated_served_and_rolled_back() -> None:
    state, rng = begin(TEMPLATE, 2.0, 0.0), random.Random(0)
    for _ in range(ON.trials_per_version):
        state = observe(state, choose(state, ON, rng).version.number, 0.5)
    step = advance(state, TEMPLATE, BOTH, ON, 1.0)
    assert step.version is not None
    finding = validate(BASE_SCORES, [one + 0.1 for one in BASE_SCORES], ON)
    assert finding is not None
    served = settle(step.state, step.version.number, finding.accepted, finding.reason)
    assert choose(served, ON, rng).version.number == step.version.number
    state = observe(served, step.version.number, 1.5)
    back = roll_back(state, "operators complained")
    assert choose(back, ON, rng).version.number == BASE
    assert choose(back, ON, rng).propensity == 1.0
    assert render(with_lines(TEMPLATE, back.serving[0].lines)) == render(TEMPLATE)
