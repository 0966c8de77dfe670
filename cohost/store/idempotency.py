"""Calls that must happen once: who claimed an `Idempotency-Key`, and what was answered.

One row per key and scope. Its status is NULL while the first call runs.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from cohost.errors import Conflict, InvalidInput, Unauthenticated
from cohost.store import people
from cohost.store.engine import Tx
from cohost.store.tables import idempotency

KEPT_FOR = timedelta(hours=24)  # longer than any client keeps retrying
RUNS_AT_MOST = timedelta(minutes=15)  # longer than the longest upload; an older claim belongs to a process that died


class KeyReused(InvalidInput):
    """The key came before with another request."""

    slug = "idempotency-key-reused"


class StillRunning(Conflict):
    """The first call with this key has not ended yet."""

    slug = "idempotency-key-in-use"


@dataclass(frozen=True)
class Claim:
    """One attempt to run a call under a key."""

    community_id: str
    credential_id: str
    member_id: str | None
    key: str
    fingerprint: str  # of method, path and body

    @property
    def scope(self) -> str:
        """A platform key serves many members; each has keys of their own."""
        return f"{self.credential_id}:{self.member_id or ''}"


@dataclass(frozen=True)
class Answer:
    """What the first call answered."""

    status: int
    headers: dict[str, str]
    body: bytes  # sealed by the HTTP edge


def claim(tx: Tx, wanted: Claim, now: datetime) -> Answer | None:
    """None when the caller has to run the call, else its stored answer.

    Raises KeyReused, StillRunning, or Unauthenticated for a member who was erased a moment ago.
    """
    if wanted.member_id is not None and not people.hold(tx, wanted.community_id, wanted.member_id):
        raise Unauthenticated("The member behind these credentials is not in this community any more.")
    _drop_old(tx, wanted, now)
    if _insert(tx, wanted, now):
        return None
    row = tx.execute(sa.select(idempotency).where(_mine(wanted))).one()
    if row.fingerprint != wanted.fingerprint:
        raise KeyReused(f"The Idempotency-Key {wanted.key!r} came before with another request; take a new one.")
    if row.status is None:
        raise StillRunning(f"The first call with the Idempotency-Key {wanted.key!r} still runs; try again in a moment.")
    return Answer(row.status, row.headers, row.body)


def finish(tx: Tx, done: Claim, answer: Answer) -> None:
    """Keep the answer for later calls with the same key."""
    values = {"status": answer.status, "headers": answer.headers, "body": answer.body}
    tx.execute(idempotency.update().where(_mine(done)).values(values))


def release(tx: Tx, failed: Claim) -> None:
    """Let the next call with the same key run."""
    tx.execute(idempotency.delete().where(_mine(failed)))


def _insert(tx: Tx, wanted: Claim, now: datetime) -> bool:
    dialect: Any = sqlite if tx.dialect.name == "sqlite" else postgresql
    new = dialect.insert(idempotency).values(
        community_id=wanted.community_id, credential_id=wanted.scope, key=wanted.key, member_id=wanted.member_id,
        fingerprint=wanted.fingerprint, created_at=now,
    )  # fmt: skip
    return tx.execute(new.on_conflict_do_nothing().returning(idempotency.c.key)).one_or_none() is not None


def _drop_old(tx: Tx, wanted: Claim, now: datetime) -> None:
    at = idempotency.c.created_at
    abandoned = idempotency.c.status.is_(None) & (at < now - RUNS_AT_MOST)
    where = (idempotency.c.community_id == wanted.community_id) & ((at < now - KEPT_FOR) | abandoned)
    tx.execute(idempotency.delete().where(where))


def _mine(of: Claim) -> sa.ColumnElement[bool]:
    return (
        (idempotency.c.community_id == of.community_id)
        & (idempotency.c.credential_id == of.scope)
        & (idempotency.c.key == of.key)
    )
