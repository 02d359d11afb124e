"""What an answer was besides text: citations, blocks and events of no known kind."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    op.add_column("inferences", sa.Column("aside", sa.Text(), nullable=False, server_default=""))
