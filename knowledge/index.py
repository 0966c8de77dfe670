"""The exact vector index: every vector of the allowed spaces compared, from resident copies."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np

from cohost.ports import FloatArray, IntArray, VectorHit
from knowledge.vectors import StoredVectors


@dataclass(frozen=True)
class _Copy:
    """One space's vectors as of a version."""

    version: int
    chunk_pks: IntArray  # in the order of the rows
    matrix: FloatArray  # (n, dimensions), unit length


class ExactIndex:
    """The VectorIndex port by brute force: always complete, 1 ms per 10,000 vectors of 384 numbers."""

    name = "exact"

    def __init__(self, stored: StoredVectors) -> None:
        self._stored = stored
        self._copies: dict[int, _Copy] = {}
        self._lock = threading.Lock()

    def search(self, vector: FloatArray, spaces: Mapping[int, int], top_k: int) -> list[VectorHit]:
        """The nearest chunks of the given spaces; a copy older than its space's version is brought up to date first."""
        hits: list[VectorHit] = []
        for space_pk, version in spaces.items():
            copy = self._fresh(space_pk, version)
            hits += scan(copy.chunk_pks, copy.matrix, vector, top_k)
        return best(hits, top_k)

    def forget(self, space_pk: int) -> None:
        """Drop the copy of a space."""
        with self._lock:
            self._copies.pop(space_pk, None)

    def drift(self) -> Mapping[int, int]:
        """Nothing: copies are compared with their space's version before each use."""
        return {}

    def close(self) -> None:
        """Drop all copies."""
        with self._lock:
            self._copies.clear()

    def _fresh(self, space_pk: int, version: int) -> _Copy:
        copy = self._copies.get(space_pk)
        if copy is not None and copy.version >= version:
            return copy
        with self._lock:  # one reader fills, the others wait for it
            copy = self._copies.get(space_pk)
            if copy is None or copy.version < version:
                copy = self._copies[space_pk] = self._read(space_pk, copy)
            return copy

    def _read(self, space_pk: int, old: _Copy | None) -> _Copy:
        """The rows that stay, and the new ones after them; a first copy is read whole."""
        if old is None:
            change = self._stored.change(space_pk, np.zeros(0, dtype=np.int64))
            return _Copy(change.version, change.chunk_pks, change.new_vectors)
        change = self._stored.change(space_pk, old.chunk_pks)
        stay = np.isin(old.chunk_pks, change.chunk_pks)
        pks = np.concatenate([old.chunk_pks[stay], np.array(change.new_pks, dtype=np.int64)])
        return _Copy(change.version, pks, np.concatenate([old.matrix[stay], change.new_vectors]))


def scan(chunk_pks: IntArray, matrix: FloatArray, vector: FloatArray, top_k: int) -> list[VectorHit]:
    """The `top_k` rows nearest to `vector`, in no order."""
    # not `@`: a few thousand rows are done before other threads of BLAS are awake, and these then spin
    similarity = np.einsum("ij,j->i", matrix, vector)
    return [VectorHit(int(chunk_pks[at]), float(similarity[at])) for at in _largest(similarity, top_k)]


def best(hits: Iterable[VectorHit], top_k: int) -> list[VectorHit]:
    """The first `top_k`, nearest first; equals by key."""
    return sorted(hits, key=lambda hit: (-hit.cosine_similarity, hit.chunk_pk))[:top_k]


def _largest(values: FloatArray, count: int) -> list[int]:
    if len(values) <= count:
        return list(range(len(values)))
    return [int(at) for at in np.argpartition(values, -count)[-count:]]
