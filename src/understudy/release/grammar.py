"""What the served student may write: bounded thinking, then compact JSON of the schema, or its text.

The grammar is in llama.cpp's llguidance form (docs/llguidance.md there), which keeps a JSON
Schema's lengths and number ranges; xllamacpp is built with it. Refuses an invalid schema.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import orjson
from jsonschema import Draft202012Validator, SchemaError

from understudy.config import Student
from understudy.errors import ExportError
from understudy.wire.answers import is_text
from understudy.wire.thinking import THINK_CLOSE, THINK_OPEN

SUFFIX = ".gbnf"


def build_grammar(schema: Mapping[str, Any], student: Student) -> str:
    """With student.thinking a thinking block comes first and is closed by force at its limit."""
    try:
        Draft202012Validator.check_schema(dict(schema))
    except SchemaError as error:
        raise ExportError(
            f"a function's JSON Schema is invalid ({error.message}); mend the application"
        ) from error
    answer = _text(schema) if is_text(schema) else _json(schema)
    if not student.thinking:
        return f"%llguidance {{}}\nstart: answer\nanswer: {answer}\n"
    # A `<` may stand in a thought (80 < 90), the beginning of the closing mark may not. The block
    # is one token of the grammar: a thought of its own would swallow the newline before the mark.
    thought = rf"([^<]|<[^\/<]){{1,{student.max_thinking_chars}}}"
    block = rf"/{THINK_OPEN}\n{thought}\n{THINK_CLOSE.replace('/', chr(92) + '/')}\n/"
    return f"%llguidance {{}}\nstart: BLOCK answer\nBLOCK: {block}\nanswer: {answer}\n"


def _json(schema: Mapping[str, Any]) -> str:
    # Between tokens nothing: a student is taught compact JSON, and every space costs a step.
    compact = {**schema, "x-guidance": {"whitespace_flexible": False}}
    return f"%json {orjson.dumps(compact).decode()}"


def _text(schema: Mapping[str, Any]) -> str:
    """One of the texts that are listed, else any within its lengths; a `pattern` is checked later."""
    listed = [schema["const"]] if "const" in schema else schema.get("enum", ())
    if texts := [one for one in listed if isinstance(one, str) and one]:
        return " | ".join(orjson.dumps(text).decode() for text in texts)
    least, most = max(0, schema.get("minLength", 0) - 1), schema.get("maxLength")
    return rf"/\S(?s:.){{{least},{'' if most is None else max(least, most - 1)}}}/"


def load_grammars(release_folder: Path) -> dict[str, str]:
    """The exported grammars of a release, by function."""
    folder = release_folder / "grammars"
    return {path.stem: path.read_text() for path in sorted(folder.glob(f"*{SUFFIX}"))}
