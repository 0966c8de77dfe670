"""The full-text index: FTS5 on SQLite, tsvector on PostgreSQL, in the same transaction as the chunks.

The space is a token of its own inside the index (`s12`), so a search touches only rows of allowed spaces: measured at
100,000 chunks, a join for permissions cost four times as much.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

import sqlalchemy as sa

from cohost.store.common_words import without_common
from cohost.store.engine import Tx
from cohost.store.tables import spaces

TITLE_WEIGHT, HEADINGS_WEIGHT, BODY_WEIGHT = 2.0, 1.5, 1.0  # a word of the title says more than one of the body

CREATE = {
    "sqlite": (
        "CREATE VIRTUAL TABLE chunk_text USING fts5("
        "title, headings, body, space, tokenize = 'porter unicode61 remove_diacritics 2')",
    ),
    "postgresql": (
        "CREATE TABLE chunk_text ("
        "chunk_pk BIGINT PRIMARY KEY REFERENCES chunks(pk) ON DELETE CASCADE, words TSVECTOR NOT NULL)",
        "CREATE INDEX ix_chunk_text_words ON chunk_text USING GIN (words)",
    ),
}
# PostgreSQL's parser takes pd.read_csv for a host and keeps it whole; FTS5 cuts at these signs, and so do both now.
_SIGNS = "'._:/-', '     '"


def _labelled(field: str, label: str) -> str:
    """Words with a label; what has none (D: the space) weighs nothing in the ranking."""
    return f"setweight(to_tsvector('english', translate(:{field}, {_SIGNS})), '{label}')"


_INSERT = {
    "sqlite": "INSERT INTO chunk_text (rowid, title, headings, body, space) VALUES (:pk, :title, :headings, :body, :space)",
    "postgresql": (
        f"INSERT INTO chunk_text (chunk_pk, words) VALUES (:pk, {_labelled('title', 'A')} || {_labelled('headings', 'B')}"  # noqa: S608
        f" || {_labelled('body', 'C')} || to_tsvector('simple', :space))"
    ),
}
_DELETE = {
    "sqlite": "DELETE FROM chunk_text WHERE rowid IN :pks",
    "postgresql": "DELETE FROM chunk_text WHERE chunk_pk IN :pks",
}
_SEARCH = {
    "sqlite": (
        f"SELECT rowid AS pk, -bm25(chunk_text, {TITLE_WEIGHT}, {HEADINGS_WEIGHT}, {BODY_WEIGHT}, 0.0) AS score"  # noqa: S608  our own numbers
        " FROM chunk_text WHERE chunk_text MATCH :query ORDER BY score DESC, rowid LIMIT :limit"
    ),
    # the 1 divides by 1 + log(length): the closest to BM25 of the built-in normalisations
    "postgresql": (
        "SELECT chunk_pk AS pk, ts_rank(CAST(:weights AS real[]), words, CAST(:terms AS tsquery), 1) AS score FROM chunk_text"
        " WHERE words @@ CAST(:query AS tsquery) ORDER BY score DESC, chunk_pk LIMIT :limit"
    ),
}
_POSTGRES_WEIGHTS = [0.0, BODY_WEIGHT / 2, HEADINGS_WEIGHT / 2, TITLE_WEIGHT / 2]  # for labels D, C, B, A


@dataclass(frozen=True)
class IndexedText:
    """What the full-text index holds of one chunk."""

    chunk_pk: int
    title: str
    headings: str
    body: str


def add(tx: Tx, space_pk: int, rows: Iterable[IndexedText]) -> None:
    """Index chunks of one space."""
    values = [
        {"pk": r.chunk_pk, "title": r.title, "headings": r.headings, "body": r.body, "space": _space_token(space_pk)}
        for r in rows
    ]
    if values:
        tx.execute(sa.text(_INSERT[tx.dialect.name]), values)


def remove(tx: Tx, chunk_pks: Collection[int]) -> None:
    """Take chunks out."""
    if chunk_pks:
        statement = sa.text(_DELETE[tx.dialect.name]).bindparams(sa.bindparam("pks", expanding=True))
        tx.execute(statement, {"pks": list(chunk_pks)})


def search(tx: Tx, terms: Sequence[str], space_pks: Collection[int], *, limit: int) -> list[tuple[int, float]]:
    """Chunk keys holding any of `terms` in the given spaces, with a score above 0, best first.

    A term is a word, or several in a row such as `pd.read_csv`.
    """
    if not terms or not space_pks:
        return []
    run = _search_sqlite if tx.dialect.name == "sqlite" else _search_postgres
    return run(tx, without_common(tx, terms, space_pks), _where(tx, space_pks), limit)


def compact(tx: Tx) -> None:
    """Rewrite the index so that deleted words leave the file (SQLite keeps them in old segments)."""
    if tx.dialect.name == "sqlite":
        tx.exec_driver_sql("INSERT INTO chunk_text (chunk_text) VALUES ('optimize')")


def _space_token(space_pk: int) -> str:
    return f"s{space_pk}"


@dataclass(frozen=True)
class _Where:
    """Which spaces are searched: those named, or all but those."""

    tokens: tuple[str, ...]
    without: bool


def _where(tx: Tx, space_pks: Collection[int]) -> _Where:
    """Whichever is shorter: each token named is looked up for every row that is found."""
    others = sa.select(spaces.c.pk).where(spaces.c.pk.not_in(space_pks)).limit(len(space_pks))
    left_out = list(tx.execute(others).scalars())
    if len(left_out) < len(space_pks):
        return _Where(tuple(map(_space_token, left_out)), without=True)
    return _Where(tuple(map(_space_token, sorted(space_pks))), without=False)


def _search_sqlite(tx: Tx, terms: Sequence[str], where: _Where, limit: int) -> list[tuple[int, float]]:
    words = " OR ".join('"' + term.replace('"', '""') + '"' for term in terms)
    query = f"{{title headings body}} : ({words})"
    if where.tokens:
        here = f"space : ({' OR '.join(where.tokens)})"
        query = f"({query}) NOT {here}" if where.without else f"{here} AND {query}"
    rows = tx.execute(sa.text(_SEARCH["sqlite"]), {"query": query, "limit": limit})
    return [(int(row.pk), float(row.score)) for row in rows]


def _search_postgres(tx: Tx, terms: Sequence[str], where: _Where, limit: int) -> list[tuple[int, float]]:
    # stems each term by itself, one of several parts as a phrase; an all-stop-word query is empty and finds nothing
    build = (
        "SELECT CAST(string_agg(CAST(q AS text), ' | ') AS text) FROM ("  # noqa: S608  our own words
        f"SELECT phraseto_tsquery('english', translate(w, {_SIGNS})) AS q"
        " FROM unnest(CAST(:terms AS text[])) AS w) AS x WHERE numnode(q) > 0"
    )
    words = tx.execute(sa.text(build), {"terms": list(terms)}).scalar_one()
    if not words:
        return []
    query = f"({words})"
    if where.tokens:
        query += f" & {'!' if where.without else ''}({' | '.join(where.tokens)})"
    values = {"weights": _POSTGRES_WEIGHTS, "terms": words, "query": query, "limit": limit}
    rows = tx.execute(sa.text(_SEARCH["postgresql"]), values)
    return [(int(row.pk), float(row.score)) for row in rows]
