"""Every rule finds its example and no rule of its table finds its counter-example; patterns mean what they say."""

from collections.abc import Iterator

import pytest

from understudy.curate.signals.findings import Finding, Where
from understudy.curate.signals.index import Index
from understudy.curate.signals.match import find_signals
from understudy.curate.signals.model import ALWAYS, KINDS, Sort, Weights
from understudy.curate.signals.pattern import compile_pattern
from understudy.curate.signals.rule import Rule, Table
from understudy.curate.signals.rules import TABLES
from understudy.curate.signals.sentence import Sentence, part_words
from understudy.curate.signals.text import mask

# Weights that find nothing by themselves and drop no rule's finding.
ALONE = Index(
    TABLES,
    Weights(
        {(Sort.WORDS, ALWAYS): (-1,) * len(KINDS)}
        | {
            (Sort.FOUND, f"{table.kind.value}.{rule.name}"): (1,) * len(KINDS)
            for table in TABLES
            for rule in table.rules
        }
    ),
)
RULES = [pytest.param(t, r, id=f"{t.kind.value}.{r.name}") for t in TABLES for r in t.rules]


@pytest.mark.parametrize(("table", "rule"), RULES)
def test_the_table_finds_the_example_of_each_rule(table: Table, rule: Rule) -> None:
    found = [f.found_by for f in _find(rule.example) if f.kind is table.kind]
    known = {f"{table.kind.value}.{one.name}": one.confidence for one in table.rules}
    assert [known[name] >= rule.confidence for name in found] == [True]


@pytest.mark.parametrize(("table", "rule"), RULES)
def test_the_rule_itself_fits_its_example(table: Table, rule: Rule) -> None:
    # A surer rule of the table may be the one that is named; this one must fit as well.
    assert _fits(rule.says, rule.example)


@pytest.mark.parametrize(("table", "rule"), RULES)
def test_no_rule_of_the_table_finds_the_counter_example(table: Table, rule: Rule) -> None:
    assert [f for f in _find(rule.counter) if f.kind is table.kind] == []


def test_the_rules_of_a_table_have_names_of_their_own() -> None:
    for table in TABLES:
        names = [rule.name for rule in table.rules]
        assert len(set(names)) == len(names), table.kind


@pytest.mark.parametrize(
    ("pattern", "fits", "fits_not"),
    [
        ("let me check", "let me check it", "let us check it"),
        ("check+ it", "checking it", "checker it"),
        ("(red|blue|) pump", "a pump", "a pumpkin"),
        ("i ~ assume", "i will then safely assume", "i will then go home and rest, assume"),
        ("at most #", "at most 3.5 bar", "at most three"),
        ("^ suppose", "ok, so suppose it is", "they suppose it is"),
        ("double-check", "double check", "double  and check"),
        ("{the} best", "my best", "at best"),
        ("that fits $", "and that fits.", "that fits the data."),
        ("i ~ing it", "i checking it", "i check it"),
    ],
)
def test_a_pattern_fits(pattern: str, fits: str, fits_not: str) -> None:
    assert _fits(pattern, fits)
    assert not _fits(pattern, fits_not)


@pytest.mark.parametrize(
    "pattern", ["", "~ ~~", "(a|b", "a) b", "a & b", "b ^ a", "{unheard}", "#"]
)
def test_a_pattern_that_cannot_be_read_is_refused(pattern: str) -> None:
    with pytest.raises((ValueError, KeyError)):
        compile_pattern(pattern)


def _find(text: str) -> Iterator[Finding]:
    return find_signals(text, Where.THINKING, known=ALONE)


def _fits(pattern: str, text: str) -> bool:
    low = mask(text).rstrip(".")
    apart = part_words(low)
    sentence = Sentence(low, apart)
    return compile_pattern(pattern).find(sentence) is not None
