"""How sure the model was of its tokens, where the upstream gave log-probabilities."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    op.add_column("inferences", sa.Column("confidence", sa.Text(), nullable=True))
