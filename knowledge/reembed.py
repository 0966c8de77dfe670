"""Chunks that another embedder made, embedded again by this one."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from cohost.ports import Embedder
from cohost.store import Store, embeddings
from cohost.store.embeddings import Embedded, NewVector
from knowledge.chunk import chunk_hash, embedded_text

AT_ONCE = 256  # embedded between two short transactions
OnProgress = Callable[[int, int, str], None]  # chunks done, chunks in all, nothing


def reembed(store: Store, embedder: Embedder, community_id: str, *, on_progress: OnProgress) -> int:
    """How many were embedded again; may be stopped at any time, the rest is done by the next call.

    Whoever holds copies of vectors must be told afterwards: by new versions of the spaces, as `Intake.reindex` gives.
    """
    embedder.embed(["which one"])  # its name is settled only when it is loaded
    with store.read() as tx:
        total = embeddings.count_others(tx, community_id, embedder.name)
    done, last = 0, 0
    while True:
        with store.read() as tx:
            waiting = embeddings.others(tx, community_id, embedder.name, after=last, limit=AT_ONCE)
        if not waiting:
            return done
        new = _embedded(waiting, embedder)
        with store.write() as tx:
            embeddings.replace(tx, embedder.name, new)
        done, last = done + len(new), waiting[-1].chunk_pk
        on_progress(done, max(done, total), "")


def _embedded(waiting: Sequence[Embedded], embedder: Embedder) -> list[NewVector]:
    vectors = embedder.embed([embedded_text(c.title, c.headings, c.text) for c in waiting])
    return [
        NewVector(c.chunk_pk, vector.tobytes(), chunk_hash(embedder.name, c.title, c.headings, c.text))
        for c, vector in zip(waiting, vectors, strict=True)
    ]
