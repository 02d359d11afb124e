"""Rows in TRL's conversational formats, prompt/completion and preference, as JSON lines and Parquet.

Needs pyarrow, which comes with the extra `train`; nothing on the request path imports this.
"""

import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import orjson
import pyarrow as pa
from pyarrow import json
from pyarrow import parquet as pq

from understudy.curate.preferences import PreferencePair
from understudy.curate.samples import Sample
from understudy.records import Message, Prompt

Row = dict[str, Any]
SliceOf = Callable[[str, Prompt], str]

_TURNS = pa.list_(pa.struct([("role", pa.string()), ("content", pa.string())]))
_TEXT = pa.string()
_SCHEMAS = {
    "prompt_completion": pa.schema(
        [
            ("prompt", _TURNS), ("completion", _TURNS), ("kind", _TEXT), ("function", _TEXT),
            ("slice", _TEXT), ("trace_id", _TEXT), ("source", _TEXT), ("replay", pa.bool_()),
        ]
    ),
    "preference": pa.schema(
        [
            ("prompt", _TURNS), ("chosen", _TURNS), ("rejected", _TURNS), ("pair_type", _TEXT),
            ("slice", _TEXT), ("chosen_from", _TEXT), ("rejected_from", _TEXT),
            ("inference", _TEXT), ("feedback", _TEXT), ("comparison", _TEXT),
        ]
    ),
}  # fmt: skip
_GROUP_ROWS, _BLOCK_BYTES = 500, 1 << 20


def completion_rows(samples: Iterable[Sample], slice_of: SliceOf) -> Iterator[Row]:
    """What the assistant had written already is the last turn of the prompt, as TRL continues it."""
    for sample in samples:
        written = (Message("assistant", sample.prefix),) if sample.prefix else ()
        yield {
            "prompt": [*_turns(sample.prompt), *map(_turn, written)],
            "completion": [_turn(Message("assistant", sample.completion))],
            "kind": sample.kind.value,
            "function": sample.function,
            "slice": slice_of(sample.function, sample.prompt),
            "trace_id": sample.trace_id,
            "source": sample.source.value,
            "replay": sample.replay,
        }


def preference_rows(pairs: Iterable[PreferencePair], slice_of: SliceOf) -> Iterator[Row]:
    for pair in pairs:
        yield {
            "prompt": _turns(pair.prompt),
            "chosen": [_turn(Message("assistant", pair.chosen))],
            "rejected": [_turn(Message("assistant", pair.rejected))],
            "pair_type": pair.pair_type,
            "slice": slice_of(pair.pair_type, pair.prompt),
            "chosen_from": pair.chosen_from,
            "rejected_from": pair.rejected_from,
            "inference": pair.inference,
            "feedback": pair.feedback,
            "comparison": pair.comparison,
        }


def write_split(folder: Path, form: str, split: str, rows: Iterable[Row]) -> dict[str, Any]:
    """FORM/SPLIT.parquet and .jsonl below the folder: their rows, size and sha256. No file for no row."""
    (folder / form).mkdir(exist_ok=True)
    lines, table = (f"{form}/{split}.{ending}" for ending in ("jsonl", "parquet"))
    count, longest = 0, 0
    with (folder / lines).open("wb") as file:
        for row in rows:
            count += 1
            longest = max(longest, file.write(orjson.dumps(row) + b"\n"))
    if not count:
        (folder / lines).unlink()
        return {}
    _write_parquet(folder / lines, folder / table, _SCHEMAS[form], longest)
    return {path: _sum_up(folder / path, count) for path in (table, lines)}


def _write_parquet(lines: Path, target: Path, schema: pa.Schema, longest: int) -> None:
    """From the lines themselves: both files hold the same, and pandas stays unloaded (seconds)."""
    # A line must fit into a block, and one may hold a thinking of megabytes.
    reading = json.ReadOptions(use_threads=False, block_size=max(_BLOCK_BYTES, 2 * longest))
    parsing = json.ParseOptions(explicit_schema=schema, unexpected_field_behavior="error")
    table = json.read_json(lines, read_options=reading, parse_options=parsing)
    pq.write_table(table.select(schema.names), target, row_group_size=_GROUP_ROWS)


def _sum_up(path: Path, rows: int) -> Mapping[str, Any]:
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    return {"rows": rows, "size_bytes": path.stat().st_size, "sha256": digest}


def _turns(prompt: Prompt) -> list[Row]:
    system = (Message("system", prompt.system),) if prompt.system else ()
    return [_turn(message) for message in (*system, *prompt.messages)]


def _turn(message: Message) -> Row:
    return {"role": message.role, "content": message.content}
