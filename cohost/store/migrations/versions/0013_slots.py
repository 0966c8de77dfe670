"""The calendar of discussion prompts."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from cohost.store.tables import Instant

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "slots",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("community_id", sa.String(), nullable=False),
        sa.Column("space_id", sa.String(), nullable=False),
        sa.Column("at", Instant(), nullable=False),
        sa.Column("theme", sa.Text(), nullable=False),
        sa.Column("format", sa.String(), nullable=False),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("request_id", sa.String()),
        sa.ForeignKeyConstraint(
            ["community_id"], ["communities.id"], name=op.f("fk_slots_community_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["request_id"], ["requests.id"], name=op.f("fk_slots_request_id"), ondelete="SET NULL"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_slots")),
    )
    op.create_index("ix_slots_at", "slots", ["status", "at"])
    op.create_index("ix_slots_space", "slots", ["community_id", "space_id", "at"])


def downgrade() -> None:
    op.drop_table("slots")
