"""How much waits, for a worker, a person or a platform; and what models cost. For operators: never an error."""

from __future__ import annotations

from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.exc import SQLAlchemyError

from cohost.errors import CohostError
from cohost.store import spend
from cohost.store.engine import Store, Tx
from cohost.store.tables import publications, requests, suggestions


@dataclass(frozen=True)
class Depths:
    """Rows of all communities."""

    requests_waiting: int  # that no worker has taken yet
    suggestions_pending: int  # that wait for a person
    outbox: int  # approved messages not yet sent


def depths(store: Store) -> Depths | None:
    """As they are now; None when the database does not tell."""
    try:
        with store.read() as tx:
            return Depths(
                _count(tx, requests, "waiting"),
                _count(tx, suggestions, "pending"),
                _count(tx, publications, "approved", "publishing"),
            )
    except (SQLAlchemyError, CohostError):
        return None


def spent(store: Store) -> list[spend.JobSpend] | None:
    """What each job used of models, in all communities; None when the database does not tell."""
    try:
        with store.read() as tx:
            return spend.by_job(tx)
    except (SQLAlchemyError, CohostError):
        return None


def _count(tx: Tx, table: sa.Table, *statuses: str) -> int:
    query = sa.select(sa.func.count()).select_from(table).where(table.c.status.in_(statuses))
    return int(tx.execute(query).scalar_one())
