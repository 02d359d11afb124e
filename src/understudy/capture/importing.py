"""What every import format shares: the line's context, and records whose ids are content hashes.

Nothing imported is `open` of its own accord: the config's recorded permission decides, where it
speaks of the model that answered.
"""

import math
from collections import Counter
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

from jsonschema import Draft202012Validator

from understudy.capture.traces import recorded_permission
from understudy.config import Config
from understudy.errors import InputError
from understudy.function import Application, Function
from understudy.records import (
    Feedback,
    Inference,
    Message,
    Prompt,
    Trace,
    TraceSource,
    Usage,
    content_hash,
)
from understudy.redaction.records import Redactor
from understudy.redaction.texts import redact
from understudy.wire.answers import parse_answer, read_answer
from understudy.wire.makers import reasoning_kind

# A longer text, or one of several lines, is a prompt that some builder has already rendered.
MAX_QUESTION_CHARS = 400
ID_LENGTH = 32
MAX_COUNT = 2**63 - 1
"""The store's largest integer; a file may claim more."""
FIRST_YEAR_S, LAST_YEAR_S = -62135596800.0, 253402300800.0
"""The years 1 to 9999, beyond which no calendar here goes."""
UNUSABLE = (TypeError, ValueError, KeyError, AttributeError, OverflowError, InputError)
"""What a reader raises for a line or a span that it cannot use."""

Row = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Found:
    """What one line gave. Where a line holds many things (spans), `broken` tells which of them could
    not be used, `doubts` what was left out of a used one; `unrelated` were no LLM calls."""

    inferences: tuple[Inference, ...] = ()
    feedback: tuple[Feedback, ...] = ()
    traces: tuple[Trace, ...] = ()
    broken: tuple[str, ...] = ()
    doubts: tuple[str, ...] = ()
    unrelated: int = 0

    def redacted(self, redactor: Redactor) -> "Found":
        return replace(
            self,
            inferences=tuple(map(redactor.redact, self.inferences)),
            traces=tuple(map(redactor.redact_trace, self.traces)),
            feedback=tuple(map(redactor.redact_feedback, self.feedback)),
        )


@dataclass(frozen=True, slots=True)
class Context:
    """What a reader needs besides the line. `made_at` is the time of lines that carry none;
    `unfit` counts, per function, the answers that its schema refuses."""

    application: Application
    config: Config
    made_at: float
    unfit: Counter[str] = field(default_factory=Counter)

    def notes(self) -> list[str]:
        return [
            f"{count} answers do not fit today's schema of {function}; they are kept, and a dataset "
            "leaves them out"
            for function, count in sorted(self.unfit.items())
        ]


@dataclass(frozen=True, slots=True)
class Format:
    """`key` is the column by which a file is recognised, `columns` what every line needs. A reader
    raises one of UNUSABLE for a line that it cannot use."""

    name: str
    key: str
    columns: tuple[str, ...]
    read: Callable[[Row, Context], Found]


@dataclass(frozen=True, slots=True)
class ImportReport:
    """`imported` lines (of an OTLP file: spans) brought something that the store did not have,
    `known` did not; `by_kind` counts the new records, `notes` say what an operator should know."""

    format: str
    imported: int
    known: int
    skipped: list[tuple[int, str]]
    by_kind: dict[str, int]
    notes: list[str]


@dataclass(frozen=True, slots=True)
class Told:
    """A teacher's answer as some file tells it, before it is a trace."""

    function: Function
    prompt: Prompt
    thinking: str
    answer: str
    teacher: str
    created_at: float
    usage: Usage = field(default_factory=Usage)
    stop_reason: str = ""
    inference: str | None = None


def trace_from(told: Told, context: Context, identity: Any) -> Trace:
    """Without thinking it is an answer-only trace (reasoning omitted)."""
    thinking = told.thinking.strip()
    _note_unfit(told, context)
    return Trace(
        id=f"imported-{hash_id(identity)}",
        function=told.function.name,
        prompt=told.prompt,
        thinking=thinking,
        answer=told.answer,
        reasoning_kind=reasoning_kind(thinking, told.teacher),
        teacher=told.teacher,
        training_permission=recorded_permission(context.config.teacher, told.teacher),
        source=TraceSource.IMPORTED,
        family=_family(told.function, told.prompt),
        created_at=told.created_at,
        inference=told.inference,
        usage=told.usage,
        behaviour={"stop_reason": told.stop_reason} if told.stop_reason else {},
    )


def _family(function: Function, prompt: Prompt) -> str:
    try:
        return function.family(prompt)
    except Exception as error:
        raise _failed("family", function, error) from error


def _failed(part: str, function: Function, error: Exception) -> InputError:
    """The application's own code may raise anything: that costs a line, and never the import."""
    return InputError(f"{part} of {function.name} failed on it ({error!r}); mend that function")


def hash_id(identity: Any) -> str:
    return content_hash(identity)[:ID_LENGTH]


def function_for(answer_keys: Collection[str], context: Context, named: Any = None) -> Function:
    """The function that the line names, else the one whose schema knows most of the answer's keys,
    else (plain text) the first that is asked questions."""
    functions = context.application.functions
    if isinstance(named, str) and named in functions:
        return functions[named]
    if not functions:
        raise InputError(f"{context.application.name} has no function that this could belong to")
    known = {
        name: len(set(answer_keys) & set(function.schema.get("properties", {})))
        for name, function in functions.items()
    }
    best = max(known, key=lambda name: (known[name], functions[name].read_question is not None))
    return functions[best]


def function_of(answer: str, context: Context, named: Any = None) -> Function:
    """As `function_for`; an answer without keys belongs to a function that reads such, if one does."""
    functions = context.application.functions
    keys = parse_answer(answer) or {}
    if not keys and not (isinstance(named, str) and named in functions):
        read = {name: read_answer(answer, one.schema) for name, one in functions.items()}
        # A text function reads whatever there is, so a list's own comes first.
        for kind in (list, str):
            if found := [name for name, value in read.items() if isinstance(value, kind)]:
                return functions[found[0]]
    return function_for(keys, context, named)


def prompt_for(function: Function, text: str, row: Row) -> Prompt:
    """A mere question goes through the function's own builder; a rendered prompt stays as it is."""
    text = redact(text.strip())
    if not text:
        raise ValueError("the prompt is empty")
    if "\n" in text or len(text) > MAX_QUESTION_CHARS:
        return Prompt("", (Message("user", text),))
    request = _request(function, text, row)
    try:
        return function.build_prompt(request)
    except KeyError as error:
        raise InputError(
            f"build_prompt of {function.name} needs {error}, and an import gives it "
            f"{', '.join(request)}; give the function a read_question, which makes its request of a "
            "line's `question`"
        ) from error
    except Exception as error:
        raise _failed("build_prompt", function, error) from error


def text_in(row: Row, column: str) -> str:
    value = row[column]
    if not isinstance(value, str):
        raise TypeError(f"{column} is {type(value).__name__}, not text")
    return value


def count_in(row: Row, column: str) -> int:
    return count_of(row.get(column)) or 0


def count_of(value: Any) -> int | None:
    """As many as the store can count; None for what is no number."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return min(MAX_COUNT, max(0, int(value)))


def time_in(value: Any, context: Context) -> float:
    """Seconds from seconds or an ISO date; a date without a zone is UTC."""
    if isinstance(value, int | float) and not isinstance(value, bool):
        if not FIRST_YEAR_S <= value < LAST_YEAR_S:
            raise ValueError(
                f"{value:g} is no time in seconds since 1970; write such, or an ISO date"
            )
        return float(value)
    if not isinstance(value, str) or not value:
        return context.made_at
    moment = datetime.fromisoformat(value)
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()


def _request(function: Function, text: str, row: Row) -> Mapping[str, Any]:
    plain = {"question": text}
    if function.read_question is None:
        return plain
    try:
        return function.read_question({**row, **plain}).request
    except Exception:  # noqa: BLE001 the application's own code may raise anything
        # The line is no evaluation question: it lacks an id or what was expected.
        return plain


def _note_unfit(told: Told, context: Context) -> None:
    schema = told.function.schema
    content = read_answer(told.answer, schema)
    if content is None or not Draft202012Validator(schema).is_valid(content):
        context.unfit[told.function.name] += 1
