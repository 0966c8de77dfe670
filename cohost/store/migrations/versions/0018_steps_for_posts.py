"""Posts that a decision keeps out of sight, and platforms that carry out such steps."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "asides",
        sa.Column("source_pk", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("suggestion_id", sa.String(), nullable=False),
        sa.Column("community_id", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["source_pk"], ["sources.pk"], name=op.f("fk_asides_source_pk"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(
            ["suggestion_id"], ["suggestions.id"], name=op.f("fk_asides_suggestion_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["community_id"], ["communities.id"], name=op.f("fk_asides_community_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("source_pk", "suggestion_id", name=op.f("pk_asides")),
    )
    op.create_index("ix_asides_suggestion_id", "asides", ["suggestion_id"])
    op.add_column("connectors", sa.Column("takes_steps", sa.Boolean(), nullable=False, server_default=sa.false()))


def downgrade() -> None:
    op.drop_column("connectors", "takes_steps")
    op.drop_table("asides")
