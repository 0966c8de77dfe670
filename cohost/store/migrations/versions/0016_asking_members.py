"""Questions that are put to members first; their drafts wait."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from cohost.store.tables import Instant

revision = "0016"
down_revision = "0014"
branch_labels = None
depends_on = None

REFERS_TO = {
    "community_id": "communities",
    "question_id": "requests",
    "answer_id": "suggestions",
    "request_id": "requests",
}


def upgrade() -> None:
    op.add_column("suggestions", sa.Column("held_until", Instant(), nullable=True))
    op.create_table(
        "askings",
        sa.Column("id", sa.String(), nullable=False),
        *(sa.Column(name, sa.String(), nullable=False) for name in REFERS_TO),
        sa.Column("space_id", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("look", sa.Boolean(), nullable=False),
        sa.Column("until", Instant(), nullable=False),
        sa.Column("asked_at", Instant(), nullable=False),
        *(
            sa.ForeignKeyConstraint([name], [f"{table}.id"], name=op.f(f"fk_askings_{name}"), ondelete="CASCADE")
            for name, table in REFERS_TO.items()
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_askings")),
    )
    op.create_index("ix_askings_state", "askings", ["state"])
    op.create_index("ix_askings_answer_id", "askings", ["answer_id"])


def downgrade() -> None:
    op.drop_table("askings")
    op.drop_column("suggestions", "held_until")  # no batch: it would rebuild the table
