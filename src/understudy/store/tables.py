"""The tables as they stand after the last migration. No SQL is run here.

Times are seconds since the epoch; a variant is stored as its text, an enum as its value.
"""

from typing import Any

import orjson
from sqlalchemy import (
    Boolean,
    Column,
    Float,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    Text,
)
from sqlalchemy.engine import Dialect
from sqlalchemy.types import TypeDecorator


class Json(TypeDecorator[Any]):
    """Any JSON value as text. SQLite gives a column called JSON numeric affinity, in which the
    text `0.25` comes back as a number and `1.0` as the integer 1."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: Any, _dialect: Dialect) -> str:
        return orjson.dumps(value, option=orjson.OPT_SERIALIZE_NUMPY).decode()

    def process_result_value(self, value: Any, _dialect: Dialect) -> Any:
        # NULL in rows from before the column: nothing else is ever written as NULL.
        return None if value is None else orjson.loads(value)


METADATA = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_name)s",
        "uq": "uq_%(table_name)s_%(column_0_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "pk": "pk_%(table_name)s",
    }
)

# A function's system text is the same in every request and often the longest part of it: once.
TEXTS = Table(
    "texts",
    METADATA,
    Column("hash", String, primary_key=True),
    Column("text", Text, nullable=False),
)

INFERENCES = Table(
    "inferences",
    METADATA,
    Column("id", String, primary_key=True),
    Column("function", String, nullable=False),
    Column("episode", String, nullable=False),
    Column("user", String, nullable=False),
    Column("variant", String, nullable=False),
    Column("propensity", Float, nullable=False),
    Column("system", ForeignKey("texts.hash"), nullable=False),
    Column("messages", Json, nullable=False),
    Column("answer", Text, nullable=False),
    Column("thinking", Text),
    Column("reasoning_kind", String, nullable=False),
    Column("stop_reason", String, nullable=False),
    Column("input_tokens", Integer, nullable=False),
    Column("output_tokens", Integer, nullable=False),
    Column("model", String, nullable=False),
    Column("status", String, nullable=False),
    Column("latency_s", Float, nullable=False),
    Column("cost_usd", Float, nullable=False),
    Column("prompt_hash", String, nullable=False),
    Column("config_hash", String, nullable=False),
    Column("created_at", Float, nullable=False),
    Column("fallback_from", String),
    Column("error", Text, nullable=False),
    Column("shadow", Boolean, nullable=False),
    Column("ranking", Json),
    Column("prompt_version", Json),
    Column("confidence", Json),
    Column("aside", Text, nullable=False, server_default=""),
    Index("ix_inferences_function", "function", "created_at"),
    Index("ix_inferences_episode", "episode"),
)

# No foreign key to inferences: a rating may arrive while its inference is still in the spool.
FEEDBACK = Table(
    "feedback",
    METADATA,
    Column("id", String, primary_key=True),
    Column("kind", String, nullable=False),
    Column("name", String, nullable=False),
    Column("value", Json, nullable=False),
    Column("source", String, nullable=False),
    Column("inference", String),
    Column("episode", String),
    Column("user", String, nullable=False),
    Column("confidence", Float, nullable=False),
    Column("created_at", Float, nullable=False),
    Column("key", String, nullable=False, unique=True),
    Index("ix_feedback_inference", "inference"),
    Index("ix_feedback_episode", "episode"),
    Index("ix_feedback_name", "name", "created_at"),
)

TRACES = Table(
    "traces",
    METADATA,
    Column("id", String, primary_key=True),
    Column("function", String, nullable=False),
    Column("system", ForeignKey("texts.hash"), nullable=False),
    Column("messages", Json, nullable=False),
    Column("thinking", Text, nullable=False),
    Column("answer", Text, nullable=False),
    Column("reasoning_kind", String, nullable=False),
    Column("teacher", String, nullable=False),
    Column("training_permission", String, nullable=False),
    Column("source", String, nullable=False),
    Column("family", String, nullable=False),
    Column("created_at", Float, nullable=False),
    Column("inference", ForeignKey("inferences.id")),
    Column("input_tokens", Integer, nullable=False),
    Column("output_tokens", Integer, nullable=False),
    Column("behaviour", Json, nullable=False),
    Index("ix_traces_source", "source", "created_at"),
    Index("ix_traces_inference", "inference"),
)

DATASETS = Table(
    "datasets",
    METADATA,
    Column("id", String, primary_key=True),
    Column("folder", String, nullable=False),
    Column("functions", Json, nullable=False),
    Column("trace_ids", Json, nullable=False),
    Column("counts", Json, nullable=False),
    Column("skipped", Json, nullable=False),
    Column("created_at", Float, nullable=False),
)

RUNS = Table(
    "runs",
    METADATA,
    Column("id", Integer, primary_key=True),
    Column("learner", String, nullable=False),
    Column("dataset", ForeignKey("datasets.id"), nullable=False),
    Column("config_hash", String, nullable=False),
    Column("seed", Integer, nullable=False),
    Column("state", String, nullable=False),
    Column("folder", String, nullable=False),
    Column("metrics", Json, nullable=False),
    Column("created_at", Float, nullable=False),
    Column("error", Text, nullable=False),
    Column("traces_end", Integer),
    sqlite_autoincrement=True,
)

RELEASES = Table(
    "releases",
    METADATA,
    Column("number", Integer, primary_key=True),
    Column("run", ForeignKey("runs.id"), nullable=False),
    Column("functions", Json, nullable=False),
    Column("state", String, nullable=False),
    Column("gguf", String),
    Column("gguf_sha256", String, nullable=False),
    Column("size_bytes", Integer, nullable=False),
    Column("report", Json, nullable=False),
    Column("reason", Text, nullable=False),
    Column("created_at", Float, nullable=False),
    Index("ix_releases_state", "state"),
    sqlite_autoincrement=True,
)

TRAFFIC = Table(
    "traffic",
    METADATA,
    Column("function", String, primary_key=True),
    Column("champion", String, nullable=False),
    Column("candidate", String),
    Column("share", Float, nullable=False),
    Column("shadow", Boolean, nullable=False),
    Column("since", Float, nullable=False),
)

EVENTS = Table(
    "events",
    METADATA,
    Column("id", Integer, primary_key=True),
    Column("at", Float, nullable=False),
    Column("function", String, nullable=False),
    Column("variant", String, nullable=False),
    Column("event", String, nullable=False),
    Column("student_share", Float, nullable=False),
    Column("reason", Text, nullable=False),
    Index("ix_events_function", "function"),
)

API_KEYS = Table(
    "api_keys",
    METADATA,
    Column("id", String, primary_key=True),
    Column("name", String, nullable=False),
    Column("scopes", Json, nullable=False),
    Column("digest", String, nullable=False, unique=True),
    Column("created_at", Float, nullable=False),
    Column("revoked_at", Float),
)
