"""Vector indexes over a small database, for tests: spaces of random unit vectors, and what a full comparison finds."""

from __future__ import annotations

import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import httpx
import numpy as np

from cohost.model import Community, Source, Space
from cohost.ports import FloatArray, VectorIndex
from cohost.settings import Settings
from cohost.store import Store, people, places, sources
from cohost.store.migrate import migrate
from cohost.store.sources import Chunk

DIMENSIONS = 32
NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
BUILD_S = 180.0


class Vectors:
    """An embedder in name only: the vectors come from the tests."""

    name = "vectors"

    def __init__(self, dimensions: int = DIMENSIONS) -> None:
        self.dimensions = dimensions

    def embed(self, texts: Sequence[str]) -> FloatArray:
        raise AssertionError("nothing is embedded here")


def unit(count: int, seed: int = 0, *, dimensions: int = DIMENSIONS, around: int = 30) -> FloatArray:
    """Unit vectors around a few directions, as those of lessons are."""
    random = np.random.default_rng(seed)
    centres = random.normal(size=(around, dimensions))
    made = centres[random.integers(0, around, count)] + 0.7 * random.normal(size=(count, dimensions))
    return (made / np.linalg.norm(made, axis=1, keepdims=True)).astype(np.float32)


@dataclass
class Library:
    """A community whose chunks are written straight into the database."""

    store: Store
    embedder: Vectors

    def space(self, name: str) -> int:
        with self.store.write() as tx:
            return places.put_space(tx, "here", Space(name, name, "course", "members"), NOW).pk

    def put(self, space_pk: int, vectors: FloatArray, source: str = "lesson") -> list[int]:
        """Replace a source's chunks by these."""
        with self.store.write() as tx:
            row = Source("", source, "lesson", source, "text", created_at=NOW, updated_at=NOW)
            pk = sources.put(tx, "here", space_pk, row, content_hash="", structure={})
            chunks = [Chunk(0, 1, (), "", "text", str(at)) for at in range(len(vectors))]
            raw = [vector.tobytes() for vector in vectors]
            made = sources.replace_chunks(tx, "here", space_pk, pk, chunks, vectors=raw, embedder=self.embedder.name)
            places.bump_version(tx, [space_pk])
            return made

    def versions(self, *space_pks: int) -> dict[int, int]:
        with self.store.read() as tx:
            return {pk: sources.space_version(tx, pk) for pk in space_pks}

    def truth(self, vector: FloatArray, space_pks: Sequence[int], top_k: int) -> list[int]:
        """What is nearest, by comparing everything."""
        with self.store.read() as tx:
            read = [sources.vectors(tx, pk, self.embedder.dimensions, self.embedder.name) for pk in space_pks]
        pairs = [(-float(row @ vector), pk) for pks, matrix in read for pk, row in zip(pks, matrix, strict=True)]
        return [pk for _, pk in sorted(pairs)[:top_k]]

    def found(self, index: VectorIndex, vector: FloatArray, space_pks: Sequence[int], top_k: int = 10) -> list[int]:
        """What the index finds, of what is still there: every hit is checked in SQL before use."""
        hits = [hit.chunk_pk for hit in index.search(vector, self.versions(*space_pks), top_k)]
        with self.store.read() as tx:
            there = set(sources.vectors_of(tx, hits, self.embedder.dimensions)[0])
        return [pk for pk in hits if pk in there]


def library(url: str, dimensions: int = DIMENSIONS) -> Library:
    """An empty community."""
    store = Store(url)
    migrate(store)
    with store.write() as tx:
        people.put_community(tx, Community("here", "Here"), NOW)
    return Library(store, Vectors(dimensions))


def settings_for(home: Path, kind: str, chroma_url: str = "") -> Settings:
    """`exact`, `chroma` (embedded) or `server`, as an operator would choose."""
    choice = "chroma" if kind == "server" else kind
    return Settings(home, f"sqlite:///{home / 'cohost.db'}", vector_index=choice, chroma_url=chroma_url)


def wait_until(true: Callable[[], bool], within_s: float = BUILD_S) -> None:
    """Look again and again; fails when it never comes."""
    until = time.monotonic() + within_s
    while not true():
        assert time.monotonic() < until, "it did not come about"
        time.sleep(0.05)


def settled(index: VectorIndex) -> bool:
    """Whether the index holds what SQL has."""
    return not any(index.drift().values())


@contextmanager
def chroma_server(folder: Path) -> Iterator[str]:
    """`chroma run` on a free port of this machine."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [str(Path(sys.executable).parent / "chroma"), "run", "--path", str(folder)]
    child = subprocess.Popen(  # noqa: S603  # installed beside this interpreter
        [*command, "--host", "127.0.0.1", "--port", str(port)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    url = f"http://127.0.0.1:{port}"
    try:
        wait_until(lambda: _answers(url))
        yield url
    finally:
        child.kill()
        child.wait()


def _answers(url: str) -> bool:
    try:
        return httpx.get(f"{url}/api/v2/heartbeat", timeout=2).status_code == 200
    except httpx.HTTPError:
        return False
