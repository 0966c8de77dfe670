"""Profiles of members, rounds of introductions, and invitations to them."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from cohost.store.tables import Instant

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def _foreign(table: str, columns: list[str], of: list[str]) -> sa.ForeignKeyConstraint:
    name = op.f(f"fk_{table}_{'_'.join(columns)}")
    return sa.ForeignKeyConstraint(columns, of, name=name, ondelete="CASCADE")


def upgrade() -> None:
    op.create_table(
        "profiles",
        sa.Column("community_id", sa.String(), nullable=False),
        sa.Column("member_id", sa.String(), nullable=False),
        sa.Column("fields", sa.JSON(), nullable=False),
        sa.Column("shown", sa.JSON(), nullable=False),
        sa.Column("purposes", sa.JSON(), nullable=False),
        sa.Column("updated_at", Instant(), nullable=False),
        _foreign("profiles", ["community_id"], ["communities.id"]),
        _foreign("profiles", ["community_id", "member_id"], ["members.community_id", "members.id"]),
        sa.PrimaryKeyConstraint("community_id", "member_id", name=op.f("pk_profiles")),
    )
    op.create_table(
        "match_rounds",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("community_id", sa.String(), nullable=False),
        sa.Column("asked", sa.JSON(), nullable=False),
        sa.Column("deadline", Instant(), nullable=False),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("left_out", sa.JSON(), nullable=False),
        sa.Column("made_at", Instant(), nullable=False),
        _foreign("match_rounds", ["community_id"], ["communities.id"]),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_match_rounds")),
    )
    op.create_index("ix_match_rounds_made", "match_rounds", ["community_id", "made_at"])
    _create_invitations()


def _create_invitations() -> None:
    op.create_table(
        "invitations",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("community_id", sa.String(), nullable=False),
        sa.Column("round_id", sa.String(), nullable=False),
        sa.Column("suggestion_id", sa.String(), nullable=False),
        sa.Column("member_id", sa.String(), nullable=False),
        sa.Column("answer", sa.String(), nullable=False),
        sa.Column("answered_at", Instant()),
        sa.Column("remind_at", Instant(), nullable=False),
        sa.Column("reminded_at", Instant()),
        sa.Column("closed_at", Instant()),
        sa.Column("exchanged_at", Instant()),
        sa.Column("outcome", sa.String(), nullable=False),
        sa.Column("again", sa.Boolean()),
        sa.Column("made_at", Instant(), nullable=False),
        _foreign("invitations", ["community_id"], ["communities.id"]),
        _foreign("invitations", ["round_id"], ["match_rounds.id"]),
        _foreign("invitations", ["suggestion_id"], ["suggestions.id"]),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_invitations")),
    )
    op.create_index("ix_invitations_round_id", "invitations", ["round_id"])
    op.create_index("ix_invitations_suggestion_id", "invitations", ["suggestion_id"])
    op.create_index("ix_invitations_closed_at", "invitations", ["closed_at"])
    op.create_index("ix_invitations_member", "invitations", ["community_id", "member_id"])


def downgrade() -> None:
    op.drop_table("invitations")
    op.drop_table("match_rounds")
    op.drop_table("profiles")
