"""What is known of an answer after it was published, and what members say of it."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from cohost.store.tables import Instant

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("suggestions", sa.Column("corrects", sa.String(), nullable=True))
    op.add_column("suggestions", sa.Column("outdated_at", Instant(), nullable=True))
    op.add_column("suggestions", sa.Column("verified_at", Instant(), nullable=True))
    op.create_index("ix_suggestions_corrects", "suggestions", ["corrects"])
    op.create_table(
        "feedback",
        sa.Column("community_id", sa.String(), nullable=False),
        sa.Column("question_id", sa.String(), nullable=False),
        sa.Column("suggestion_id", sa.String(), nullable=False),
        sa.Column("member_id", sa.String(), nullable=False),
        sa.Column("opinion", sa.String(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("seen", sa.Boolean(), nullable=False),
        sa.Column("at", Instant(), nullable=False),
        sa.ForeignKeyConstraint(
            ["community_id"], ["communities.id"], name=op.f("fk_feedback_community_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["question_id"], ["requests.id"], name=op.f("fk_feedback_question_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["suggestion_id"], ["suggestions.id"], name=op.f("fk_feedback_suggestion_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("suggestion_id", "member_id", name=op.f("pk_feedback")),
    )
    op.create_index("ix_feedback_question_id", "feedback", ["question_id"])


def downgrade() -> None:
    op.drop_table("feedback")
    op.drop_index("ix_suggestions_corrects", "suggestions")
    for column in ("verified_at", "outdated_at", "corrects"):
        op.drop_column(
            "suggestions", column
        )  # no batch: it would rebuild the table, and lose the rows that refer to it
