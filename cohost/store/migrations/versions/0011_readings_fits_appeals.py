"""What moderation read, what a community's decisions taught it, and appeals."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from cohost.store.tables import Instant

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def _community(table: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        ["community_id"], ["communities.id"], name=op.f(f"fk_{table}_community_id"), ondelete="CASCADE"
    )


def upgrade() -> None:
    op.create_table(
        "readings",
        sa.Column("community_id", sa.String(), nullable=False),
        sa.Column("space_id", sa.String(), nullable=False),
        sa.Column("source_id", sa.String(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("author_id", sa.String()),
        sa.Column("target_id", sa.String()),
        sa.Column("category", sa.String(), nullable=False),
        sa.Column("excess", sa.Float()),
        sa.Column("spans", sa.JSON(), nullable=False),
        sa.Column("outcome", sa.String(), nullable=False),
        sa.Column("at", Instant(), nullable=False),
        _community("readings"),
        sa.PrimaryKeyConstraint("community_id", "space_id", "source_id", name=op.f("pk_readings")),
    )
    op.create_index("ix_readings_at", "readings", ["community_id", "at"])
    op.create_table(
        "moderation_fits",
        sa.Column("community_id", sa.String(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("at", Instant(), nullable=False),
        sa.Column("bars", sa.JSON(), nullable=False),
        sa.Column("learned", sa.JSON(), nullable=False),
        sa.Column("posts", sa.Integer(), nullable=False),
        sa.Column("decisions", sa.Integer(), nullable=False),
        _community("moderation_fits"),
        sa.PrimaryKeyConstraint("community_id", "version", name=op.f("pk_moderation_fits")),
    )
    _create_appeals()


def _create_appeals() -> None:
    op.create_table(
        "appeals",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("community_id", sa.String(), nullable=False),
        sa.Column("suggestion_id", sa.String(), nullable=False),
        sa.Column("member_id", sa.String(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("made_at", Instant(), nullable=False),
        sa.Column("verdict", sa.String(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("decided_by", sa.String()),
        sa.Column("by_same", sa.Boolean(), nullable=False),
        sa.Column("decided_at", Instant()),
        _community("appeals"),
        sa.ForeignKeyConstraint(
            ["suggestion_id"], ["suggestions.id"], name=op.f("fk_appeals_suggestion_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_appeals")),
        sa.UniqueConstraint("suggestion_id", name=op.f("uq_appeals_suggestion_id")),
    )


def downgrade() -> None:
    op.drop_table("appeals")
    op.drop_table("moderation_fits")
    op.drop_index("ix_readings_at", "readings")
    op.drop_table("readings")
