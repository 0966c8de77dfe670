"""Rounds whose approval goes on in portions."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from cohost.store.tables import Instant

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("match_rounds", sa.Column("approving", sa.JSON(none_as_null=True)))
    op.add_column("match_rounds", sa.Column("approving_due", Instant()))


def downgrade() -> None:
    op.drop_column("match_rounds", "approving_due")
    op.drop_column("match_rounds", "approving")
