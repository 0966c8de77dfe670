"""Posts that change their space: text, chunks, full text, and every row that names them by (space, id)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import sqlalchemy as sa

from cohost.errors import Conflict
from cohost.model import Space
from cohost.store import fulltext, places
from cohost.store import sources as stored
from cohost.store.engine import Tx
from cohost.store.sources import StoredSource
from cohost.store.tables import chunks, evidence, readings, reports, snapshots, sources

NAMING = (evidence, snapshots, reports, readings)


def move(tx: Tx, community_id: str, source_id: str, *, away: Space, to: Space, at: datetime | None) -> list[str]:
    """Move a post with its replies; the ids that moved.

    With a time, a tombstone of it stays, so that no stale copy comes back; moved back, it makes way and nothing stays.

    Raises Conflict where something with such an id stands in the other space, or nothing stands in this one.
    """
    moved = _thread(tx, away, source_id)
    if not moved:
        raise Conflict(f"There is no post {source_id!r} in {away.name} any more, so it was not moved.")
    for one in moved:
        _make_room(tx, one, to)
    for one in moved:
        _move(tx, community_id, one, to)
        if at is not None:
            _leave_tombstone(tx, community_id, one, at)
    ids = [one.source.id for one in moved]
    for table in NAMING:
        named = (table.c.community_id == community_id) & (table.c.space_id == away.id) & table.c.source_id.in_(ids)
        tx.execute(table.update().where(named).values(space_id=to.id))
    places.bump_version(tx, [away.pk, to.pk])
    return ids


def _thread(tx: Tx, space: Space, source_id: str) -> list[StoredSource]:
    root = stored.find(tx, space.pk, source_id)
    if root is None or root.deleted_at is not None:
        return []
    return [root, *stored.replies(tx, space.pk, source_id)]


def _make_room(tx: Tx, moved: StoredSource, to: Space) -> None:
    """The tombstone of an earlier move makes way; raises Conflict for anything else."""
    there = stored.find(tx, to.pk, moved.source.id)
    if there is None:
        return
    if there.structure.get("moved") != moved.source.pk:
        raise Conflict(
            f"A post with the id {moved.source.id!r} stands in {to.name} already, so it was not moved there."
        )
    tx.execute(sources.delete().where(sources.c.pk == there.source.pk))


def _move(tx: Tx, community_id: str, moved: StoredSource, to: Space) -> None:
    pk = moved.source.pk
    fulltext.remove(tx, stored.chunk_pks(tx, pk))
    tx.execute(sources.update().where(sources.c.pk == pk).values(space_pk=to.pk))
    _renew_chunks(tx, pk, to)
    fulltext.add(tx, to.pk, stored.indexed_texts(tx, to.pk, source_pk=pk))


def _renew_chunks(tx: Tx, source_pk: int, to: Space) -> None:
    """With new keys: an index that follows a space reads what is newer than what it has."""
    old: Sequence[sa.Row[tuple[object, ...]]] = tx.execute(
        sa.select(chunks).where(chunks.c.source_pk == source_pk).order_by(chunks.c.pk)
    ).all()
    tx.execute(chunks.delete().where(chunks.c.source_pk == source_pk))
    rows = [{name: value for name, value in row._mapping.items() if name != "pk"} | {"space_pk": to.pk} for row in old]
    if rows:
        tx.execute(chunks.insert(), rows)


def _leave_tombstone(tx: Tx, community_id: str, moved: StoredSource, at: datetime) -> None:
    source = moved.source
    tx.execute(
        sources.insert().values(
            community_id=community_id, space_pk=moved.space_pk, id=source.id, kind=source.kind, title="", text="",
            structure={"moved": source.pk}, author_id=source.author_id, parent_id=None, url=None, origin=source.origin,
            content_hash="", created_at=source.created_at or at, updated_at=at, deleted_at=at, version=source.version,
        )
    )  # fmt: skip
