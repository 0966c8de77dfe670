"""PostgreSQL: words of a chunk's body count in the ranking, and names with signs in them are indexed in parts."""

from __future__ import annotations

from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

# As `fulltext` writes a row now; the body had no label, and what has none weighs nothing.
NOW = "setweight(to_tsvector('english', translate({text}, '._:/-', '     ')), '{label}')"
BEFORE = {
    "A": "setweight(to_tsvector('english', {text}), 'A')",
    "B": "setweight(to_tsvector('english', {text}), 'B')",
    "C": "to_tsvector('english', {text})",
}
HEADINGS = "coalesce((SELECT string_agg(h, ' ') FROM json_array_elements_text(chunks.headings) AS h), '')"
TEXTS = {"A": "sources.title", "B": HEADINGS, "C": "chunks.text"}


def upgrade() -> None:
    _rewrite({label: NOW for label in TEXTS})


def downgrade() -> None:
    _rewrite(BEFORE)


def _rewrite(form: dict[str, str]) -> None:
    """From the rows that the index is derived from; SQLite's index did not change."""
    if op.get_bind().dialect.name != "postgresql":
        return
    words = " || ".join(form[label].format(text=text, label=label) for label, text in TEXTS.items())
    op.execute(
        f"UPDATE chunk_text SET words = {words} || to_tsvector('simple', 's' || chunks.space_pk)"  # noqa: S608  our own words
        " FROM chunks JOIN sources ON sources.pk = chunks.source_pk WHERE chunks.pk = chunk_text.chunk_pk"
    )
