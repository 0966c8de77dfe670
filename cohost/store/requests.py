"""Things to act on: rows that workers claim."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import numpy as np
import sqlalchemy as sa

from cohost.model import Request
from cohost.ports import FloatArray
from cohost.store.engine import Tx, kept
from cohost.store.tables import requests, suggestions

LEASE = timedelta(minutes=5)  # far above the longest job; a worker that died gives its request back after it


def add(tx: Tx, new: Request, *, vector: bytes | None = None, dedupe_key: str | None = None) -> None:
    """Store a request that waits for a worker."""
    tx.execute(
        requests.insert().values(
            id=new.id, community_id=new.community_id, job=new.job, payload=new.payload, requested_by=new.requested_by,
            space_id=new.space_id, status=new.status, attempts=new.attempts, available_at=new.created_at,
            created_at=new.created_at, vector=vector, dedupe_key=dedupe_key,
        )
    )  # fmt: skip


def is_known(tx: Tx, dedupe_key: str) -> bool:
    """Whether a request with this key was stored before."""
    return tx.execute(sa.select(requests.c.id).where(requests.c.dedupe_key == dedupe_key)).first() is not None


def of_key(tx: Tx, dedupe_key: str) -> Request | None:
    """The request that was stored with this key, or None."""
    row = tx.execute(sa.select(requests).where(requests.c.dedupe_key == dedupe_key)).one_or_none()
    return _request(row) if row else None


def find(tx: Tx, community_id: str, request_id: str) -> Request | None:
    """The request, or None."""
    where = (requests.c.community_id == community_id) & (requests.c.id == request_id)
    row = tx.execute(sa.select(requests).where(where)).one_or_none()
    return _request(row) if row else None


def round_is_worked_on(tx: Tx, community_id: str, round_id: str) -> bool:
    """Whether a worker will match, or matches, the round."""
    query = sa.select(requests.c.id).where(
        requests.c.community_id == community_id, requests.c.job == "match",
        requests.c.status.in_(("waiting", "claimed")), requests.c.payload["round_id"].as_string() == round_id,
    )  # fmt: skip
    return tx.execute(query.limit(1)).first() is not None


def hold(tx: Tx, request: Request) -> bool:
    """Whether the request is there, and no other worker took it since; an erasure waits until this transaction ends."""
    this_try = (requests.c.id == request.id) & (requests.c.attempts == request.attempts)
    return tx.execute(kept(tx, sa.select(requests.c.id).where(this_try))).one_or_none() is not None


def renew(tx: Tx, request: Request, now: datetime) -> None:
    """Long work goes on: no other worker takes it meanwhile."""
    this_try = (requests.c.id == request.id) & (requests.c.attempts == request.attempts)
    tx.execute(requests.update().where(this_try, requests.c.status == "claimed").values(claimed_until=now + LEASE))


def by_member(tx: Tx, community_id: str, member_id: str, *, job: str, limit: int = 50) -> list[Request]:
    """What a member asked, newest first."""
    query = sa.select(requests).where(requests.c.community_id == community_id, requests.c.requested_by == member_id)
    return [
        _request(r)
        for r in tx.execute(query.where(requests.c.job == job).order_by(requests.c.created_at.desc()).limit(limit))
    ]


def in_space(tx: Tx, community_id: str, space_id: str, *, job: str, limit: int = 200) -> list[Request]:
    """What was asked in a space, newest first."""
    query = sa.select(requests).where(requests.c.community_id == community_id, requests.c.space_id == space_id)
    return [
        _request(r)
        for r in tx.execute(query.where(requests.c.job == job).order_by(requests.c.created_at.desc()).limit(limit))
    ]


def claim(tx: Tx, now: datetime) -> Request | None:
    """Take the oldest waiting request (or one whose worker vanished) by conditional update."""
    due = sa.or_(
        sa.and_(requests.c.status == "waiting", requests.c.available_at <= now),
        sa.and_(requests.c.status == "claimed", requests.c.claimed_until < now),
    )
    candidate = sa.select(requests.c.id).where(due).order_by(requests.c.available_at, requests.c.id).limit(1)
    candidate = candidate.with_for_update(skip_locked=True)  # ignored by SQLite, where the write lock does the same
    request_id = tx.execute(candidate).scalar_one_or_none()
    if request_id is None:
        return None
    taken = requests.update().where(requests.c.id == request_id, due).values(
        status="claimed", attempts=requests.c.attempts + 1, claimed_until=now + LEASE
    ).returning(*requests.c)  # fmt: skip
    row = tx.execute(taken).one_or_none()
    return _request(row) if row else None


def settle(
    tx: Tx, request_id: str, status: str, *, available_at: datetime | None = None, attempts: int | None = None
) -> None:
    """Mark as done or failed, or give back as waiting (at once, or at a time); with `attempts`, only that try."""
    values: dict[str, Any] = {"status": status, "claimed_until": None}
    if available_at is not None:
        values["available_at"] = available_at
    this_try = requests.c.attempts == attempts if attempts is not None else sa.true()
    tx.execute(requests.update().where(requests.c.id == request_id, this_try).values(values))


def answered(tx: Tx, community_id: str, job: str, dimensions: int) -> tuple[list[tuple[str, str]], FloatArray]:
    """Requests with an answer in effect: (request id, suggestion id), and their vectors `(n, dimensions)` float32."""
    query = (
        sa.select(requests.c.id, suggestions.c.id.label("suggestion_id"), requests.c.vector)
        .join(suggestions, suggestions.c.request_id == requests.c.id)
        .where(requests.c.community_id == community_id, requests.c.job == job, requests.c.vector.is_not(None))
        .where(suggestions.c.status == "published", suggestions.c.erased_at.is_(None))
        .where(suggestions.c.outdated_at.is_(None))
    )
    rows = [row for row in tx.execute(query) if len(row.vector) == 4 * dimensions]  # not of another embedder
    matrix = np.frombuffer(b"".join(row.vector for row in rows), dtype=np.float32).reshape(-1, dimensions)
    return [(row.id, row.suggestion_id) for row in rows], matrix


def waiting_in(tx: Tx, community_id: str, member_id: str, *, limit: int) -> tuple[int, int]:
    """How many requests of a community, and of one member in it, wait; counted up to a limit."""
    where = (requests.c.status == "waiting") & (requests.c.community_id == community_id)
    own = where & (requests.c.requested_by == member_id)
    counts = [sa.select(requests.c.id).where(clause).limit(limit).subquery() for clause in (where, own)]
    all_, by_member = (tx.execute(sa.select(sa.func.count()).select_from(found)).scalar_one() for found in counts)
    return int(all_), int(by_member)


def _request(row: sa.Row[Any]) -> Request:
    return Request(
        row.id, row.community_id, row.job, dict(row.payload), row.requested_by, row.space_id, row.status, row.attempts,
        row.created_at,
    )  # fmt: skip
