"""What tier 1 did with the order of an answer's items."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    op.add_column("inferences", sa.Column("ranking", sa.Text(), nullable=True))
