"""Which embedder made the stored vectors, and putting others in their place."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import sqlalchemy as sa

from cohost.store.engine import Tx
from cohost.store.tables import chunks, sources

INTEGERS = "@int8"  # ends the name of a model that computes in integers: its vectors lie beside the original's


@dataclass(frozen=True)
class Embedded:
    """A chunk and what of it is embedded."""

    chunk_pk: int
    title: str
    headings: tuple[str, ...]
    text: str


@dataclass(frozen=True)
class NewVector:
    """What takes the place of a chunk's vector."""

    chunk_pk: int
    vector: bytes  # float32, unit length
    hash: str


def comparable(embedder: str) -> tuple[str, str]:
    """Names whose vectors may be compared with those of `embedder`: the same model in floats and in integers."""
    model = embedder.removesuffix(INTEGERS)
    return model, f"{model}{INTEGERS}"


def counts(tx: Tx) -> dict[str, int]:
    """Number of chunks by embedder, over all communities; reads every chunk."""
    rows = tx.execute(sa.select(chunks.c.embedder, sa.func.count().label("held")).group_by(chunks.c.embedder))
    return {row.embedder: row.held for row in rows}


def count_others(tx: Tx, community_id: str, embedder: str) -> int:
    """How many chunks of a community another embedder made."""
    query = sa.select(sa.func.count()).select_from(chunks)
    return int(tx.execute(query.where(*_others(community_id, embedder))).scalar_one())


def others(tx: Tx, community_id: str, embedder: str, *, after: int, limit: int) -> list[Embedded]:
    """Chunks above the key `after` that another embedder made, by key."""
    query = (
        sa.select(chunks.c.pk, sources.c.title, chunks.c.headings, chunks.c.text)
        .join(sources, sources.c.pk == chunks.c.source_pk)
        .where(*_others(community_id, embedder), chunks.c.pk > after)
    )
    rows = tx.execute(query.order_by(chunks.c.pk).limit(limit))
    return [Embedded(row.pk, row.title, tuple(row.headings), row.text) for row in rows]


def replace(tx: Tx, embedder: str, new: Sequence[NewVector]) -> None:
    """Put vectors in the place of others; a chunk that is gone meanwhile stays gone."""
    for one in new:
        values = {"vector": one.vector, "hash": one.hash, "embedder": embedder}
        tx.execute(chunks.update().where(chunks.c.pk == one.chunk_pk).values(values))


def _others(community_id: str, embedder: str) -> tuple[sa.ColumnElement[bool], ...]:
    return chunks.c.community_id == community_id, chunks.c.embedder != embedder
