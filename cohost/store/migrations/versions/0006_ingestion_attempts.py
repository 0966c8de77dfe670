"""How often a worker began with an ingestion: what ends its reader every time is given up."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("ingestions", sa.Column("attempts", sa.Integer(), nullable=False, server_default="0"))


def downgrade() -> None:
    # Not in batch mode: that makes the table anew, and dropping the old one would take the outcomes of all files along.
    op.drop_column("ingestions", "attempts")
