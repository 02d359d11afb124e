"""The weights beside the rules: packed numbers, the file, what they drop and find, and what they were fitted to."""

import hashlib
from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from understudy.curate.signals.findings import Kind, Where
from understudy.curate.signals.fit import FILES, fit_weights, thresholds
from understudy.curate.signals.index import Index, blur, load_index
from understudy.curate.signals.lessons import Seen, features_of, read_examples, read_seen
from understudy.curate.signals.match import find_signals
from understudy.curate.signals.model import (
    ALWAYS,
    KINDS,
    Feature,
    Row,
    Sort,
    Weights,
    load_weights,
    number_of,
    pack,
    save_weights,
)
from understudy.curate.signals.rules import TABLES
from understudy.curate.signals.sentence import part_words
from understudy.curate.signals.text import mask
from understudy.errors import InputError

DATA = Path(__file__).parents[1] / "data"


def test_packed_numbers_are_added_without_touching_one_another() -> None:
    first, second = [-8_000, 7, 0, 1, -1, 9, 3, -3, 2, 400_000, -400_000], [5] * 11
    both = pack(first) + pack(second)
    assert [number_of(both, place) for place in range(11)] == [one + 5 for one in first]


def test_weights_come_back_as_they_were_saved(tmp_path: Path) -> None:
    rows = {(Sort.WORDS, ALWAYS): _row(Kind.EDIT, -3), (Sort.MARK, "?$"): _row(Kind.SAFETY, 4)}
    save_weights(Weights(rows, ("a note",)), tmp_path / "weights.tsv")
    assert load_weights(tmp_path / "weights.tsv") == Weights(rows, ("a note",))


@pytest.mark.parametrize(
    "line", ["words\tpump\t1", "joy\tpump" + "\t" * 11, "words\ta" + "\tb" * 11]
)
def test_a_broken_row_is_refused_with_its_line(line: str, tmp_path: Path) -> None:
    path = tmp_path / "weights.tsv"
    path.write_text(f"# a note\n{line}\n")
    with pytest.raises(InputError, match="line 2"):
        load_weights(path)


@pytest.mark.parametrize(
    "text",
    [
        "Let me check it against the 3 logs: 7 + 8 = 15, ✓.",
        "i'd rather use “pandas”, wouldn't you?",
        "According to the manual, page 12, it must not exceed 8 bar [4].",
    ],
)
def test_a_sentence_scores_the_sum_of_its_features(text: str) -> None:
    index, masked = load_index(), mask(text)
    apart = part_words(masked)
    _, score, _ = index.read(blur(apart).split(), masked, index.in_thinking)
    counts = Counter(
        features_of(masked, apart, Index(TABLES, Weights({})), Where.THINKING, rules=False)
    )
    for place in range(len(KINDS)):
        summed = sum(n * index.weights.row(*feature)[place] for feature, n in counts.items())
        assert number_of(score, place) == summed


def test_weights_alone_find_and_name_their_cue() -> None:
    known = _index({(Sort.WORDS, "the pump"): _row(Kind.SAFETY, 300)})
    [finding] = find_signals("It is so. See the pump 42 now.", Where.ANSWER, known=known)
    assert (finding.kind, finding.found_by) == (Kind.SAFETY, "model.safety")
    assert (finding.start, finding.cue_start, finding.cue_end) == (10, 14, 22)
    assert finding.confidence == pytest.approx(1 / (1 + np.exp(-2)))


def test_weights_drop_what_a_rule_finds() -> None:
    rule: dict[Feature, Row] = {(Sort.FOUND, "assumption.own"): _row(Kind.ASSUMPTION, 300)}
    text = "I assume it is on."
    [kept] = find_signals(text, Where.THINKING, known=_index(rule))
    assert (kept.found_by, kept.confidence) == ("assumption.own", 0.95)
    against = rule | {(Sort.WORDS, "on |"): _row(Kind.ASSUMPTION, -250)}
    assert list(find_signals(text, Where.THINKING, known=_index(against))) == []


def test_what_voids_a_rule_voids_the_weights() -> None:
    rows = {
        (Sort.FOUND, "assumption.own"): _row(Kind.ASSUMPTION, 300),
        (Sort.WORDS, "assume"): _row(Kind.ASSUMPTION, 300),
    }
    assert list(find_signals("I do not assume it.", Where.THINKING, known=_index(rows))) == []
    assert len(list(find_signals("I do assume it.", Where.THINKING, known=_index(rows)))) == 1


def test_the_weights_name_the_texts_that_they_were_fitted_to() -> None:
    hashes = [hashlib.sha256((DATA / name).read_bytes()).hexdigest() for name in FILES]
    assert load_weights().notes[1:] == tuple(
        f"{name} {one}" for name, one in zip(FILES, hashes, strict=True)
    ), "run `make signals-model`"


def test_a_word_that_parts_the_marked_from_the_rest_gets_the_weight() -> None:
    rows = [_seen("presumably it runs", Kind.ASSUMPTION), _seen("it runs"), _seen("it stops")] * 20
    fitted = fit_weights(rows)
    place = KINDS.index(Kind.ASSUMPTION)
    assert max(fitted, key=lambda one: fitted[one][place]) == (Sort.WORDS, "presumably")
    assert [row.tolist() for row in fitted.values()] == [
        row.tolist() for row in fit_weights(rows).values()
    ]


def test_the_threshold_is_where_f1_is_the_greatest() -> None:
    marked = np.array([[1], [0], [1], [0], [0]], bool).repeat(11, axis=1)
    scores = np.array([[3.0], [2.0], [1.0], [0.5], [0.1]]).repeat(11, axis=1)
    assert thresholds(marked, scores).tolist() == [1.0] * 11


def test_of_a_json_answer_the_weights_know_nothing() -> None:
    known = _index({(Sort.WORDS, "pump"): _row(Kind.EDIT, 300)})
    assert list(find_signals('{"text":"the pump is on"}', Where.ANSWER, known=known)) == []
    assert len(list(find_signals("the pump is on", Where.ANSWER, known=known))) == 1


@pytest.mark.slow
def test_a_model_fitted_again_is_the_one_of_the_file() -> None:
    fitted = fit_weights([*read_seen(DATA), *read_examples()], (Kind.EDIT,))
    place = KINDS.index(Kind.EDIT)
    words = {Sort.WORDS, Sort.START}
    kept = {one: row[place] for one, row in load_weights().rows.items() if one[0] in words}
    kept.pop((Sort.WORDS, ALWAYS))
    kept = {one: weight for one, weight in kept.items() if weight}
    assert len(kept) > 1_000
    assert {
        one: weight for one, weight in kept.items() if abs(weight - 100 * fitted[one][0]) > 3
    } == {}


def _row(kind: Kind, hundredths: int) -> Row:
    return tuple(hundredths if one is kind else 0 for one in KINDS)


def _index(rows: dict[Feature, Row]) -> Index:
    return Index(TABLES, Weights({(Sort.WORDS, ALWAYS): (-100,) * len(KINDS)} | rows))


def _seen(text: str, *kinds: Kind) -> Seen:
    return Seen("w9", Counter((Sort.WORDS, word) for word in ["", *text.split()]), frozenset(kinds))
