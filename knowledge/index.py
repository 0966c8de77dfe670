"""The exact vector index: every vector of the allowed spaces compared, from resident copies."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from cohost.ports import Embedder, FloatArray, VectorHit
from cohost.store import Store, sources

ReadVectors = Callable[[int], tuple[list[int], FloatArray]]


@dataclass(frozen=True)
class _Copy:
    """One space's vectors as of a version."""

    version: int
    chunk_pks: list[int]
    matrix: FloatArray  # (n, dimensions), unit length


class ExactIndex:
    """The VectorIndex port by brute force: always complete, 1 ms per 10,000 vectors of 384 numbers."""

    name = "exact"

    def __init__(self, read_vectors: ReadVectors) -> None:
        self._read_vectors = read_vectors
        self._copies: dict[int, _Copy] = {}
        self._lock = threading.Lock()

    def search(self, vector: FloatArray, spaces: Mapping[int, int], top_k: int) -> list[VectorHit]:
        """The nearest chunks of the given spaces; a copy older than its space's version is read again first."""
        hits: list[VectorHit] = []
        for space_pk, version in spaces.items():
            copy = self._fresh(space_pk, version)
            # not `@`: a few thousand rows are done before other threads of BLAS are awake, and these then spin
            similarity = np.einsum("ij,j->i", copy.matrix, vector)
            for at in _largest(similarity, top_k):
                hits.append(VectorHit(copy.chunk_pks[at], float(similarity[at])))
        return sorted(hits, key=lambda hit: (-hit.cosine_similarity, hit.chunk_pk))[:top_k]

    def forget(self, space_pk: int) -> None:
        """Drop the copy of a space."""
        with self._lock:
            self._copies.pop(space_pk, None)

    def _fresh(self, space_pk: int, version: int) -> _Copy:
        copy = self._copies.get(space_pk)
        if copy is not None and copy.version == version:
            return copy
        with self._lock:  # one reader fills, the others wait for it
            copy = self._copies.get(space_pk)
            if copy is None or copy.version != version:
                # may already hold chunks newer than `version`; every hit is checked in SQL anyway
                copy = _Copy(version, *self._read_vectors(space_pk))
                self._copies[space_pk] = copy
            return copy


def vector_reader(store: Store, embedder: Embedder) -> ReadVectors:
    """Read a space's vectors from SQL, in a transaction of its own."""

    def read(space_pk: int) -> tuple[list[int], FloatArray]:
        with store.read() as tx:
            return sources.vectors(tx, space_pk, embedder.dimensions, embedder.name)

    return read


def _largest(values: FloatArray, count: int) -> list[int]:
    if len(values) <= count:
        return list(range(len(values)))
    return [int(at) for at in np.argpartition(values, -count)[-count:]]
