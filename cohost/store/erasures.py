"""Who was erased, and what of them is still to be cleaned away outside the rows."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from cohost.errors import Conflict
from cohost.store import people
from cohost.store.engine import Tx
from cohost.store.tables import erasures


@dataclass(frozen=True)
class Erased:
    """One erasure: ids and a time, nothing else."""

    community_id: str
    member_id: str
    at: datetime


@dataclass(frozen=True)
class Leftovers:
    """What outlives the rows: stored uploads, and vectors in indexes beside the database."""

    uploads: tuple[str, ...] = ()  # file names in the folder of uploads
    space_pks: tuple[int, ...] = ()


def record(tx: Tx, erased: Erased, left: Leftovers) -> None:
    """Note an erasure whose bytes are not cleaned away yet; a second one of the same id replaces the first."""
    where = (erasures.c.community_id == erased.community_id) & (erasures.c.member_id == erased.member_id)
    tx.execute(erasures.delete().where(where))
    tx.execute(
        erasures.insert().values(
            community_id=erased.community_id, member_id=erased.member_id, erased_at=erased.at, leftovers=asdict(left)
        )
    )


def unfinished(tx: Tx) -> list[tuple[Erased, Leftovers]]:
    """Erasures of all communities whose bytes are not cleaned away yet."""
    rows = tx.execute(sa.select(erasures).order_by(erasures.c.erased_at))
    return [(_erased(row), _leftovers(row.leftovers)) for row in rows if row.leftovers is not None]


def finished(tx: Tx, done: Erased) -> None:
    """Nothing of it is left."""
    where = (erasures.c.community_id == done.community_id) & (erasures.c.member_id == done.member_id)
    tx.execute(erasures.update().where(where, erasures.c.erased_at == done.at).values(leftovers=None))


def everyone(tx: Tx) -> list[Erased]:
    """All erasures of all communities, oldest first."""
    return [_erased(row) for row in tx.execute(sa.select(erasures).order_by(erasures.c.erased_at))]


def is_there(tx: Tx) -> bool:
    """Whether the database has a list at all: an older one has none."""
    return erasures.name in sa.inspect(tx).get_table_names()


def communities(tx: Tx) -> set[str]:
    """Ids of the communities that are here."""
    return {community.id for community in people.all_communities(tx)}


def is_gone(tx: Tx, community_id: str, member_id: str | None) -> bool:
    """Whether this person was erased and has not come back since; a present one stays until the transaction ends."""
    if member_id is None or people.hold(tx, community_id, member_id):
        return False
    where = (erasures.c.community_id == community_id) & (erasures.c.member_id == member_id)
    return tx.execute(sa.select(erasures.c.member_id).where(where)).one_or_none() is not None


def refuse_gone(tx: Tx, community_id: str, member_id: str | None) -> None:
    """Raise Conflict when this person was erased: what they wrote must not come back, by a late sync say."""
    if is_gone(tx, community_id, member_id):
        raise Conflict(
            f"Member {member_id!r} was erased, and what they wrote with them. If they came back, put the member first."
        )


def _erased(row: sa.Row[Any]) -> Erased:
    return Erased(row.community_id, row.member_id, row.erased_at)


def _leftovers(stored: dict[str, Any]) -> Leftovers:
    return Leftovers(tuple(stored["uploads"]), tuple(stored["space_pks"]))
