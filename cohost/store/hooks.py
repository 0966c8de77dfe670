"""Inbound hooks, and which of their messages took effect already."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from cohost.errors import NotFound
from cohost.store.engine import Tx
from cohost.store.tables import hook_messages, hooks

REMEMBERED = timedelta(days=7)  # longer than the usual senders try again; after it source versions still protect


@dataclass(frozen=True)
class Hook:
    """Where one platform sends what happened there."""

    id: str
    community_id: str
    name: str
    sealed_secret: str  # `cohost.vault` opens it
    created_at: datetime
    revoked_at: datetime | None = None


def add(tx: Tx, new: Hook) -> None:
    """Store a hook."""
    tx.execute(hooks.insert().values(asdict(new)))


def find(tx: Tx, hook_id: str) -> Hook | None:
    """The hook of any community, unless it was revoked."""
    row = tx.execute(sa.select(hooks).where(hooks.c.id == hook_id, hooks.c.revoked_at.is_(None))).one_or_none()
    return _hook(row) if row else None


def of_community(tx: Tx, community_id: str) -> list[Hook]:
    """Every hook, revoked ones included, newest first."""
    query = sa.select(hooks).where(hooks.c.community_id == community_id)
    return [_hook(row) for row in tx.execute(query.order_by(hooks.c.created_at.desc(), hooks.c.id))]


def revoke(tx: Tx, community_id: str, hook_id: str, *, now: datetime) -> bool:
    """End a hook at once; False when it was revoked before. Raises NotFound."""
    where = (hooks.c.community_id == community_id) & (hooks.c.id == hook_id)
    if tx.execute(sa.select(hooks.c.id).where(where)).one_or_none() is None:
        raise NotFound(f"There is no hook {hook_id!r}.")
    ended = hooks.update().where(where, hooks.c.revoked_at.is_(None)).values(revoked_at=now, sealed_secret="")
    return tx.execute(ended).rowcount > 0


def seen(tx: Tx, hook_id: str, message_id: str) -> bool:
    """Whether this message took effect before."""
    where = (hook_messages.c.hook_id == hook_id) & (hook_messages.c.message_id == message_id)
    return tx.execute(sa.select(hook_messages.c.hook_id).where(where)).one_or_none() is not None


def remember(tx: Tx, hook: Hook, message_id: str, *, now: datetime) -> None:
    """Note that a message took effect, and forget those that are long past. Twice is fine."""
    tx.execute(hook_messages.delete().where(hook_messages.c.received_at < now - REMEMBERED))
    values = {"hook_id": hook.id, "message_id": message_id, "community_id": hook.community_id, "received_at": now}
    try:
        with tx.begin_nested():
            tx.execute(hook_messages.insert().values(values))
    except IntegrityError:  # the same message came twice at the same moment; both had the same effect
        return


def any_sealed(tx: Tx) -> tuple[str, str] | None:
    """(row id, sealed secret) of one hook of any community, to try the vault's key on."""
    row = tx.execute(
        sa.select(hooks.c.id, hooks.c.sealed_secret).where(hooks.c.revoked_at.is_(None)).limit(1)
    ).one_or_none()
    return (row.id, row.sealed_secret) if row else None


def _hook(row: sa.Row[Any]) -> Hook:
    return Hook(**row._mapping)
