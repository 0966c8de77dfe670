"""A throw-away community to measure on: spaces filled from folders or texts, searched with the real embedder."""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from cohost.bootstrap import App, build
from cohost.model import Community, Passage, SourceInput, Space
from cohost.ports import FloatArray, Query, TokenVectors
from cohost.settings import load
from cohost.store import people, places
from cohost.store.audit import OPERATOR
from cohost.suggestion import Destination
from knowledge.embed import SentenceEmbedder

SHARED = Path(__file__).resolve().parents[2] / "shared" / "data"
COMMUNITY = "evals"


class RememberingEmbedder:
    """The embedded default, asked once per text: measuring reads the same passages again and again."""

    def __init__(self) -> None:
        self._embedder = SentenceEmbedder()
        self._known: dict[str, FloatArray] = {}
        self._tokens: dict[str, TokenVectors] = {}
        self.name = self._embedder.name
        self.dimensions = self._embedder.dimensions

    def embed(self, texts: Sequence[str]) -> FloatArray:
        """As the Embedder port says."""
        new = list(dict.fromkeys(text for text in texts if text not in self._known))
        self._known.update(zip(new, self._embedder.embed(new), strict=True))
        return np.stack([self._known[text] for text in texts]) if texts else self._embedder.embed([])

    def embed_tokens(self, texts: Sequence[str]) -> list[TokenVectors]:
        """As the Embedder port says."""
        new = list(dict.fromkeys(text for text in texts if text not in self._tokens))
        self._tokens.update(zip(new, self._embedder.embed_tokens(new), strict=True))
        return [self._tokens[text] for text in texts]


@dataclass(frozen=True)
class Ground:
    """An application with one community, thrown away afterwards."""

    core: App

    def add_folder(self, space_id: str, folder: Path) -> None:
        """Read a course into a new space."""
        self._add_space(space_id)
        self.core.files.ingest_path(COMMUNITY, space_id, folder, OPERATOR, on_progress=lambda done, total, name: None)

    def add_texts(self, space_id: str, texts: Iterable[tuple[str, str, str]]) -> None:
        """Put (id, title, text) pages into a new space."""
        self._add_space(space_id)
        for source_id, title, text in texts:
            self.core.intake.put(COMMUNITY, space_id, SourceInput(source_id, "page", title, text), OPERATOR)

    def search(self, space_id: str, question: str, *, top_k: int) -> list[Passage]:
        """What retrieval gives within one space."""
        return self.core.search.search(
            Query(COMMUNITY, question, Destination("hosts"), spaces=(space_id,), top_k=top_k)
        )

    def cosine(self, one: str, other: str) -> float:
        """How near two texts are."""
        vectors = self.core.embedder.embed([one, other])
        return float(vectors[0] @ vectors[1])

    def _add_space(self, space_id: str) -> None:
        with self.core.store.write() as tx:
            places.put_space(tx, COMMUNITY, Space(space_id, space_id, "course", "members"), self.core.clock())


@contextmanager
def ground() -> Iterator[Ground]:
    """An empty one in a temporary folder."""
    with tempfile.TemporaryDirectory(prefix="cohost-evals-") as folder:
        core = build(load({"COHOST_HOME": folder}), embedder=RememberingEmbedder())
        with core.store.write() as tx:
            people.put_community(tx, Community(COMMUNITY, "Evals"), core.clock())
        try:
            yield Ground(core)
        finally:
            core.close()
