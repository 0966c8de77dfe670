"""What members wrote, as it says who may know something."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import numpy as np
import sqlalchemy as sa

from cohost.ports import FloatArray
from cohost.store.embeddings import comparable
from cohost.store.engine import Tx
from cohost.store.idsets import IDS_PER_QUERY
from cohost.store.tables import chunks, evidence, members, sources, spaces, suggestions


@dataclass(frozen=True)
class WrittenChunk:
    """A chunk of a member's post."""

    member_id: str
    space_id: str
    source_id: str
    title: str
    asks: bool  # the first post of a thread, with a question in it
    replies: bool
    at: datetime


def posts(
    tx: Tx, community_id: str, authors: Collection[str], space_ids: Collection[str], *, embedder: str, dimensions: int,
    limit: int,
) -> tuple[list[WrittenChunk], FloatArray]:  # fmt: skip
    """Newest first of each part of the authors, only of these spaces; with `(n, dimensions)` float32, unit length.

    Left out are those of authors who do not let their posts be used for matching.
    """
    wanted, rows = sorted(authors), list[Any]()
    for at in range(0, len(wanted), IDS_PER_QUERY):
        query = _query(community_id, wanted[at : at + IDS_PER_QUERY], sorted(space_ids), embedder)
        rows += tx.execute(query.limit(limit - len(rows))).all()
    fitting = [row for row in rows if len(row.vector) == 4 * dimensions]
    matrix = np.frombuffer(b"".join(row.vector for row in fitting), dtype=np.float32).reshape(-1, dimensions)
    return [_chunk(row) for row in fitting], matrix


def marked(tx: Tx, community_id: str, space_ids: Collection[str]) -> frozenset[tuple[str, str]]:
    """(space, source) of all that answers quote which a host approved and which stand, posted in one of these spaces."""
    query = (
        sa.select(evidence.c.space_id, evidence.c.source_id).distinct()
        .join(suggestions, suggestions.c.id == evidence.c.suggestion_id)
        .where(suggestions.c.community_id == community_id, suggestions.c.job == "answer")
        .where(suggestions.c.status == "published", suggestions.c.outdated_at.is_(None))
        .where(suggestions.c.destination["space_id"].as_string().in_(sorted(space_ids)))
    )  # fmt: skip
    return frozenset((row.space_id, row.source_id) for row in tx.execute(query))


def _query(community_id: str, authors: Collection[str], space_ids: Collection[str], embedder: str) -> sa.Select[Any]:
    writer = (members.c.community_id == sources.c.community_id) & (members.c.id == sources.c.author_id)
    question = sources.c.text.contains("?") | sources.c.title.contains("?")
    return (
        sa.select(
            chunks.c.vector, sources.c.author_id, spaces.c.id.label("space_id"), sources.c.id, sources.c.title,
            sources.c.parent_id, sources.c.created_at, question.label("question"),
        )
        .join(sources, sources.c.pk == chunks.c.source_pk).join(spaces, spaces.c.pk == sources.c.space_pk)
        .join(members, writer)
        .where(sources.c.community_id == community_id, sources.c.author_id.in_(authors), spaces.c.id.in_(space_ids))
        .where(sources.c.kind == "post", sources.c.origin == "person", sources.c.deleted_at.is_(None))
        .where(members.c.posts_in_matching, chunks.c.embedder.in_(comparable(embedder)))
        .order_by(sources.c.created_at.desc(), chunks.c.pk)
    )  # fmt: skip


def _chunk(row: Any) -> WrittenChunk:
    asks = row.parent_id is None and bool(row.question)
    return WrittenChunk(row.author_id, row.space_id, row.id, row.title, asks, row.parent_id is not None, row.created_at)
