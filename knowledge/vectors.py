"""The vectors as SQL has them: what every vector index is derived from and compared with."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from cohost.ports import Embedder, FloatArray, IntArray
from cohost.store import Store, sources


@dataclass(frozen=True)
class Change:
    """What became of a space since somebody looked at it."""

    version: int
    chunk_pks: IntArray  # all there are now, ascending
    new_pks: list[int]  # those that were not known
    new_vectors: FloatArray  # theirs, (n, dimensions), unit length


@dataclass(frozen=True)
class StoredVectors:
    """Reads vectors and versions; each call is a transaction of its own."""

    store: Store
    embedder: Embedder

    def counts(self) -> dict[int, tuple[int, int]]:
        """Version and number of chunks by space."""
        with self.store.read() as tx:
            return sources.chunk_counts(tx)

    def keys(self, space_pk: int) -> tuple[int, IntArray]:
        """A space's version and the keys of its chunks."""
        with self.store.read() as tx:
            return sources.space_version(tx, space_pk), sources.chunk_keys(tx, space_pk, self.embedder.name)

    def keys_after(self, space_pk: int, chunk_pk: int) -> IntArray:
        """Keys of a space's chunks above one."""
        with self.store.read() as tx:
            return sources.chunk_keys(tx, space_pk, self.embedder.name, after=chunk_pk)

    def of(self, chunk_pks: Iterable[int]) -> tuple[list[int], FloatArray]:
        """Vectors of chunks, where they are still there."""
        with self.store.read() as tx:
            return sources.vectors_of(tx, chunk_pks, self.embedder.dimensions)

    def living(self, chunk_pks: Iterable[int]) -> set[int]:
        """Those of the chunks that are still there."""
        with self.store.read() as tx:
            return sources.living(tx, chunk_pks)

    def change(self, space_pk: int, known: IntArray) -> Change:
        """What a holder of the chunks `known` must drop and add."""
        with self.store.read() as tx:
            version = sources.space_version(tx, space_pk)
            if not len(known):
                pks, matrix = sources.vectors(tx, space_pk, self.embedder.dimensions, self.embedder.name)
                return Change(version, np.array(pks, dtype=np.int64), pks, matrix)
            keys = sources.chunk_keys(tx, space_pk, self.embedder.name)
            new = np.setdiff1d(keys, known, assume_unique=True)
            return Change(version, keys, *sources.vectors_of(tx, new.tolist(), self.embedder.dimensions))
