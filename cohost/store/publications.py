"""The outbox: one row per approved message, committed with the approval and claimed before it is sent."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from cohost.store.engine import Tx
from cohost.store.suggestions import destination_of
from cohost.store.tables import publications, suggestions
from cohost.suggestion import Message, Publication, Receipt, Status

LEASE = timedelta(seconds=60)  # longer than any one send; after it, a vanished worker's row is looked at again


def add(tx: Tx, new: Sequence[Publication], now: datetime, *, publish_at: datetime | None = None) -> None:
    """Store approved messages, behind those that their suggestion has already."""
    earlier = sa.select(sa.func.max(publications.c.position)).where(
        publications.c.suggestion_id == new[0].suggestion_id
    )
    last = tx.execute(earlier).scalar_one()
    first = 0 if last is None else last + 1
    rows = [
        {"id": p.id, "community_id": p.community_id, "suggestion_id": p.suggestion_id, "position": n,
         "connector": p.connector, "message": asdict(p.message), "status": p.status, "attempts": 0,
         "available_at": publish_at or now, "created_at": now, "updated_at": now}
        for n, p in enumerate(new, first)
    ]  # fmt: skip
    tx.execute(publications.insert(), rows)


def claim(tx: Tx, now: datetime) -> Publication | None:
    """Take the next due row; `attempts` > 1 on a row found in `publishing` means a worker vanished in mid-send."""
    due = sa.or_(
        sa.and_(publications.c.status == "approved", publications.c.available_at <= now),
        sa.and_(publications.c.status == "publishing", publications.c.claimed_until < now),
    )
    candidate = sa.select(publications.c.id, publications.c.status).join(suggestions).where(due)
    candidate = candidate.order_by(publications.c.available_at, publications.c.id).limit(1)
    # its suggestion too: whoever decides about that one, or withdraws it, is not waited for but let go first
    found = tx.execute(candidate.with_for_update(skip_locked=True)).one_or_none()
    if found is None:
        return None
    taken = publications.update().where(publications.c.id == found.id, due).values(
        status="publishing", attempts=publications.c.attempts + 1, claimed_until=now + LEASE, updated_at=now
    ).returning(*publications.c)  # fmt: skip
    row = tx.execute(taken).one_or_none()
    return _publication(row, status=found.status) if row else None


def was_emptied(tx: Tx, publication_id: str) -> bool:
    """Whether the message lost its text to an erasure; one that comes now waits until this transaction ends."""
    held = sa.select(publications.c.message).where(publications.c.id == publication_id).with_for_update()
    message = tx.execute(held).scalar_one_or_none()
    return message is not None and message["text"] == ""


def settle(
    tx: Tx, publication_id: str, status: Status, *, now: datetime, receipt: Receipt | None = None,
    available_at: datetime | None = None,
) -> bool:  # fmt: skip
    """Record how a send ended, or give the row back for a later try; False when it was taken back or is gone."""
    values: dict[str, Any] = {"status": status, "claimed_until": None, "updated_at": now}
    if receipt is not None:
        values["receipt"] = asdict(receipt)
    if available_at is not None:
        values["available_at"] = available_at
    mine = publications.c.id == publication_id
    if status != "undone":
        mine &= publications.c.status != "undone"  # an erasure took it off the board while the worker held it
    return tx.execute(publications.update().where(mine).values(values)).rowcount > 0


def look_again(tx: Tx, publication_id: str, at: datetime) -> None:
    """Keep a row in `publishing`, to be claimed again at a time: its reply was lost."""
    tx.execute(publications.update().where(publications.c.id == publication_id).values(claimed_until=at))


def find(tx: Tx, community_id: str, publication_id: str) -> Publication | None:
    """The message with this id."""
    where = (publications.c.community_id == community_id) & (publications.c.id == publication_id)
    row = tx.execute(sa.select(publications).where(where)).one_or_none()
    return _publication(row) if row else None


def of_suggestion(tx: Tx, suggestion_id: str) -> list[Publication]:
    """The messages of a suggestion, in order."""
    query = sa.select(publications).where(publications.c.suggestion_id == suggestion_id)
    return [_publication(row) for row in tx.execute(query.order_by(publications.c.position))]


def revive(tx: Tx, suggestion_id: str, connector: str, *, now: datetime, publish_at: datetime) -> bool:
    """Give failed messages back to the outbox, under their old keys; False when there are none for this connector."""
    where = (publications.c.suggestion_id == suggestion_id) & (publications.c.status == "failed")
    where &= publications.c.connector == connector
    values = {"status": "approved", "attempts": 0, "available_at": publish_at, "updated_at": now}
    return tx.execute(publications.update().where(where).values(values)).rowcount > 0


def discard(tx: Tx, suggestion_id: str) -> None:
    """Take the unsent messages of a suggestion out of the outbox, text and all."""
    unsent = publications.c.status.in_(["approved", "failed"])
    tx.execute(publications.delete().where(publications.c.suggestion_id == suggestion_id, unsent))


def _publication(row: sa.Row[Any], *, status: Status | None = None) -> Publication:
    message = Message(**{**row.message, "destination": destination_of(row.message["destination"])})
    receipt = Receipt(**row.receipt) if row.receipt else None
    return Publication(
        row.id, row.community_id, row.suggestion_id, row.connector, message, status or row.status, row.attempts, receipt,
        row.available_at,
    )  # fmt: skip
