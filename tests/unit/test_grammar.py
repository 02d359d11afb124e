"""The grammar text of an exported release; tests/integration/test_llamacpp.py obeys it."""

from pathlib import Path
from typing import Any

import pytest
from student_rig import SCHEMA, student

from understudy.errors import ExportError
from understudy.release.grammar import build_grammar, load_grammars


def test_a_thinking_student_writes_a_bounded_block_first() -> None:
    grammar = build_grammar(SCHEMA, student(max_thinking_chars=77))
    assert "start: BLOCK answer" in grammar
    assert r"<think>\n([^<]|<[^\/<]){1,77}\n<\/think>\n" in grammar


def test_a_student_that_does_not_think_begins_with_the_answer() -> None:
    grammar = build_grammar(SCHEMA, student(thinking=False))
    assert "start: answer" in grammar
    assert "think" not in grammar


@pytest.mark.parametrize(
    ("schema", "answer"),
    [
        ({}, r"/\S(?s:.){0,}/"),
        ({"minLength": 1, "maxLength": 9}, r"/\S(?s:.){0,8}/"),
        ({"minLength": 5}, r"/\S(?s:.){4,}/"),
        ({"enum": ["bug", 'a "b"\n']}, r'''"bug" | "a \"b\"\n"'''),
        ({"const": "bug"}, '"bug"'),
    ],
)
def test_plain_text_is_written_without_quotes(schema: dict[str, Any], answer: str) -> None:
    grammar = build_grammar({"type": "string", **schema}, student(thinking=False))
    assert grammar == f"%llguidance {{}}\nstart: answer\nanswer: {answer}\n"


def test_an_invalid_schema_is_refused() -> None:
    with pytest.raises(ExportError, match="JSON Schema is invalid"):
        build_grammar({"type": "nothing"}, student())


def test_grammars_are_found_by_function(tmp_path: Path) -> None:
    (tmp_path / "grammars").mkdir()
    (tmp_path / "grammars" / "speak.gbnf").write_text("one")
    assert load_grammars(tmp_path) == {"speak": "one"}
