"""What is denied is no finding, and a check that was not made is none: by rules, and by the weights beside them."""

import pytest

from understudy.curate.signals.findings import Kind, Where
from understudy.curate.signals.index import Index
from understudy.curate.signals.match import find_signals
from understudy.curate.signals.model import ALWAYS, KINDS, Sort, Weights
from understudy.curate.signals.rules import TABLES

DENIED = [
    ("I was not wrong.", Kind.SELF_CRITIQUE),
    ("I was not wrong.", Kind.CORRECTION),
    ("I have not overlooked anything.", Kind.SELF_CRITIQUE),
    ("My answer is not too long.", Kind.SELF_CRITIQUE),
    ("I didn't misread it.", Kind.SELF_CRITIQUE),
    ("I didn't misread it.", Kind.CORRECTION),
    ("I don't think I made a mistake.", Kind.SELF_CRITIQUE),
    ("I don't think I made a mistake.", Kind.CORRECTION),
    ("This is not a dead end.", Kind.PRUNING),
    ("I have not ruled out the bearing.", Kind.PRUNING),
    ("I did not look it up.", Kind.PRUNING),
    ("The list does not have to be sorted.", Kind.CONSTRAINT),
    ("It is not a safety issue.", Kind.SAFETY),
    ("Nothing here is hazardous.", Kind.SAFETY),
    ("I forgot to check the units.", Kind.VALIDATION),
    ("I skipped checking the total.", Kind.VALIDATION),
    ("I'll skip verifying the total.", Kind.VALIDATION),
    ("I should have verified the total.", Kind.VALIDATION),
]
# The denial is what the rule asks for, or is of something else.
HELD = [
    ("I'm not sure whether this is right.", Kind.SELF_CRITIQUE),
    ("I never checked the units.", Kind.SELF_CRITIQUE),
    ("I should have verified the total.", Kind.SELF_CRITIQUE),
    ("My answer does not account for the night shift.", Kind.SELF_CRITIQUE),
    ("I was wrong, not the manual.", Kind.SELF_CRITIQUE),
    ("That's not right.", Kind.CORRECTION),
    ("This does not matter here, so I skip it.", Kind.PRUNING),
    ("The list must not be sorted.", Kind.CONSTRAINT),
    ("It is not safe to restart.", Kind.SAFETY),
    ("Tap water isn't safe to drink there.", Kind.SAFETY),
    ("Anyone touching the housing without gloves gets burnt.", Kind.SAFETY),
    ("None of the bolts must exceed 40 Nm.", Kind.CONSTRAINT),
    ("We may not offer more than 30 euro.", Kind.CONSTRAINT),
    ("Cream has no chance in July, forget it.", Kind.PRUNING),
    ("That isn't an option any longer.", Kind.PRUNING),
    ("The totals do not add up.", Kind.VALIDATION),
]
SURE_OF_EVERY_RULE = Weights(
    {(Sort.WORDS, ALWAYS): (-100,) * len(KINDS)}
    | {
        (Sort.FOUND, f"{table.kind.value}.{rule.name}"): tuple(
            300 if kind is table.kind else 0 for kind in KINDS
        )
        for table in TABLES
        for rule in table.rules
    }
)


@pytest.fixture(scope="module")
def rules_alone() -> Index:
    return Index(TABLES, SURE_OF_EVERY_RULE)


def kinds(text: str, known: Index | None = None) -> set[Kind]:
    return {finding.kind for finding in find_signals(text, Where.THINKING, known=known)}


@pytest.mark.parametrize(("text", "kind"), DENIED)
def test_no_rule_finds_a_denied_act(text: str, kind: Kind, rules_alone: Index) -> None:
    assert kind not in kinds(text, rules_alone)


@pytest.mark.parametrize(("text", "kind"), DENIED)
def test_the_weights_do_not_bring_a_denied_act_back(text: str, kind: Kind) -> None:
    assert kind not in kinds(text)


@pytest.mark.parametrize(("text", "kind"), HELD)
def test_a_denial_that_a_rule_asks_for_voids_nothing(
    text: str, kind: Kind, rules_alone: Index
) -> None:
    assert kind in kinds(text, rules_alone)
