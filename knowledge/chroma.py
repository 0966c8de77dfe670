"""Chroma: one collection for each space, holding chunk keys and vectors and nothing else.

Runs only in a child process (`knowledge.chroma_child`): the library has crashed at opening what a kill left behind, and
its client waits for a server without a deadline.
"""

from __future__ import annotations

import re
import shutil
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import numpy as np

from cohost.errors import IndexUnavailable
from cohost.ports import FloatArray, IntArray, VectorHit

if TYPE_CHECKING:
    from chromadb.api import ClientAPI
    from chromadb.api.models.Collection import Collection

DATABASE = "chroma.sqlite3"  # Chroma's own file name
# Inner product of unit vectors is their cosine. The graph is denser than Chroma's default (100, 16, 100), which under writes
# missed one of the twenty nearest in some five of a hundred searches; with these values none of 600 missed any. It is
# written to disk less often than by default, since each time all of it is written.
HNSW: Any = {"space": "ip", "ef_construction": 200, "max_neighbors": 32, "ef_search": 200, "sync_threshold": 5000}
_NAME = re.compile(r"cohost-(\d+)-([0-9a-f]{8})")


@dataclass(frozen=True)
class Contents:
    """What a collection holds."""

    chunk_pks: IntArray  # ascending
    version: int  # of the space in SQL, when the two were last the same
    deleted: int  # how many vectors were taken out since it was made: Chroma keeps their bytes


class Collections:
    """Collections by space key, on any Chroma client. `contents` opens one, and makes it; the others need it open."""

    def __init__(self, client: ClientAPI, embedder: str) -> None:
        self._client = client
        self._embedder = sha256(embedder.encode()).hexdigest()[:8]  # vectors of two models never share a collection
        self._opened: dict[int, Collection] = {}

    def spaces(self) -> list[int]:
        """Keys of the spaces that have a collection; one of another embedder is dropped."""
        found = []
        for name in [collection.name for collection in self._client.list_collections()]:
            match = _NAME.fullmatch(name)
            if match and match[2] == self._embedder:
                found.append(int(match[1]))
            elif match:
                self._client.delete_collection(name)
        return found

    def contents(self, space_pk: int) -> Contents:
        """Open a collection, and tell all it holds."""
        collection = self._opened[space_pk] = self._client.get_or_create_collection(
            self._name(space_pk), configuration={"hnsw": HNSW},
            metadata={"version": 0, "deleted": 0}, embedding_function=None,
        )  # fmt: skip
        pks = np.sort(np.array([int(pk) for pk in collection.get(include=[])["ids"]], dtype=np.int64))
        told: Any = collection.metadata or {}
        return Contents(pks, int(told.get("version", 0)), int(told.get("deleted", 0)))

    def add(self, space_pk: int, chunk_pks: Sequence[int], matrix: FloatArray) -> None:
        """Put vectors in; a key that is there already is written again."""
        ids = [str(pk) for pk in chunk_pks]
        self._collection(space_pk).upsert(ids=ids, embeddings=list(matrix))

    def remove(self, space_pk: int, chunk_pks: Sequence[int], deleted: int) -> None:
        """Take vectors out of every answer, though not out of the file; `deleted` in all, with these."""
        collection = self._collection(space_pk)
        told: Any = collection.metadata or {}
        # noted first: after a crash between the two, too many are assumed rather than too few
        collection.modify(metadata={**told, "deleted": deleted})
        collection.delete(ids=[str(pk) for pk in chunk_pks])

    def mark(self, space_pk: int, version: int) -> None:
        """Remember that the collection holds what SQL had at `version`."""
        collection = self._collection(space_pk)
        told: Any = collection.metadata or {}
        collection.modify(metadata={**told, "version": version})

    def vectors(self, space_pk: int, chunk_pks: Sequence[int]) -> dict[int, FloatArray]:
        """Vectors as they are held, by key."""
        got: Any = self._collection(space_pk).get(ids=[str(pk) for pk in chunk_pks], include=["embeddings"])
        return {
            int(pk): np.asarray(vector, dtype=np.float32)
            for pk, vector in zip(got["ids"], got["embeddings"], strict=True)
        }

    def query(self, space_pks: Sequence[int], vector: FloatArray, top_k: int) -> list[VectorHit]:
        """The `top_k` nearest of each space, one space after the other."""
        hits: list[VectorHit] = []
        for space_pk in space_pks:
            got: Any = self._collection(space_pk).query(
                query_embeddings=vector[None, :], n_results=top_k, include=["distances"]
            )
            # Chroma's distance for inner product is 1 - <a, b>
            hits += [
                VectorHit(int(pk), 1.0 - float(d)) for pk, d in zip(got["ids"][0], got["distances"][0], strict=True)
            ]
        return hits

    def drop(self, space_pk: int) -> None:
        """Delete a collection."""
        self._opened.pop(space_pk, None)
        name = self._name(space_pk)
        if name in {collection.name for collection in self._client.list_collections()}:
            self._client.delete_collection(name)

    def answer(self, name: str, arguments: tuple[Any, ...]) -> Any:
        """Call a method by name."""
        return getattr(self, name)(*arguments)

    def close(self) -> None:
        """Let go of files and connections."""
        self._opened.clear()
        closing_client: Any = self._client  # a local client has `close`, though the type does not say so
        closing_client.close()

    def _collection(self, space_pk: int) -> Collection:
        if space_pk not in self._opened:  # not made here: an empty one would pass for what the caller knows
            raise IndexUnavailable(f"The collection of space {space_pk} is not open.")
        return self._opened[space_pk]

    def _name(self, space_pk: int) -> str:
        return f"cohost-{space_pk}-{self._embedder}"


class FolderCollections(Collections):
    """In a folder of this machine that nobody else has open."""

    def __init__(self, folder: str, embedder: str) -> None:
        super().__init__(_open_folder(folder), embedder)
        self._folder = Path(folder)

    def drop(self, space_pk: int) -> None:
        """Delete a collection, and its bytes.

        Chroma deletes neither the graph's folder nor what its database file keeps in free pages. The client is closed
        meanwhile: SQLite's locks do not hold between two copies of the library in one process.
        """
        super().drop(space_pk)
        open_ones = list(self._opened)
        self.close()
        with closing(sqlite3.connect(self._folder / DATABASE, isolation_level=None)) as database:
            database.execute("VACUUM")
            known = {row[0] for row in database.execute("SELECT id FROM segments")}
        for segment in self._folder.iterdir():
            if segment.is_dir() and segment.name not in known:
                shutil.rmtree(segment)
        self._client = _open_folder(str(self._folder))
        for pk in open_ones:
            self._opened[pk] = self._client.get_collection(self._name(pk), embedding_function=None)


class ServerCollections(Collections):
    """On a Chroma server, where a fault of one call leaves the others intact."""

    def __init__(self, url: str, token: str, embedder: str) -> None:
        with _translated():
            super().__init__(_connect(url, token), embedder)

    def answer(self, name: str, arguments: tuple[Any, ...]) -> Any:
        """Call a method; raises IndexUnavailable for what the server or the way to it has refused."""
        with _translated():
            try:
                return super().answer(name, arguments)
            except BaseException:
                self._opened.clear()  # another process may have dropped and made them again
                raise


def _open_folder(folder: str) -> ClientAPI:
    import chromadb  # most of a second, and a hundred megabytes: only in the child

    return chromadb.PersistentClient(folder, settings=_quiet())


def _connect(url: str, token: str) -> ClientAPI:
    import chromadb
    from chromadb.config import DEFAULT_DATABASE

    parts = urlsplit(url)
    host, tls = str(parts.hostname), parts.scheme == "https"
    where: dict[str, Any] = {"host": host, "port": parts.port or (443 if tls else 8000), "ssl": tls}
    where["headers"] = {"Authorization": f"Bearer {token}"} if token else {}
    client = chromadb.HttpClient(**where, settings=_quiet())
    database = parts.path.strip("/") or DEFAULT_DATABASE
    if database == DEFAULT_DATABASE:
        return client
    _make_database(where, database)
    return chromadb.HttpClient(**where, settings=_quiet(), database=database)


def _make_database(where: dict[str, Any], database: str) -> None:
    import chromadb
    from chromadb.errors import NotFoundError

    settings = _quiet()
    settings.chroma_api_impl = "chromadb.api.fastapi.FastAPI"
    settings.chroma_server_host, settings.chroma_server_http_port = where["host"], where["port"]
    settings.chroma_server_ssl_enabled, settings.chroma_server_headers = where["ssl"], where["headers"]
    admin = chromadb.AdminClient(settings)
    try:
        admin.get_database(database)
    except NotFoundError:
        admin.create_database(database)


def _quiet() -> Any:
    from chromadb.config import Settings

    return Settings(anonymized_telemetry=False)


@contextmanager
def _translated() -> Iterator[None]:
    import httpx
    from chromadb.errors import ChromaError

    try:
        yield
    except (
        ChromaError,
        httpx.HTTPError,
        ValueError,
    ) as error:  # a server that does not answer is a ValueError at first
        raise IndexUnavailable(f"The Chroma server did not do it ({type(error).__name__}).") from error
