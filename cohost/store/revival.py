"""Rows of a restored database that would act on what has passed since: made harmless before any worker sees them."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path

import sqlalchemy as sa

from cohost.store import fulltext, sources
from cohost.store.engine import Tx
from cohost.store.tables import ingestions, publications, spaces, suggestions

LOST = "The upload was not part of the backup. Please upload it again."


def settle_outbox(tx: Tx) -> None:
    """What was due may have been sent since: workers take it up like a send whose reply was lost.

    Then a platform that can be asked is asked, one that knows keys gets the same key again, and of any other a host is
    asked to look.
    """
    due = publications.c.status == "approved"
    waiting = sa.select(publications.c.suggestion_id).where(due)
    tx.execute(
        suggestions.update().where(suggestions.c.id.in_(waiting), suggestions.c.status == "approved")
        .values(status="publishing")
    )  # fmt: skip
    tx.execute(
        publications.update().where(due).values(
            status="publishing", claimed_until=publications.c.available_at, attempts=publications.c.attempts + 1
        )
    )  # fmt: skip


def settle_uploads(tx: Tx, folder: Path, there: Collection[str]) -> None:
    """Uploads that wait lie in this home's folder now; of those that were not kept, say so."""
    open_ones = sa.select(ingestions).where(ingestions.c.status.in_(["waiting", "running"]))
    for row in tx.execute(open_ones).all():
        name = Path(row.path or "").name
        values = {"status": "waiting", "path": str(folder / name)} if name in there else _failed()
        tx.execute(ingestions.update().where(ingestions.c.id == row.id).values(values))


def waiting_uploads(tx: Tx) -> list[str]:
    """Paths of uploads that are not read yet."""
    return [path for path in tx.execute(sa.select(ingestions.c.path)).scalars() if path]


def rebuild_fulltext(tx: Tx) -> list[int]:
    """Fill the empty full-text index of all communities; the keys of all spaces."""
    pks = list(tx.execute(sa.select(spaces.c.pk)).scalars())
    for pk in pks:
        fulltext.add(tx, pk, sources.indexed_texts(tx, pk))
    tx.execute(spaces.update().values(version=spaces.c.version + 1))  # resident copies are of another database
    return pks


def _failed() -> dict[str, object]:
    return {"status": "failed", "path": None, "message": LOST, "claimed_until": None}
