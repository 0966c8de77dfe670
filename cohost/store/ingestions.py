"""Uploads and folders on their way in, with the outcome of every file."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal

import sqlalchemy as sa

from cohost.errors import NotFound, UnreadableReason
from cohost.store.engine import Tx, kept
from cohost.store.tables import ingestion_files, ingestions

FileCode = Literal[
    "", UnreadableReason,
    "conflict",  # somebody else changed the source at the same moment
    "not-found",  # the space went away
    "busy",  # the database was under load
]  # fmt: skip
Outcome = Literal["added", "changed", "unchanged", "removed", "skipped", "failed"]
LEASE = timedelta(minutes=5)  # renewed while files are read; a reader that died gives its ingestion back after it


@dataclass(frozen=True)
class Ingestion:
    """One upload or folder."""

    id: str
    community_id: str
    space_id: str
    name: str
    path: str | None  # of the stored upload, or the address of a page, until it is read
    sync: bool
    status: Literal["waiting", "running", "done", "failed"]
    created_by: str
    total: int | None  # files, known once reading has begun
    done: int
    message: str
    created_at: datetime
    finished_at: datetime | None
    attempts: int = 0  # how often a worker began with it


@dataclass(frozen=True)
class IngestionFile:
    """What became of one file; `code` is a stable reason, "" when all is well."""

    name: str
    outcome: Outcome
    code: FileCode = ""
    message: str = ""
    chunks: int = 0
    embedded: int = 0  # chunks whose vector had to be made


def add(tx: Tx, new: Ingestion) -> None:
    """Store a new ingestion."""
    tx.execute(ingestions.insert().values(**new.__dict__))


def get(tx: Tx, community_id: str, ingestion_id: str) -> Ingestion:
    """The ingestion; raises NotFound."""
    where = (ingestions.c.community_id == community_id) & (ingestions.c.id == ingestion_id)
    row = tx.execute(sa.select(ingestions).where(where)).one_or_none()
    if row is None:
        raise NotFound(f"There is no ingestion {ingestion_id!r}.")
    return _ingestion(row)


def recent(tx: Tx, community_id: str, limit: int = 20) -> list[Ingestion]:
    """Newest first."""
    query = sa.select(ingestions).where(ingestions.c.community_id == community_id)
    return [_ingestion(row) for row in tx.execute(query.order_by(ingestions.c.created_at.desc()).limit(limit))]


def files(tx: Tx, ingestion_id: str, *, after: str = "", limit: int = 200) -> list[IngestionFile]:
    """Outcomes by file name, after a cursor."""
    query = sa.select(ingestion_files).where(
        ingestion_files.c.ingestion_id == ingestion_id, ingestion_files.c.name > after
    )
    rows = tx.execute(query.order_by(ingestion_files.c.name).limit(limit))
    return [IngestionFile(r.name, r.outcome, r.code, r.message, r.chunks, r.embedded) for r in rows]


def claim(tx: Tx, now: datetime) -> Ingestion | None:
    """Take the oldest waiting ingestion, or one whose reader vanished."""
    due = sa.or_(
        ingestions.c.status == "waiting", sa.and_(ingestions.c.status == "running", ingestions.c.claimed_until < now)
    )
    candidate = sa.select(ingestions.c.id).where(due).order_by(ingestions.c.created_at).limit(1)
    ingestion_id = tx.execute(candidate.with_for_update(skip_locked=True)).scalar_one_or_none()
    if ingestion_id is None:
        return None
    values = {"status": "running", "claimed_until": now + LEASE, "attempts": ingestions.c.attempts + 1}
    taken = ingestions.update().where(ingestions.c.id == ingestion_id).values(values)
    return _ingestion(tx.execute(taken.returning(*ingestions.c)).one())


def hold(tx: Tx, ingestion_id: str) -> None:
    """Keep an ingestion until the transaction ends; raises NotFound when it was erased with who uploaded it."""
    held = kept(tx, sa.select(ingestions.c.id).where(ingestions.c.id == ingestion_id))
    if tx.execute(held).one_or_none() is None:
        raise NotFound(f"There is no ingestion {ingestion_id!r}.")


def record(tx: Tx, ingestion_id: str, file: IngestionFile) -> None:
    """Keep the outcome of one file; the last one counts."""
    where = (ingestion_files.c.ingestion_id == ingestion_id) & (ingestion_files.c.name == file.name)
    tx.execute(ingestion_files.delete().where(where))
    tx.execute(ingestion_files.insert().values(ingestion_id=ingestion_id, **file.__dict__))


def progress(tx: Tx, ingestion_id: str, *, done: int, total: int, now: datetime) -> None:
    """Count on, and renew the lease."""
    values: dict[str, Any] = {"status": "running", "done": done, "total": total, "claimed_until": now + LEASE}
    tx.execute(ingestions.update().where(ingestions.c.id == ingestion_id).values(values))


def give_back(tx: Tx, ingestion_id: str) -> None:
    """Let another reader go on; what was read already is told by its content. Who gives back has not vanished."""
    where = ingestions.c.id == ingestion_id
    values = {"status": "waiting", "claimed_until": None, "attempts": ingestions.c.attempts - 1}
    tx.execute(ingestions.update().where(where).values(values))


def unread(tx: Tx, community_id: str) -> int:
    """How many uploads of a community wait or are being read."""
    query = sa.select(sa.func.count()).where(
        ingestions.c.community_id == community_id, ingestions.c.status.in_(["waiting", "running"])
    )
    return int(tx.execute(query).scalar_one())


def finish(tx: Tx, ingestion_id: str, status: Literal["done", "failed"], message: str, *, now: datetime) -> None:
    """Close the ingestion; its upload is gone."""
    values: dict[str, Any] = {
        "status": status,
        "message": message,
        "finished_at": now,
        "path": None,
        "claimed_until": None,
    }
    tx.execute(ingestions.update().where(ingestions.c.id == ingestion_id).values(values))


def _ingestion(row: sa.Row[Any]) -> Ingestion:
    values = dict(row._mapping)
    values.pop("claimed_until")
    return Ingestion(**values)
