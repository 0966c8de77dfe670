"""Connectors by webhook, inbound hooks, and the messages these have seen."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from cohost.store.tables import Instant

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "connectors",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("community_id", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("find_url", sa.Text(), nullable=True),
        sa.Column("proves", sa.String(), nullable=False),
        sa.Column("can_reverse", sa.Boolean(), nullable=False),
        sa.Column("max_characters", sa.Integer(), nullable=False),
        sa.Column("sealed_secret", sa.Text(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("notice", sa.Text(), nullable=False),
        sa.Column("created_at", Instant(), nullable=False),
        sa.ForeignKeyConstraint(
            ["community_id"], ["communities.id"], name=op.f("fk_connectors_community_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_connectors")),
        sa.UniqueConstraint("community_id", "name", name=op.f("uq_connectors_community_id_name")),
    )
    op.create_table(
        "hooks",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("community_id", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("sealed_secret", sa.Text(), nullable=False),
        sa.Column("created_at", Instant(), nullable=False),
        sa.Column("revoked_at", Instant(), nullable=True),
        sa.ForeignKeyConstraint(
            ["community_id"], ["communities.id"], name=op.f("fk_hooks_community_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_hooks")),
    )
    op.create_table(
        "hook_messages",
        sa.Column("hook_id", sa.String(), nullable=False),
        sa.Column("message_id", sa.String(), nullable=False),
        sa.Column("community_id", sa.String(), nullable=False),
        sa.Column("received_at", Instant(), nullable=False),
        sa.ForeignKeyConstraint(
            ["community_id"], ["communities.id"], name=op.f("fk_hook_messages_community_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["hook_id"], ["hooks.id"], name=op.f("fk_hook_messages_hook_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("hook_id", "message_id", name=op.f("pk_hook_messages")),
    )
    op.create_index("ix_hook_messages_received_at", "hook_messages", ["received_at"], unique=False)


def downgrade() -> None:
    op.drop_index("ix_hook_messages_received_at", table_name="hook_messages")
    op.drop_table("hook_messages")
    op.drop_table("hooks")
    op.drop_table("connectors")
