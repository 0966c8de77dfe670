"""A throw-away community to measure on: spaces filled from folders or texts, searched with the real embedder."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

import numpy as np

from cohost.bootstrap import App, build
from cohost.model import Community, Passage, Source, SourceInput, Space
from cohost.ports import Embedder, FloatArray, Query, TokenVectors
from cohost.settings import load
from cohost.store import people, places, sources
from cohost.store.audit import OPERATOR
from cohost.suggestion import Destination
from evals.sets import SHARED, Corpus
from knowledge.embed import SentenceEmbedder
from knowledge.quick import QuickEmbedder

__all__ = ["COMMUNITY", "SHARED", "Ground", "RememberingEmbedder", "ground"]
COMMUNITY = "evals"


class RememberingEmbedder:
    """The embedded default, asked once per text: measuring reads the same passages again and again.

    With a file, what was embedded is kept for the next run.
    """

    def __init__(self, embedder: Embedder, file: Path | None = None) -> None:
        self._embedder = embedder
        self._file = file
        self._tokens: dict[str, TokenVectors] = {}
        self.name = embedder.name
        self.dimensions = embedder.dimensions
        self._known: dict[bytes, FloatArray] = {}
        if file is not None and file.exists():
            with np.load(file) as kept:
                keys = [bytes(key) for key in kept["keys"]]
                self._known = dict(zip(keys, kept["vectors"].astype(np.float32), strict=True))

    def embed(self, texts: Sequence[str]) -> FloatArray:
        """As the Embedder port says."""
        keys = [sha256(text.encode("utf-8", "surrogatepass")).digest() for text in texts]
        new = {key: text for key, text in zip(keys, texts, strict=True) if key not in self._known}
        self._known.update(zip(new, self._embedder.embed(list(new.values())), strict=True))
        return np.stack([self._known[key] for key in keys]) if texts else self._embedder.embed([])

    def keep(self) -> None:
        """Write what is known to the file."""
        if self._file is None or not self._known:
            return
        self._file.parent.mkdir(parents=True, exist_ok=True)
        keys = np.array([np.frombuffer(key, dtype=np.uint8) for key in self._known])
        np.savez(self._file, keys=keys, vectors=np.stack(list(self._known.values())))

    def embed_tokens(self, texts: Sequence[str]) -> list[TokenVectors]:
        """As the Embedder port says."""
        new = list(dict.fromkeys(text for text in texts if text not in self._tokens))
        self._tokens.update(zip(new, self._embedder.embed_tokens(new), strict=True))
        return [self._tokens[text] for text in texts]


@dataclass(frozen=True)
class Ground:
    """An application with one community, thrown away afterwards."""

    core: App
    embedder: RememberingEmbedder
    plain: RememberingEmbedder  # the same model in floats, for what we compare with

    def add_corpus(self, corpus: Corpus) -> None:
        """Read a corpus into a new space of its name."""
        if corpus.folder is None:
            self.add_space(corpus.name, "discussion")
            items = [(corpus.name, source) for source in corpus.sources]
            for outcome in self.core.intake.put_many(COMMUNITY, items, OPERATOR):
                if isinstance(outcome, Exception):
                    raise outcome
            return
        with tempfile.TemporaryDirectory(prefix="cohost-corpus-") as folder:
            copy = Path(folder) / corpus.name
            shutil.copytree(corpus.folder, copy, ignore=shutil.ignore_patterns(*corpus.skipped))
            self.add_folder(corpus.name, copy)

    def add_folder(self, space_id: str, folder: Path) -> None:
        """Read a course into a new space."""
        self.add_space(space_id)
        self.core.files.ingest_path(COMMUNITY, space_id, folder, OPERATOR, on_progress=lambda done, total, name: None)

    def add_texts(self, space_id: str, texts: Iterable[tuple[str, str, str]]) -> None:
        """Put (id, title, text) pages into a new space."""
        self.add_space(space_id)
        for source_id, title, text in texts:
            self.core.intake.put(COMMUNITY, space_id, SourceInput(source_id, "page", title, text), OPERATOR)

    def add_space(self, space_id: str, kind: str = "course") -> None:
        """A new, empty space that every member may read."""
        new = Space(space_id, space_id, "discussion" if kind == "discussion" else "course", "members")
        with self.core.store.write() as tx:
            places.put_space(tx, COMMUNITY, new, self.core.clock())

    def sources(self, space_id: str) -> list[Source]:
        """Everything read into a space, as extracted."""
        with self.core.store.read() as tx:
            return sources.in_space(tx, places.space(tx, COMMUNITY, space_id).pk, limit=None)

    def chunks(self, space_id: str) -> list[Passage]:
        """All chunks of a space, in the order of their texts."""
        with self.core.store.read() as tx:
            pk = places.space(tx, COMMUNITY, space_id).pk
            keys = [row.chunk_pk for row in sources.indexed_texts(tx, pk)]
            return sorted(sources.passages(tx, COMMUNITY, keys, [pk]).values(), key=lambda p: (p.source_id, p.start))

    def search(self, space_id: str, question: str, *, top_k: int) -> list[Passage]:
        """What retrieval gives within one space."""
        return self.search_in((space_id,), question, top_k=top_k)

    def search_in(self, space_ids: Sequence[str], question: str, *, top_k: int) -> list[Passage]:
        """What retrieval gives within some spaces, as if there were no others."""
        return self.core.search.search(
            Query(COMMUNITY, question, Destination("hosts"), spaces=tuple(space_ids), top_k=top_k)
        )

    def cosine(self, one: str, other: str) -> float:
        """How near two texts are."""
        vectors = self.core.embedder.embed([one, other])
        return float(vectors[0] @ vectors[1])


@contextmanager
def ground(work: Path | None = None, database_url: str = "", embedder: Embedder | None = None) -> Iterator[Ground]:
    """An empty one: SQLite in a temporary folder, or the given database, which must hold no community `evals`."""
    with tempfile.TemporaryDirectory(prefix="cohost-evals-") as folder:
        environ = {"COHOST_HOME": folder} | ({"COHOST_DATABASE_URL": database_url} if database_url else {})
        quick = QuickEmbedder(Path(folder) / "models")
        quick.embed(["which one"])  # its name is settled only when it is loaded
        remembering, plain = (
            RememberingEmbedder(one, work / f"embeddings-{one.name}.npz" if work else None)
            for one in (quick, SentenceEmbedder())
        )
        core = build(load(environ), embedder=embedder or remembering)
        with core.store.write() as tx:
            people.put_community(tx, Community(COMMUNITY, "Evals"), core.clock())
        try:
            yield Ground(core, remembering, plain)
        finally:
            remembering.keep()
            core.close()
