"""What members let their posts be used for, who was erased, and which suggestions lost their texts by it."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from cohost.store.tables import Instant

revision = "0005"
down_revision = "0003"
branch_labels = None
depends_on = None

SWITCHES = ("posts_in_answers", "posts_in_matching", "posts_in_insights")


def upgrade() -> None:
    # plain ADD COLUMN on both databases: a batch would rebuild `members`, and with it lose the rows that refer to it
    for name in SWITCHES:
        op.add_column("members", sa.Column(name, sa.Boolean(), server_default=sa.true(), nullable=False))
    op.add_column("suggestions", sa.Column("erased_at", Instant(), nullable=True))
    op.create_table(
        "erasures",
        sa.Column("community_id", sa.String(), nullable=False),
        sa.Column("member_id", sa.String(), nullable=False),
        sa.Column("erased_at", Instant(), nullable=False),
        sa.Column("leftovers", sa.JSON(), nullable=True),
        sa.ForeignKeyConstraint(
            ["community_id"], ["communities.id"], name=op.f("fk_erasures_community_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("community_id", "member_id", name=op.f("pk_erasures")),
    )
    # the rationale named titles of sources that are gone
    op.execute("UPDATE suggestions SET rationale = '' WHERE status = 'withdrawn'")


def downgrade() -> None:
    op.drop_table("erasures")
    op.drop_column("suggestions", "erased_at")
    for name in reversed(SWITCHES):
        op.drop_column("members", name)
