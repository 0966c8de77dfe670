"""Rehearsals that the worker does piece by piece: how far they are, and numbers about posts, no words."""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Literal

import sqlalchemy as sa

from cohost.errors import NotFound
from cohost.store.engine import Tx
from cohost.store.sources import Since
from cohost.store.tables import rehearsals

LEASE = timedelta(minutes=5)  # of one piece; a worker that died gives it back after that
State = Literal["waiting", "running", "done", "failed"]


@dataclass(frozen=True)
class Near:
    """A post that comes near a flag: numbers alone, so that it may be kept while the words may go."""

    space_id: str
    source_id: str
    version: int
    category: str
    probability: float
    excess: float  # log-odds above the threshold
    start: int  # of the first marked span
    end: int
    newcomer: bool  # its author had joined less than a month before
    tokens: int  # that a second reader would be sent


@dataclass(frozen=True)
class Found:
    """What was read so far."""

    posts: int = 0
    newcomer_posts: int = 0
    near: tuple[Near, ...] = ()
    seconds: float = 0.0
    cpu_s: float = 0.0  # of the whole process: what else it did meanwhile counts as well
    last: Since | None = None  # the post that was read last


@dataclass(frozen=True)
class Rehearsal:
    """One, as far as it is."""

    id: str
    community_id: str
    total: int  # posts to be read
    status: State
    found: Found
    created_at: datetime
    finished_at: datetime | None = None


def add(tx: Tx, new: Rehearsal) -> None:
    """Store it; what an earlier one of the community found is not kept."""
    tx.execute(rehearsals.delete().where(rehearsals.c.community_id == new.community_id))
    tx.execute(rehearsals.insert().values(**_values(new)))


def claim(tx: Tx, now: datetime) -> Rehearsal | None:
    """The oldest that is to be gone on with, for this worker alone."""
    free = rehearsals.c.claimed_until.is_(None) | (rehearsals.c.claimed_until < now)
    due = rehearsals.c.status.in_(("waiting", "running")) & free
    query = sa.select(rehearsals.c.id).where(due).order_by(rehearsals.c.created_at).limit(1)
    found = tx.execute(query.with_for_update(skip_locked=True)).scalar_one_or_none()
    if found is None:
        return None
    taken = rehearsals.update().where(rehearsals.c.id == found, due).values(claimed_until=now + LEASE)
    row = tx.execute(taken.returning(*rehearsals.c)).one_or_none()
    return _rehearsal(row) if row else None


def put(tx: Tx, current: Rehearsal) -> None:
    """Store how far it is, and let go of it."""
    tx.execute(
        rehearsals.update().where(rehearsals.c.id == current.id).values(**_values(current), claimed_until=None)
    )  # fmt: skip


def get(tx: Tx, community_id: str, rehearsal_id: str) -> Rehearsal:
    """Raises NotFound."""
    where = (rehearsals.c.community_id == community_id) & (rehearsals.c.id == rehearsal_id)
    row = tx.execute(sa.select(rehearsals).where(where)).one_or_none()
    if row is None:
        raise NotFound(f"There is no rehearsal {rehearsal_id!r}; only the newest of a community is kept.")
    return _rehearsal(row)


def newest(tx: Tx, community_id: str) -> Rehearsal | None:
    """The one that is kept."""
    query = sa.select(rehearsals).where(rehearsals.c.community_id == community_id)
    row = tx.execute(query.order_by(rehearsals.c.created_at.desc()).limit(1)).one_or_none()
    return _rehearsal(row) if row else None


def _values(current: Rehearsal) -> dict[str, Any]:
    found = asdict(current.found)
    if current.found.last is not None:
        found["last"] = [current.found.last.created_at.isoformat(), current.found.last.pk]
    return {**current.__dict__, "found": found}


def _rehearsal(row: sa.Row[Any]) -> Rehearsal:
    stored = dict(row.found)
    last = Since(datetime.fromisoformat(stored["last"][0]), stored["last"][1]) if stored["last"] else None
    found = Found(**{**stored, "near": tuple(Near(**near) for near in stored["near"]), "last": last})
    made = Rehearsal(row.id, row.community_id, row.total, row.status, found, row.created_at)
    return replace(made, finished_at=row.finished_at)
