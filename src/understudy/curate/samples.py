"""What a trace teaches: its answer, its thinking, and the answer that follows from the thinking.

Refuses nothing; eligibility decides before which traces come here.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import Any

import orjson

from understudy.errors import InputError
from understudy.records import (
    Message,
    Prompt,
    ReasoningKind,
    Trace,
    TraceSource,
    content_hash,
)
from understudy.wire.answers import is_text, read_answer
from understudy.wire.thinking import join_thinking

# A thinking of any other kind is a placeholder of the upstream's, not words to learn from.
WITH_THINKING = frozenset({ReasoningKind.RAW, ReasoningKind.SUMMARY, ReasoningKind.SYNTHETIC})


class SampleKind(Enum):
    """`thinking` stops where the answer begins: a learner must not add the end of text to it."""

    ANSWER = "answer"
    THINKING = "thinking"
    CONSISTENCY = "consistency"


@dataclass(frozen=True, slots=True)
class Sample:
    """`prefix` is what the assistant has already written, `completion` what it learns to write."""

    kind: SampleKind
    prompt: Prompt
    prefix: str
    completion: str
    function: str
    trace_id: str
    source: TraceSource
    replay: bool = False

    @property
    def key(self) -> str:
        """Two samples with one key teach the same."""
        return content_hash(
            [self.kind.value, self.function, self.prompt.hash, self.prefix, self.completion]
        )


def build_samples(
    trace: Trace,
    *,
    schema: Mapping[str, Any] | None = None,
    max_thinking_chars: int | None = None,
) -> list[Sample]:
    """Three samples with thinking, one without (or with a thinking that is too long to teach)."""
    answer = canonical_answer(trace.answer, schema or {})
    thinking = trace.thinking.strip() if trace.reasoning_kind in WITH_THINKING else ""
    if not thinking or (max_thinking_chars is not None and len(thinking) > max_thinking_chars):
        return [_sample(trace, SampleKind.ANSWER, "", answer)]
    # The join's own text up to the answer, so that training and serving never differ by a newline.
    prefix = join_thinking(thinking, "")
    return [
        _sample(trace, SampleKind.ANSWER, "", answer),
        _sample(trace, SampleKind.THINKING, "", prefix),
        _sample(trace, SampleKind.CONSISTENCY, prefix, answer),
    ]


def canonical_answer(answer: str, schema: Mapping[str, Any]) -> str:
    """As the serving grammar writes it: JSON without spaces, keys in the schema's order; text bare."""
    parsed = None if is_text(schema) else read_answer(answer, schema)
    return answer.strip() if parsed is None else orjson.dumps(_ordered(parsed, schema)).decode()


def sample_row(sample: Sample) -> dict[str, Any]:
    """One line of samples.jsonl; the prompt begins with the system message."""
    turns = [Message("system", sample.prompt.system), *sample.prompt.messages]
    return {
        "kind": sample.kind.value,
        "function": sample.function,
        "trace_id": sample.trace_id,
        "source": sample.source.value,
        "prompt": [{"role": turn.role, "content": turn.content} for turn in turns],
        "prefix": sample.prefix,
        "completion": sample.completion,
        "replay": sample.replay,
    }


def read_samples(folder: Path) -> list[Sample]:
    """The samples of a dataset folder. Raises InputError naming the line that is broken."""
    path = folder / "samples.jsonl"
    try:
        lines = path.read_bytes().splitlines()
    except OSError as error:
        raise InputError(
            f"{path} cannot be read ({error.strerror}); build the dataset again"
        ) from error
    samples = []
    for number, line in enumerate(lines, start=1):
        try:
            samples.append(_read_row(orjson.loads(line)))
        except (KeyError, TypeError, ValueError) as error:
            raise InputError(
                f"{path} line {number} is no sample ({error}); build the dataset again"
            ) from error
    return samples


def _ordered(value: Any, schema: Mapping[str, Any]) -> Any:
    if isinstance(value, list):
        first, rest = schema.get("prefixItems", []), schema.get("items")
        inner = [*first, *[rest if isinstance(rest, dict) else {}] * len(value)]
        return [_ordered(one, each) for one, each in zip(value, inner, strict=False)]
    if not isinstance(value, dict):
        return value
    properties = schema.get("properties", {})
    names = [name for name in properties if name in value]
    names += [name for name in value if name not in properties]
    return {name: _ordered(value[name], properties.get(name, {})) for name in names}


def _sample(trace: Trace, kind: SampleKind, prefix: str, completion: str) -> Sample:
    return Sample(kind, trace.prompt, prefix, completion, trace.function, trace.id, trace.source)


def _read_row(row: Mapping[str, Any]) -> Sample:
    system, *turns = [Message(turn["role"], turn["content"]) for turn in row["prompt"]]
    return Sample(
        kind=SampleKind(row["kind"]),
        prompt=Prompt(system.content, tuple(turns)),
        prefix=row["prefix"],
        completion=row["completion"],
        function=row["function"],
        trace_id=row["trace_id"],
        source=TraceSource(row["source"]),
        replay=row["replay"],
    )
