"""Which published answers quoted a member's posts."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from cohost.store.engine import Tx
from cohost.store.suggestions import destination_of
from cohost.store.tables import evidence, publications, sources, spaces, suggestions
from cohost.suggestion import Destination, Status

POSTED: tuple[Status, ...] = ("published", "corrected", "undone")


@dataclass(frozen=True)
class StoredUse:
    """One quote of a post in an answer that was posted."""

    space_id: str
    source_id: str
    title: str
    quote: str
    suggestion_id: str
    status: Status
    at: datetime
    position: str  # sorts uses of one time; suggestion id and place in its evidence
    destination: Destination
    url: str | None  # of the answer, where its platform told it


def of_author(
    tx: Tx, community_id: str, member_id: str, *, before: tuple[datetime, str] | None, limit: int
) -> list[StoredUse]:
    """Newest first, before a cursor of (at, position)."""
    place = evidence.c.suggestion_id + sa.literal("/") + sa.cast(evidence.c.position, sa.String)
    first = sa.select(publications.c.receipt).where(publications.c.suggestion_id == suggestions.c.id).limit(1)
    query = (
        sa.select(
            evidence, suggestions.c.status, suggestions.c.updated_at, suggestions.c.destination,
            place.label("place_id"), first.scalar_subquery().label("receipt"),
        )
        .join(suggestions, suggestions.c.id == evidence.c.suggestion_id)
        .join(spaces, (spaces.c.community_id == evidence.c.community_id) & (spaces.c.id == evidence.c.space_id))
        .join(sources, (sources.c.space_pk == spaces.c.pk) & (sources.c.id == evidence.c.source_id))
        .where(evidence.c.community_id == community_id, sources.c.author_id == member_id)
        .where(suggestions.c.status.in_(POSTED), suggestions.c.job != "moderate")  # a flag is seen by moderators alone
    )  # fmt: skip
    if before is not None:
        at, last = before
        query = query.where((suggestions.c.updated_at < at) | ((suggestions.c.updated_at == at) & (place < last)))
    rows = tx.execute(query.order_by(suggestions.c.updated_at.desc(), place.desc()).limit(limit))
    return [_use(row) for row in rows]


def _use(row: sa.Row[Any]) -> StoredUse:
    return StoredUse(
        row.space_id, row.source_id, row.title, row.quote, row.suggestion_id, row.status, row.updated_at, row.place_id,
        destination_of(row.destination), row.receipt["url"] if row.receipt else None,
    )  # fmt: skip
