"""Words that stand in so many chunks that looking for them costs much and tells little."""

from __future__ import annotations

from collections.abc import Collection, Sequence

import sqlalchemy as sa

from cohost.store.engine import Tx

LARGE = 20_000  # chunks in the spaces searched; below it every word is looked for
COMMON = (
    0.05  # of all chunks of the database: such a word ranks little, and finding its chunks is nearly all of the work
)
ENOUGH = 2  # rarer words that must be left, or all are looked for

# counting stops at the limit, so that the commonest word costs no more than any other common one
_COUNT = {
    "sqlite": "SELECT count(*) FROM (SELECT 1 FROM chunk_text WHERE chunk_text MATCH :word LIMIT :limit)",
    "postgresql": (
        "SELECT count(*) FROM (SELECT 1 FROM chunk_text"
        " WHERE words @@ plainto_tsquery('english', :word) LIMIT :limit) AS found"
    ),
}
# at least as many as there are, and two looks instead of a count
_ALL = "SELECT coalesce((SELECT max(pk) FROM chunks) - (SELECT min(pk) FROM chunks) + 1, 0)"
_SEARCHED = "SELECT count(*) FROM (SELECT 1 FROM chunks WHERE space_pk IN :spaces LIMIT :limit) AS found"


def without_common(tx: Tx, terms: Sequence[str], space_pks: Collection[int], *, large: int = LARGE) -> list[str]:
    """The terms that stand in few chunks, in order, where many chunks are searched and enough of the terms are left."""
    if len(terms) <= ENOUGH or _searched(tx, space_pks, large) < large:
        return list(terms)
    limit = max(1, int(COMMON * tx.execute(sa.text(_ALL)).scalar_one()))
    rare = [term for term in terms if _count(tx, term, limit) < limit]
    return rare if len(rare) >= ENOUGH else list(terms)


def _searched(tx: Tx, space_pks: Collection[int], limit: int) -> int:
    counting = sa.text(_SEARCHED).bindparams(sa.bindparam("spaces", expanding=True))
    return int(tx.execute(counting, {"spaces": sorted(space_pks), "limit": limit}).scalar_one())


def _count(tx: Tx, term: str, limit: int) -> int:
    quoted = '{title headings body} : "' + term.replace('"', '""') + '"'
    values = {"word": quoted if tx.dialect.name == "sqlite" else term, "limit": limit}
    return int(tx.execute(sa.text(_COUNT[tx.dialect.name]), values).scalar_one())
