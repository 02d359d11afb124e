"""The gold set is what its description says, and the rules do not fall behind on it."""

from pathlib import Path

import orjson
import pytest

from understudy.curate.signals.findings import Kind, Where
from understudy.curate.signals.gold import read_gold, score
from understudy.errors import InputError

GOLD = Path(__file__).parents[1] / "data" / "signals_gold.jsonl"
# A floor under what was measured (docs/experiments.md), to catch a rule that breaks another.
FLOOR = 0.75


@pytest.mark.parametrize("half", ["seen", "blind"])
def test_no_kind_falls_below_the_floor(half: str) -> None:
    scores = score(one for one in read_gold(GOLD) if one.half == half)
    assert set(scores) == set(Kind)
    assert {kind.value: one.f1 for kind, one in scores.items() if one.f1 < FLOOR} == {}


def test_both_halves_hold_every_style() -> None:
    marked = read_gold(GOLD)
    assert len(marked) >= 300
    styles = [{one.style for one in marked if one.half == half} for half in ("seen", "blind")]
    assert (
        styles[0] == styles[1] == {"industrial", "coding", "maths", "planning", "refusal", "chat"}
    )


def test_a_label_may_give_its_words_in_place_of_its_offsets(tmp_path: Path) -> None:
    path = tmp_path / "gold.jsonl"
    row = {"answer": "It is on. I assume so.", "labels": [{"kind": "assumption", "text": "I assume so."}]}  # fmt: skip
    path.write_bytes(orjson.dumps(row))
    [one] = read_gold(path)
    assert (one.half, one.labels[0].where, one.labels[0].start) == ("blind", Where.ANSWER, 10)
    assert score([one])[Kind.ASSUMPTION].f1 == 1.0


def test_scores_by_hand(tmp_path: Path) -> None:
    path = tmp_path / "gold.jsonl"
    rows = [
        {"thinking": "I assume it is on. Presumably it runs.", "labels": [{"kind": "assumption", "start": 0, "end": 18}]},
        {"thinking": "The sky is blue today.", "labels": [{"kind": "assumption", "start": 0, "end": 22}]},
    ]  # fmt: skip
    path.write_bytes(b"\n".join(orjson.dumps(row) for row in rows))
    found = score(read_gold(path))[Kind.ASSUMPTION]
    assert (found.right, found.findings, found.found, found.labels) == (1, 2, 1, 2)
    assert (found.precision, found.recall, found.f1) == (0.5, 0.5, 0.5)


@pytest.mark.parametrize(
    "line",
    [
        b"{",
        b"[]",
        b"{}",
        b'{"thinking": 3}',
        b'{"thinking": "a", "labels": [{"kind": "joy", "start": 0, "end": 1}]}',
        b'{"thinking": "a", "labels": [{"kind": "edit", "start": 0, "end": 2}]}',
        b'{"thinking": "a", "labels": [{"kind": "edit", "text": "b"}]}',
        b'{"thinking": "a", "labels": [{"kind": "edit", "where": "answer", "start": 0, "end": 1}]}',
    ],
)
def test_a_line_outside_the_format_is_refused_with_its_number(line: bytes, tmp_path: Path) -> None:
    path = tmp_path / "gold.jsonl"
    path.write_bytes(b'{"thinking": "a"}\n' + line)
    with pytest.raises(InputError, match="line 2"):
        read_gold(path)
