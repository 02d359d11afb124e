"""The nouns of the journey: what version 0.1 stores."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    op.create_table(
        "datasets",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("folder", sa.String(), nullable=False),
        sa.Column("functions", sa.Text(), nullable=False),
        sa.Column("trace_ids", sa.Text(), nullable=False),
        sa.Column("counts", sa.Text(), nullable=False),
        sa.Column("skipped", sa.Text(), nullable=False),
        sa.Column("created_at", sa.Float(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_datasets")),
    )
    op.create_table(
        "events",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("at", sa.Float(), nullable=False),
        sa.Column("function", sa.String(), nullable=False),
        sa.Column("variant", sa.String(), nullable=False),
        sa.Column("event", sa.String(), nullable=False),
        sa.Column("student_share", sa.Float(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_events")),
    )
    op.create_index("ix_events_function", "events", ["function"], unique=False)
    op.create_table(
        "feedback",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("inference", sa.String(), nullable=True),
        sa.Column("episode", sa.String(), nullable=True),
        sa.Column("user", sa.String(), nullable=False),
        sa.Column("confidence", sa.Float(), nullable=False),
        sa.Column("created_at", sa.Float(), nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_feedback")),
        sa.UniqueConstraint("key", name=op.f("uq_feedback_key")),
    )
    op.create_index("ix_feedback_episode", "feedback", ["episode"], unique=False)
    op.create_index("ix_feedback_inference", "feedback", ["inference"], unique=False)
    op.create_index("ix_feedback_name", "feedback", ["name", "created_at"], unique=False)
    op.create_table(
        "texts",
        sa.Column("hash", sa.String(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("hash", name=op.f("pk_texts")),
    )
    op.create_table(
        "traffic",
        sa.Column("function", sa.String(), nullable=False),
        sa.Column("champion", sa.String(), nullable=False),
        sa.Column("candidate", sa.String(), nullable=True),
        sa.Column("share", sa.Float(), nullable=False),
        sa.Column("shadow", sa.Boolean(), nullable=False),
        sa.Column("since", sa.Float(), nullable=False),
        sa.PrimaryKeyConstraint("function", name=op.f("pk_traffic")),
    )
    op.create_table(
        "inferences",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("function", sa.String(), nullable=False),
        sa.Column("episode", sa.String(), nullable=False),
        sa.Column("user", sa.String(), nullable=False),
        sa.Column("variant", sa.String(), nullable=False),
        sa.Column("propensity", sa.Float(), nullable=False),
        sa.Column("system", sa.String(), nullable=False),
        sa.Column("messages", sa.Text(), nullable=False),
        sa.Column("answer", sa.Text(), nullable=False),
        sa.Column("thinking", sa.Text(), nullable=True),
        sa.Column("reasoning_kind", sa.String(), nullable=False),
        sa.Column("stop_reason", sa.String(), nullable=False),
        sa.Column("input_tokens", sa.Integer(), nullable=False),
        sa.Column("output_tokens", sa.Integer(), nullable=False),
        sa.Column("model", sa.String(), nullable=False),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("latency_s", sa.Float(), nullable=False),
        sa.Column("cost_usd", sa.Float(), nullable=False),
        sa.Column("prompt_hash", sa.String(), nullable=False),
        sa.Column("config_hash", sa.String(), nullable=False),
        sa.Column("created_at", sa.Float(), nullable=False),
        sa.Column("fallback_from", sa.String(), nullable=True),
        sa.Column("error", sa.Text(), nullable=False),
        sa.Column("shadow", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["system"], ["texts.hash"], name=op.f("fk_inferences_system")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_inferences")),
    )
    op.create_index("ix_inferences_episode", "inferences", ["episode"], unique=False)
    op.create_index(
        "ix_inferences_function", "inferences", ["function", "created_at"], unique=False
    )
    op.create_table(
        "runs",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("learner", sa.String(), nullable=False),
        sa.Column("dataset", sa.String(), nullable=False),
        sa.Column("config_hash", sa.String(), nullable=False),
        sa.Column("seed", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("folder", sa.String(), nullable=False),
        sa.Column("metrics", sa.Text(), nullable=False),
        sa.Column("created_at", sa.Float(), nullable=False),
        sa.Column("error", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["dataset"], ["datasets.id"], name=op.f("fk_runs_dataset")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_runs")),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "releases",
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("run", sa.Integer(), nullable=False),
        sa.Column("functions", sa.Text(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("gguf", sa.String(), nullable=True),
        sa.Column("gguf_sha256", sa.String(), nullable=False),
        sa.Column("size_bytes", sa.Integer(), nullable=False),
        sa.Column("report", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("created_at", sa.Float(), nullable=False),
        sa.ForeignKeyConstraint(["run"], ["runs.id"], name=op.f("fk_releases_run")),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_releases")),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_releases_state", "releases", ["state"], unique=False)
    op.create_table(
        "traces",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("function", sa.String(), nullable=False),
        sa.Column("system", sa.String(), nullable=False),
        sa.Column("messages", sa.Text(), nullable=False),
        sa.Column("thinking", sa.Text(), nullable=False),
        sa.Column("answer", sa.Text(), nullable=False),
        sa.Column("reasoning_kind", sa.String(), nullable=False),
        sa.Column("teacher", sa.String(), nullable=False),
        sa.Column("training_permission", sa.String(), nullable=False),
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("family", sa.String(), nullable=False),
        sa.Column("created_at", sa.Float(), nullable=False),
        sa.Column("inference", sa.String(), nullable=True),
        sa.Column("input_tokens", sa.Integer(), nullable=False),
        sa.Column("output_tokens", sa.Integer(), nullable=False),
        sa.Column("behaviour", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["inference"], ["inferences.id"], name=op.f("fk_traces_inference")),
        sa.ForeignKeyConstraint(["system"], ["texts.hash"], name=op.f("fk_traces_system")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_traces")),
    )
    op.create_index("ix_traces_inference", "traces", ["inference"], unique=False)
    op.create_index("ix_traces_source", "traces", ["source", "created_at"], unique=False)
