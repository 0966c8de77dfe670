"""An index to find the suggestions that nobody decided in time."""

from __future__ import annotations

from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index("ix_suggestions_untouched", "suggestions", ["status", "updated_at"], unique=False)


def downgrade() -> None:
    op.drop_index("ix_suggestions_untouched", table_name="suggestions")
