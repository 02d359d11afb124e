"""Behind which trace a run's dataset ends; NULL for the runs of before."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    op.add_column("runs", sa.Column("traces_end", sa.Integer(), nullable=True))
