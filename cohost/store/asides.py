"""Posts that a moderator's decision takes out of sight: kept to the letter, and back once the decision is undone."""

from __future__ import annotations

import sqlalchemy as sa

from cohost.store.engine import Tx
from cohost.store.tables import asides, sources, spaces

SourceKey = tuple[str, str]  # space id, source id


def is_aside() -> sa.ColumnElement[bool]:
    """Of a row of `sources`: whether any decision holds or removed it."""
    return sa.exists().where(asides.c.source_pk == sources.c.pk)


def put(tx: Tx, community_id: str, suggestion_id: str, key: SourceKey) -> list[SourceKey]:
    """Set a post aside with the replies that are found under its title; what is out of sight now."""
    here = (sources.c.community_id == community_id) & (spaces.c.id == key[0])
    thread = sa.or_(sources.c.id == key[1], sources.c.parent_id == key[1])
    query = sa.select(sources.c.pk).join(spaces, spaces.c.pk == sources.c.space_pk).where(here, thread)
    rows = [
        {"source_pk": pk, "suggestion_id": suggestion_id, "community_id": community_id}
        for pk in tx.execute(query).scalars()
    ]
    if rows:
        tx.execute(asides.insert(), rows)
    return of_suggestion(tx, suggestion_id)


def of_suggestion(tx: Tx, suggestion_id: str) -> list[SourceKey]:
    """What a decision keeps out of sight."""
    query = sa.select(spaces.c.id, sources.c.id).select_from(asides).join(sources).join(spaces)
    rows = tx.execute(query.where(asides.c.suggestion_id == suggestion_id).order_by(sources.c.pk))
    return [(space_id, source_id) for space_id, source_id in rows]


def remove(tx: Tx, suggestion_id: str) -> list[SourceKey]:
    """Undo `put`; what may be seen again. What another decision keeps aside as well stays so."""
    touched = of_suggestion(tx, suggestion_id)
    tx.execute(asides.delete().where(asides.c.suggestion_id == suggestion_id))
    return touched


def follow_root(tx: Tx, new: sa.ColumnElement[bool], parent_id: str) -> None:
    """A reply that is new (a row of `sources`) to a post that is out of sight is so, too."""
    root = sources.alias()
    of_root = (
        sa.select(sources.c.pk, asides.c.suggestion_id, asides.c.community_id)
        .join(root, (root.c.space_pk == sources.c.space_pk) & (root.c.id == parent_id))
        .join(asides, asides.c.source_pk == root.c.pk)
        .where(new)
    )
    tx.execute(asides.insert().from_select(["source_pk", "suggestion_id", "community_id"], of_root))
