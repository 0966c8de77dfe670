"""The vector index of large spaces: approximate where a collection is up to date, exact everywhere else.

What a collection does not hold yet is scanned exactly beside it, so an answer never waits for Chroma and never lacks a
chunk.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import structlog

from cohost.errors import Busy, IndexUnavailable
from cohost.ports import FloatArray, IntArray, VectorHit
from knowledge.chroma_process import QUERY_S
from knowledge.chroma_store import CollectionStore
from knowledge.follow import AUDIT_S, LARGE, TICK_S, Follower, Held
from knowledge.index import ExactIndex, best, scan
from knowledge.vectors import StoredVectors

TAIL = 2_000  # chunks scanned exactly beside a collection; more, and the whole space is
MARGIN = 500  # keys before the newest held one that are looked at for late commits (PostgreSQL gives keys early)
SPARE = 20  # hits asked for beyond those wanted: some may have been deleted since

log = structlog.get_logger()


@dataclass(frozen=True)
class _Tail:
    """The chunks of a space that its collection does not hold."""

    version: int
    held: Held
    chunk_pks: IntArray
    matrix: FloatArray


class LayeredIndex:
    """The VectorIndex port: exact scans, and Chroma for spaces of `large` chunks and more."""

    def __init__(
        self, name: str, stored: StoredVectors, store: CollectionStore, *, large: int = LARGE, tick_s: float = TICK_S,
        audit_s: float = AUDIT_S,
    ) -> None:  # fmt: skip
        self.name = name
        self._stored = stored
        self._exact = ExactIndex(stored)
        self._tails: dict[int, _Tail] = {}
        self.follower = Follower(
            stored, store, large=large, tick_s=tick_s, audit_s=audit_s, on_complete=self._exact.forget
        )

    def search(self, vector: FloatArray, spaces: Mapping[int, int], top_k: int) -> list[VectorHit]:
        """The nearest chunks; exact wherever Chroma does not answer."""
        self.follower.start()
        tails = {pk: tail for pk, version in spaces.items() if (tail := self._tail(pk, version)) is not None}
        hits = self._approximate(vector, tails, top_k)
        if hits is None:
            hits, tails = [], {}
        rest = {pk: version for pk, version in spaces.items() if pk not in tails}
        hits += self._exact.search(vector, rest, top_k)
        return best({hit.chunk_pk: hit for hit in hits}.values(), top_k)

    def forget(self, space_pk: int) -> None:
        """Drop what is held of a space, to the byte; it is filled again in the background.

        A server that does not answer is told later: its collection is compared with SQL before it is used again.
        """
        self._exact.forget(space_pk)
        self._tails.pop(space_pk, None)
        try:
            self.follower.forget(space_pk)
        except IndexUnavailable as error:
            log.warning("index.forget_waits", space=space_pk, reason=error.message)

    def drift(self) -> Mapping[int, int]:
        """Chunks missing or surplus in the collection of each large space."""
        self.follower.start()
        return self.follower.drift()

    def close(self) -> None:
        """End the thread, and close the collections so that the next process can trust them."""
        self.follower.close()
        self._exact.close()

    def _approximate(self, vector: FloatArray, tails: Mapping[int, _Tail], top_k: int) -> list[VectorHit] | None:
        """Hits of the collections and of what stands beside them; None when they cannot be asked."""
        processes = {tail.held.process for tail in tails.values()}
        if len(processes) != 1:  # of several, all but one are gone
            return [] if not tails else None
        (process,) = processes
        try:
            hits: list[VectorHit] = process.call("query", list(tails), vector, top_k + SPARE, within_s=QUERY_S)
        except IndexUnavailable as error:
            log.warning("index.query_failed", reason=error.message)
            self.follower.lose(process)
            return None
        except Busy:
            return None
        hits, gone = self._living(hits, tails)
        if gone > SPARE:  # they may have kept out others
            return None
        for tail in tails.values():
            hits += scan(tail.chunk_pks, tail.matrix, vector, top_k)
        return hits

    def _living(self, hits: list[VectorHit], tails: Mapping[int, _Tail]) -> tuple[list[VectorHit], int]:
        """Hits without those deleted since the collections were brought up to date, and how many these were."""
        if all(tail.held.contents.version >= tail.version for tail in tails.values()):
            return hits, 0
        there = self._stored.living({hit.chunk_pk for hit in hits})
        living = [hit for hit in hits if hit.chunk_pk in there]
        return living, len(hits) - len(living)

    def _tail(self, space_pk: int, version: int) -> _Tail | None:
        """What SQL has beyond the collection; None when there is none, or too much to scan beside it."""
        held = self.follower.held(space_pk)
        if held is None:
            return None
        tail = self._tails.get(space_pk)
        if tail is None or tail.held is not held or tail.version < version:
            tail = self._read_tail(version, held, self._missing(space_pk, version, held))
            if tail is not None:
                self._tails[space_pk] = tail
        return tail

    def _missing(self, space_pk: int, version: int, held: Held) -> IntArray:
        known = held.contents.chunk_pks
        if held.contents.version >= version:
            return known[:0]
        newest = int(known[-1]) if len(known) else 0
        return np.setdiff1d(self._stored.keys_after(space_pk, newest - MARGIN), known, assume_unique=True)

    def _read_tail(self, version: int, held: Held, missing: IntArray) -> _Tail | None:
        if len(missing) > TAIL:
            return None
        found, matrix = self._stored.of(missing.tolist())
        return _Tail(version, held, np.array(found, dtype=np.int64), matrix)
