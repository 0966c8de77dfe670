"""Keeps the collections of large spaces as SQL is: fills, compares, mends, starts anew what is broken."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import structlog

from cohost.errors import IndexUnavailable
from cohost.ports import FloatArray, IntArray, VectorHit
from knowledge.chroma import Contents
from knowledge.chroma_process import ChromaProcess
from knowledge.chroma_store import CollectionStore
from knowledge.vectors import StoredVectors

LARGE = 10_000  # chunks; below it a scan costs no more than a query of Chroma, about a millisecond
STAYS = 0.8  # of LARGE: a collection is kept until the space is smaller than this, so that it does not come and go
TICK_S = 1.0  # between two looks at the versions in SQL
AUDIT_S = 60.0  # between two comparisons with what a collection says it holds
LONGEST_WAIT_S = 10.0  # after failures in a row: starting a child costs a second of a core
BATCH = 200  # vectors written at once: a search waits behind it, a fraction of a second
WORN = 0.2  # of a collection; when more was deleted it is filled anew, since Chroma never gives the room back
SEARCHES = 50  # for a chunk's own vector, when a collection is opened

log = structlog.get_logger()


@dataclass(frozen=True)
class Held:
    """What a collection holds, as this process knows it."""

    process: ChromaProcess  # who said so; another one may hold something else
    contents: Contents
    complete: bool  # has once held all that SQL had
    audited: float  # monotonic seconds


@dataclass
class _Pace:
    """When to look again."""

    every_s: float
    failures: int = 0
    wake: threading.Event = field(default_factory=threading.Event)

    def wait(self) -> None:
        """Longer after each failure, so that a server that is down is not asked all the time."""
        self.wake.wait(min(self.every_s * 2 ** min(self.failures, 10), LONGEST_WAIT_S))
        self.wake.clear()


class Follower:
    """One thread that follows SQL, started when first needed; `refresh` is one turn of it."""

    def __init__(
        self, stored: StoredVectors, store: CollectionStore, *, large: int = LARGE, tick_s: float = TICK_S,
        audit_s: float = AUDIT_S, on_complete: Callable[[int], None],
    ) -> None:  # fmt: skip
        self._stored = stored
        self._store = store
        self._large = large
        self._audit_s = audit_s
        self._on_complete = on_complete
        self._held: dict[int, Held] = {}
        self._looked = False  # at what earlier processes left
        self._work = threading.RLock()  # one change of the collections at a time
        self._pace = _Pace(tick_s)
        self._thread: threading.Thread | None = None
        self._starting = threading.Lock()
        self._stop = False

    def start(self) -> None:
        """Begin to follow; twice is fine."""
        with self._starting:
            if self._thread is None and not self._stop:
                self._thread = threading.Thread(target=self._run, name="vector-index", daemon=True)
                self._thread.start()

    def held(self, space_pk: int) -> Held | None:
        """What may be asked of a space's collection; None until it has once been complete."""
        found = self._held.get(space_pk)
        return found if found is not None and found.complete else None

    @property
    def pid(self) -> int | None:
        """The process that has the collections open, filled or not."""
        process = self._store.process
        return process.pid if process else None

    def drift(self) -> dict[int, int]:
        """Chunks missing or surplus by large space, compared now."""
        if not self._store.available():
            return {}
        return {pk: self._differences(pk, *about) for pk, about in self._wanted().items()}

    def forget(self, space_pk: int) -> None:
        """Drop a collection, to the byte."""
        with self._work:
            self._held.pop(space_pk, None)
            self._store.forget(space_pk)
        self._pace.wake.set()

    def lose(self, process: ChromaProcess) -> None:
        """A process failed: what it said counts no more."""
        self._store.lost(process)
        for space_pk, held in list(self._held.items()):
            if held.process is process:
                self._held.pop(space_pk, None)
        self._pace.wake.set()

    def refresh(self) -> None:
        """Bring every collection up to date now, or note that it cannot be done."""
        try:
            if self._store.available():
                self._store.check()
                self._follow()
            self._pace.failures = 0
        except IndexUnavailable as error:
            self._pace.failures += 1
            log.warning("index.unavailable", failures=self._pace.failures, reason=error.message)
            for process in {held.process for held in list(self._held.values())}:
                self.lose(process)
            self._pace.wake.clear()  # not at once again

    def close(self) -> None:
        """End the thread, and close the collections so that the next process can trust them."""
        with self._starting:
            self._stop = True
        self._pace.wake.set()
        if self._thread is not None:
            self._thread.join()
        with self._work:
            self._held.clear()
            self._store.close()

    def _run(self) -> None:
        while not self._stop:
            self._pace.wait()
            try:
                self.refresh()
            except Exception as error:  # noqa: BLE001  as in every worker's loop: the next turn may do better
                self._pace.failures += 1
                log.error("index.refresh_failed", error=type(error).__name__)  # a traceback may quote what is stored

    def _follow(self) -> None:
        wanted = self._wanted()
        for space_pk in {*self._store.requests(), *self._left_over(set(wanted))}:
            self.forget(space_pk)
        for space_pk, (version, _) in sorted(wanted.items()):
            if self._stop:
                return
            held = self._held.get(space_pk)
            if held is None or not held.complete or held.contents.version < version:
                self._catch_up(space_pk)
            elif time.monotonic() - held.audited > self._audit_s:
                self._audit(space_pk)

    def _wanted(self) -> dict[int, tuple[int, int]]:
        """Version and number of chunks of each large space."""
        large = {True: self._large * STAYS, False: self._large}
        return {pk: about for pk, about in self._stored.counts().items() if about[1] >= large[pk in self._held]}

    def _left_over(self, wanted: set[int]) -> set[int]:
        """Collections of spaces that are gone or have become small."""
        if self._looked or not (wanted or self._store.in_use()):
            return set(self._held) - wanted
        with self._work:
            there = self._ask(self._store.open(), "spaces")
        self._looked = True
        return set(there) - wanted

    def _differences(self, space_pk: int, version: int, count: int) -> int:
        held = self._held.get(space_pk)
        if held is None:
            return count
        if held.complete and held.contents.version == version:
            return 0
        return len(np.setxor1d(self._stored.keys(space_pk)[1], held.contents.chunk_pks, assume_unique=True))

    def _catch_up(self, space_pk: int) -> None:
        """Add and remove what differs from SQL as it is now; what comes meanwhile waits for the next turn."""
        held = self._held.get(space_pk) or self._open(space_pk)
        # the collection was listed before SQL: what SQL does not have now is gone for good, keys never come again
        version, there = self._stored.keys(space_pk)
        if held is not None and self._worn(held, there):
            self.forget(space_pk)
            held = self._open(space_pk)
        if held is None:
            return
        known = held.contents.chunk_pks
        missing, surplus = (np.setdiff1d(*pair, assume_unique=True) for pair in ((there, known), (known, there)))
        held = self._apply(space_pk, held, missing, surplus)
        if held is not None:
            self._complete(space_pk, held, version)

    def _worn(self, held: Held, there: IntArray) -> bool:
        surplus = np.setdiff1d(held.contents.chunk_pks, there, assume_unique=True)
        return held.contents.deleted + len(surplus) > WORN * max(len(there), self._large)

    def _apply(self, space_pk: int, held: Held, missing: IntArray, surplus: IntArray) -> Held | None:
        """Remove what SQL no longer has, then add what is missing, in small steps; None when forgotten meanwhile."""
        steps = [(self._remove, pks) for pks in _batches(surplus)] + [(self._add, pks) for pks in _batches(missing)]
        for step, pks in steps:
            with self._work:
                if self._stop or self._held.get(space_pk) is not held:
                    return None
                held = self._held[space_pk] = replace(held, contents=step(space_pk, held, pks))
        return held

    def _add(self, space_pk: int, held: Held, pks: IntArray) -> Contents:
        found, matrix = self._stored.of(pks.tolist())  # read here and now: what was erased meanwhile is not there
        if found:
            self._ask(held.process, "add", space_pk, found, matrix)
        return replace(held.contents, chunk_pks=np.union1d(held.contents.chunk_pks, np.array(found, dtype=np.int64)))

    def _remove(self, space_pk: int, held: Held, pks: IntArray) -> Contents:
        deleted = held.contents.deleted + len(pks)
        self._ask(held.process, "remove", space_pk, pks.tolist(), deleted)
        stay = np.setdiff1d(held.contents.chunk_pks, pks, assume_unique=True)
        return replace(held.contents, deleted=deleted, chunk_pks=stay)

    def _complete(self, space_pk: int, held: Held, version: int) -> None:
        with self._work:
            if self._held.get(space_pk) is not held:
                return
            self._ask(held.process, "mark", space_pk, version)
            self._held[space_pk] = replace(held, contents=replace(held.contents, version=version), complete=True)
        if not held.complete:
            log.info("index.complete", space=space_pk, chunks=len(held.contents.chunk_pks))
        self._on_complete(space_pk)

    def _open(self, space_pk: int) -> Held | None:
        """What a collection holds. One that differs from SQL is dropped; None when told to stop."""
        with self._work:
            held = self._listed(space_pk)
            if not self._verified(space_pk, held):
                log.warning("index.dropped", space=space_pk)
                self.forget(space_pk)
                held = self._listed(space_pk)
            self._held[space_pk] = held
        return None if self._stop else held

    def _listed(self, space_pk: int) -> Held:
        process = self._store.open()
        contents: Contents = self._ask(process, "contents", space_pk)
        return Held(process, contents, complete=False, audited=time.monotonic())

    def _verified(self, space_pk: int, held: Held) -> bool:
        """Whether vectors are those of SQL, and are found."""
        pks = np.random.default_rng().permutation(held.contents.chunk_pks)
        compared = all(self._same_vectors(space_pk, held, batch) for batch in _batches(pks[: self._store.probes]))
        return compared and self._finds(space_pk, held, pks[:SEARCHES])

    def _same_vectors(self, space_pk: int, held: Held, pks: IntArray) -> bool:
        known, matrix = self._stored.of(pks.tolist())
        if self._stop or not known:
            return True
        kept: dict[int, FloatArray] = self._ask(held.process, "vectors", space_pk, known)
        return all(pk in kept and np.allclose(kept[pk], row, atol=1e-5) for pk, row in zip(known, matrix, strict=True))

    def _finds(self, space_pk: int, held: Held, pks: IntArray) -> bool:
        for row in self._stored.of(pks.tolist())[1]:
            hits: list[VectorHit] = self._ask(held.process, "query", [space_pk], row, 1)
            if not hits or hits[0].cosine_similarity < 0.999:  # its own is 1
                return False
        return True

    def _audit(self, space_pk: int) -> None:
        """Ask the collection itself what it holds, and mend what differs."""
        with self._work:
            held = self._held.get(space_pk)
            if held is None:
                return
            contents: Contents = self._ask(held.process, "contents", space_pk)
            if not np.array_equal(contents.chunk_pks, held.contents.chunk_pks):
                log.warning("index.drifted", space=space_pk)
            self._held[space_pk] = replace(held, contents=contents, audited=time.monotonic())
        self._catch_up(space_pk)

    def _ask(self, process: ChromaProcess, name: str, *arguments: Any) -> Any:
        """A call; a failed process is lost at once, also for those who read."""
        try:
            return process.call(name, *arguments)
        except IndexUnavailable:
            self.lose(process)
            raise


def _batches(pks: IntArray) -> Iterator[IntArray]:
    return (pks[at : at + BATCH] for at in range(0, len(pks), BATCH))
