"""Versions of the Big Purpose, and themes of months and weeks."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from cohost.store.tables import Instant

revision = "0014"
down_revision = "0018"
branch_labels = None
depends_on = None


def upgrade() -> None:
    purposes = op.create_table(
        "purposes",
        sa.Column("community_id", sa.String(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("statement", sa.JSON(), nullable=False),
        sa.Column("made_by", sa.String()),
        sa.Column("made_at", Instant()),
        sa.Column("restored_from", sa.Integer()),
        sa.ForeignKeyConstraint(
            ["community_id"], ["communities.id"], name=op.f("fk_purposes_community_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("community_id", "version", name=op.f("pk_purposes")),
    )
    _keep_what_holds_now(purposes)
    op.create_table(
        "themes",
        sa.Column("community_id", sa.String(), nullable=False),
        sa.Column("period", sa.String(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["community_id"], ["communities.id"], name=op.f("fk_themes_community_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("community_id", "period", name=op.f("pk_themes")),
    )
    op.add_column("slots", sa.Column("named", sa.Boolean(), nullable=False, server_default=sa.true()))


def _keep_what_holds_now(purposes: sa.Table) -> None:
    """The first version that can be read and restored is the one in use; who wrote it was not kept."""
    communities = sa.table("communities", sa.column("id", sa.String()), sa.column("big_purpose", sa.JSON()))
    rows = [
        {"community_id": row.id, "version": row.big_purpose["version"], "statement": row.big_purpose}
        for row in op.get_bind().execute(sa.select(communities))
        if row.big_purpose.get("version")
    ]
    op.bulk_insert(purposes, rows)


def downgrade() -> None:
    op.drop_column("slots", "named")
    op.drop_table("themes")
    op.drop_table("purposes")
