"""What the built-in board shows: approved messages under the question they answer."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from cohost.store import places, sources
from cohost.store.engine import Tx
from cohost.store.tables import board_posts


@dataclass(frozen=True)
class BoardPost:
    """One approved message; in a space, or for one member only."""

    key: str  # the publication's id
    question_id: str | None
    member_id: str | None
    space_id: str | None
    source_id: str | None
    text: str
    posted_at: datetime


def add(tx: Tx, community_id: str, post: BoardPost) -> None:
    """Store a post."""
    tx.execute(board_posts.insert().values(community_id=community_id, **post.__dict__))


def find(tx: Tx, community_id: str, key: str) -> BoardPost | None:
    """The post under a key."""
    where = (board_posts.c.community_id == community_id) & (board_posts.c.key == key)
    row = tx.execute(sa.select(board_posts).where(where)).one_or_none()
    return _post(row) if row else None


def notes_to(tx: Tx, community_id: str, member_id: str, *, limit: int = 100) -> list[BoardPost]:
    """What was written to one member and answers no question of theirs, newest first."""
    where = (board_posts.c.community_id == community_id) & (board_posts.c.member_id == member_id)
    query = sa.select(board_posts).where(where, board_posts.c.question_id.is_(None))
    return [_post(row) for row in tx.execute(query.order_by(board_posts.c.posted_at.desc()).limit(limit))]


def remove(tx: Tx, community_id: str, key: str) -> None:
    """Delete a post; twice is fine."""
    tx.execute(board_posts.delete().where(board_posts.c.community_id == community_id, board_posts.c.key == key))


def take_down(tx: Tx, community_id: str, key: str, at: datetime) -> None:
    """Delete a post, in its space too; twice is fine."""
    post = find(tx, community_id, key)
    if post is None:
        return
    remove(tx, community_id, key)
    if post.space_id and post.source_id:
        space = places.space(tx, community_id, post.space_id)
        stored = sources.find(tx, space.pk, post.source_id)
        if stored is not None and stored.deleted_at is None:
            sources.bury(tx, stored.source.pk, at)


def _post(row: sa.Row[Any]) -> BoardPost:
    values = dict(row._mapping)
    values.pop("community_id")
    return BoardPost(**values)
