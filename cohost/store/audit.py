"""Who did what; written in the transaction of the change itself."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from cohost.store.engine import Tx
from cohost.store.tables import audit


@dataclass(frozen=True)
class AuditRow:
    """One change; `details` holds ids and numbers, never text."""

    id: int
    at: datetime
    actor: str
    credential_id: str | None
    action: str
    object_type: str
    object_id: str
    old: str | None
    new: str | None
    details: dict[str, Any]


@dataclass(frozen=True)
class Actor:
    """Who causes a change: a member id, or "platform", "worker", "operator"."""

    name: str
    credential_id: str | None = None


WORKER = Actor("worker")
OPERATOR = Actor("operator")


def record(
    tx: Tx, community_id: str, actor: Actor, action: str, object_type: str, object_id: str, *,
    now: datetime, old: str | None = None, new: str | None = None, **details: Any,
) -> None:  # fmt: skip
    """Add a row."""
    tx.execute(
        audit.insert().values(
            community_id=community_id, at=now, actor=actor.name, credential_id=actor.credential_id, action=action,
            object_type=object_type, object_id=object_id, old=old, new=new, details=details,
        )
    )  # fmt: skip


def rows(
    tx: Tx, community_id: str, *, object_id: str | None = None, before: int | None = None, limit: int = 50
) -> list[AuditRow]:
    """Newest first, before a cursor."""
    query = sa.select(audit).where(audit.c.community_id == community_id).order_by(audit.c.id.desc()).limit(limit)
    if object_id is not None:
        query = query.where(audit.c.object_id == object_id)
    if before is not None:
        query = query.where(audit.c.id < before)
    return [
        AuditRow(r.id, r.at, r.actor, r.credential_id, r.action, r.object_type, r.object_id, r.old, r.new, r.details)
        for r in tx.execute(query)
    ]
