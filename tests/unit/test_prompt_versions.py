"""The bandit over prompt versions: who serves, with what propensity, and the way back."""

import random
from collections import Counter
from dataclasses import replace
from pathlib import Path

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from understudy.config import Prompts
from understudy.errors import InputError
from understudy.learn.prompts.evolve import diff
from understudy.learn.prompts.files import load_state, save_state
from understudy.learn.prompts.tally import Basis
from understudy.learn.prompts.versions import (
    BASE,
    GONE_KEPT,
    Mutation,
    Standing,
    State,
    add_version,
    begin,
    choose,
    is_due,
    lineage,
    observe,
    roll_back,
    settle,
    skip_proposal,
)
from understudy.template import Protected, RuleKind, Rules, Template

TEMPLATE = Template(
    (
        Protected("Sort the ticket.\n\n"),
        Rules(RuleKind.RULES, ("Be brief.", "Be sure."), numbered=True, heading="Rules:\n"),
        Protected('\n\nAnswer with {"label":"..."}'),
    )
)
ON = Prompts(enabled=True)
OTHER = (("Be sure.", "Be brief."),)


def grown(count: int, settings: Prompts = ON) -> State:
    """So many versions that serve, the base among them."""
    state = begin(TEMPLATE, 2.0, 0.0)
    for _ in range(count - 1):
        state = add_version(state, OTHER, BASE, Mutation.REORDER_RULES, settings, 1.0)
        state = settle(state, state.next_number - 1, True, "not worse")
    return state


def test_the_base_alone_serves_until_another_is_validated() -> None:
    state = add_version(begin(TEMPLATE, 2.0, 0.0), OTHER, BASE, Mutation.REORDER_RULES, ON, 1.0)
    assert [choose(state, ON, random.Random(n)).version.number for n in range(50)] == [BASE] * 50
    assert choose(state, ON, random.Random(0)).propensity == 1.0
    assert choose(settle(state, 1, True, ""), ON, random.Random(0)).version.number in (0, 1)


def test_switched_off_the_base_answers_whatever_is_known() -> None:
    state = observe(grown(3), 2, 2.0)
    choice = choose(state, Prompts(), random.Random(0))
    assert (choice.version.number, choice.propensity) == (BASE, 1.0)
    assert not is_due(replace(state, since=99), Prompts())


def test_a_version_never_tried_is_tried_first() -> None:
    state = observe(grown(2), BASE, 2.0)
    assert choose(state, Prompts(enabled=True, epsilon=0.0), random.Random(0)).version.number == 1


def test_the_propensity_is_the_share_with_which_a_version_is_chosen() -> None:
    state = observe(observe(observe(grown(3), 0, 0.5), 1, 2.0), 2, -1.0)
    settings = Prompts(enabled=True, epsilon=0.3)
    rng = random.Random(1)
    choices = [choose(state, settings, rng) for _ in range(20_000)]
    told = {one.version.number: one.propensity for one in choices}
    assert told == pytest.approx({0: 0.1, 1: 0.8, 2: 0.1})
    counted = Counter(one.version.number for one in choices)
    for number, propensity in told.items():
        assert counted[number] / len(choices) == pytest.approx(propensity, abs=0.02)


def test_the_better_version_takes_over() -> None:
    state, rng = grown(3), random.Random(0)
    means = {0: 0.0, 1: 1.2, 2: -1.0}
    for _ in range(600):
        number = choose(state, ON, rng).version.number
        state = observe(state, number, rng.gauss(means[number], 0.5))
    trials = {one.number: one.trials for one in state.versions}
    assert trials[1] > 400
    assert min(trials.values()) > 10


@given(st.lists(st.tuples(st.integers(-1, 4), st.floats()), max_size=30))
def test_no_reward_leaves_the_range_or_the_numbers(said: list[tuple[int, float]]) -> None:
    state = grown(3)
    for number, reward in said:
        state = observe(state, number, reward)
    assert all(-2.0 <= (one.unjudged.mean or 0.0) <= 2.0 for one in state.versions)
    assert state.since == sum(one.trials for one in state.versions)
    assert 0 < choose(state, ON, random.Random(0)).propensity <= 1


def test_no_version_is_preferred_for_having_been_judged() -> None:
    state = grown(3)
    for number, trials in ((0, 169), (1, 40), (2, 40)):
        for trial in range(trials):
            # Alike answers; a judge that praises all takes the newest, and so the versions', first.
            judged = 1.132 if number or trial < 5 else None
            state = observe(state, number, 0.851, f"{number} {trial}", judged)
    assert state.basis is Basis.UNJUDGED
    assert [one.by(state.basis).mean for one in state.versions] == [pytest.approx(0.851)] * 3


def test_what_only_a_judge_spoke_of_is_compared_by_its_word() -> None:
    state = grown(2)
    for trial in range(60):
        for number, reward in ((0, 1.0), (1, -1.0)):
            state = observe(state, number, None, f"{number} {trial}", reward)
    assert state.basis is Basis.JUDGED
    assert choose(state, Prompts(enabled=True, epsilon=0.0), random.Random(0)).version.number == 0


def test_a_verdict_that_comes_later_is_no_further_trial() -> None:
    state = observe(observe(grown(1), BASE, 1.0, "i"), BASE, 0.5, "i", -0.5)
    (base,) = state.versions
    assert (base.trials, state.since) == (1, 1)
    assert (base.unjudged.count, base.unjudged.mean) == (1, 0.5)
    assert (base.judged.count, base.judged.mean) == (1, -0.5)


def test_a_version_is_due_every_25_trials() -> None:
    state = begin(TEMPLATE, 2.0, 0.0)
    for _ in range(24):
        state = observe(state, BASE, 1.0)
    assert not is_due(state, ON)
    state = observe(state, BASE, 1.0)
    assert is_due(state, ON)
    assert not is_due(skip_proposal(state), ON)


def test_there_are_never_more_than_ten_and_the_weakest_makes_room() -> None:
    state = replace(grown(10), since=25)
    assert not is_due(state, ON)
    for number in range(10):
        for _ in range(25):
            state = observe(state, number, -1.0 if number in (0, 4) else 1.0)
    assert is_due(state, ON)
    state = add_version(state, OTHER, BASE, Mutation.REORDER_RULES, ON, 2.0)
    assert sum(one.lives for one in state.versions) == 10
    weakest = state.find(4)
    assert weakest is not None
    assert weakest.standing is Standing.RETIRED


def test_rolled_back_the_base_alone_serves_and_remembers() -> None:
    state = observe(observe(grown(4), BASE, 1.0), 2, 2.0)
    back = roll_back(state, "seen by hand")
    assert [one.number for one in back.serving] == [BASE]
    assert back.versions[BASE].trials == 1
    assert {one.reason for one in back.versions[1:]} == {"seen by hand"}
    assert settle(back, 2, True, "no") == back


def test_lineage_leads_back_to_the_base_however_much_is_forgotten() -> None:
    state = begin(TEMPLATE, 2.0, 0.0)
    for number in range(1, 3 * GONE_KEPT):
        parent = number - 1 if number < 4 else BASE
        state = add_version(state, OTHER, parent, Mutation.REORDER_RULES, ON, 1.0)
        state = settle(state, number, number == 3, "")
    assert [one.number for one in lineage(state, 3)] == [0, 1, 2, 3]
    assert len(state.versions) <= GONE_KEPT + 5


def test_the_difference_of_two_versions_is_a_unified_diff() -> None:
    state = grown(2)
    assert diff(TEMPLATE, *state.versions).splitlines() == [
        "--- version 0",
        "+++ version 1",
        "@@ -3,4 +3,4 @@",
        " Rules:",
        "-1. Be brief.",
        "-2. Be sure.",
        "+1. Be sure.",
        "+2. Be brief.",
        " ",
    ]


def test_a_state_is_loaded_whole(tmp_path: Path) -> None:
    state = observe(observe(grown(4), 2, 1.25), 1, None, "i", -0.5)
    state = roll_back(state, "seen by hand")
    file = tmp_path / "prompts" / "sort.json"
    assert load_state(file, TEMPLATE) is None
    save_state(state, file)
    assert load_state(file, TEMPLATE) == state
    assert [one.name for one in file.parent.iterdir()] == ["sort.json"]


def test_rewards_that_mixed_judged_and_unjudged_answers_are_counted_again(tmp_path: Path) -> None:
    file = tmp_path / "sort.json"
    save_state(replace(observe(grown(2), 1, 1.0, "i"), cursor=7), file)
    plain = orjson.loads(file.read_bytes())
    plain |= {"format": 1, "counted": {"i": [1, 1.0]}}
    for version in plain["versions"]:
        del version["unjudged"], version["judged"]
        version |= {"total": 1.0, "squares": 1.0}
    file.write_bytes(orjson.dumps(plain))
    found = load_state(file, TEMPLATE)
    assert found is not None
    assert (found.cursor, found.counted) == (0, {})
    assert [(one.standing, one.trials) for one in found.versions] == [(Standing.SERVING, 0)] * 2


def test_a_state_of_another_prompt_is_refused_and_both_are_named(tmp_path: Path) -> None:
    file = tmp_path / "sort.json"
    save_state(grown(2), file)
    other = Template((Protected("Else."), Rules(RuleKind.RULES, ("Be brief.", "Be sure."))))
    with pytest.raises(InputError) as refused:
        load_state(file, other)
    assert TEMPLATE.hash[:12] in str(refused.value)
    assert other.hash[:12] in str(refused.value)


@pytest.mark.parametrize(
    "content", [b"", b"{}", b'{"format": 2}', b'{"format": 3}', b"[1]", b'{"format":1']
)
def test_a_broken_state_is_refused(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "sort.json"
    file.write_bytes(content)
    with pytest.raises(InputError, match="move it away"):
        load_state(file, TEMPLATE)
