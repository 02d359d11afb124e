"""Under which version of its prompt the teacher was asked."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    op.add_column("inferences", sa.Column("prompt_version", sa.Text(), nullable=True))
