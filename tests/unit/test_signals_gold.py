"""The gold set is what its description says, and the rules do not fall behind on it."""

import subprocess
import sys
from pathlib import Path

import orjson
import pytest

from understudy.curate.signals.findings import Kind, Where
from understudy.curate.signals.gold import read_gold, score
from understudy.curate.signals.rules import TABLES
from understudy.curate.signals.text import mask
from understudy.curate.signals.text import sentences as cut
from understudy.errors import InputError

ROOT = Path(__file__).parents[2]
GOLD = ROOT / "tests" / "data" / "signals_gold.jsonl"
OTHERS = GOLD.with_name("signals_by_others.jsonl")
# Floors under what was measured (docs/experiments.md), to catch a rule that breaks another.
FLOORS = {"seen": 0.8, "blind": 0.65}
# Of a rule's example: what is shorter may stand anywhere by chance.
_TELLING_CHARS = 15


@pytest.mark.parametrize("half", FLOORS)
def test_no_kind_falls_below_the_floor(half: str) -> None:
    marked = [one for path in (GOLD, OTHERS) for one in read_gold(path) if one.half == half]
    scores = score(marked)
    assert set(scores) == set(Kind)
    assert {kind.value: one.f1 for kind, one in scores.items() if one.f1 < FLOORS[half]} == {}


def test_no_rule_quotes_a_text_that_is_called_blind() -> None:
    quoted = [
        _plain(text)
        for table in TABLES
        for rule in table.rules
        for text in (rule.example, rule.counter)
    ]
    marked = [one for path in (GOLD, OTHERS) for one in read_gold(path) if one.half == "blind"]
    sentences = {
        _plain(text[start:end]): one.id
        for one in marked
        for text in one.texts.values()
        for start, end in cut(text, mask(text))
    }
    held = {
        found
        for sentence, found in sentences.items()
        if len(sentence) >= _TELLING_CHARS
        and any(
            sentence in one or (len(one) >= _TELLING_CHARS and one in sentence) for one in quoted
        )
    }
    assert held == set(), "whose sentences stand in a rule's example: they are seen"


def _plain(text: str) -> str:
    return " ".join(text.lower().split()).strip(". ")


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


ONE = b'{"thinking": "I assume so.", "labels": [{"kind": "assumption", "start": 0, "end": 12}]}'


@pytest.mark.parametrize(
    "content", [b"\xef\xbb\xbf" + ONE, b"\n \r\n" + ONE + b"\n\n", ONE + b"\r\n"]
)
def test_a_mark_of_byte_order_and_blank_lines_are_no_texts(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "gold.jsonl"
    path.write_bytes(content)
    [one] = read_gold(path)
    assert len(one.labels) == 1


@pytest.mark.parametrize("content", [None, b"", b"\n\n", b"{"])
def test_a_bench_without_a_gold_file_says_so_in_one_sentence(
    content: bytes | None, tmp_path: Path
) -> None:
    path = tmp_path / "gold.jsonl"
    if content is not None:
        path.write_bytes(content)
    command = [sys.executable, str(ROOT / "bench" / "signals.py"), str(path)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith(str(path))
    assert "Traceback" not in done.stderr


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
