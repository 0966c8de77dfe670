"""What a user would otherwise have, over the same texts and with the same embedder."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Protocol

import numpy as np

from cohost.model import Passage, Source
from cohost.ports import Embedder
from knowledge.chunk import embedded_text

CHUNK_CHARACTERS, OVERLAP = 1000, 200  # what langchain's own tutorials use
DEEP = 100  # chunks looked through: enough for ten different lessons

Rank = Callable[[str], list[str]]  # question → source ids, best first, one for each chunk found


class System(Protocol):
    """A way to search, built over the sources of one corpus."""

    def __call__(self, sources: Sequence[Source], chunks: Sequence[Passage], embedder: Embedder) -> Rank:
        """Read the sources, or our chunks of them, so that only the search differs; what ranks them."""
        ...


def bm25(sources: Sequence[Source], chunks: Sequence[Passage], embedder: Embedder) -> Rank:
    """BM25 (k1 1.5, b .75) with English stop words and stems, on our chunks."""
    import bm25s
    import Stemmer

    texts, stemmer = [_embedded(chunk) for chunk in chunks], Stemmer.Stemmer("english")
    index = bm25s.BM25()
    index.index(bm25s.tokenize(texts, stopwords="en", stemmer=stemmer, show_progress=False), show_progress=False)

    def rank(question: str) -> list[str]:
        words = bm25s.tokenize([question], stopwords="en", stemmer=stemmer, show_progress=False)
        found, scores = index.retrieve(words, k=min(DEEP, len(texts)), show_progress=False)
        return [chunks[at].source_id for at, score in zip(found[0], scores[0], strict=True) if score > 0]

    return rank


def dense(sources: Sequence[Source], chunks: Sequence[Passage], embedder: Embedder) -> Rank:
    """Cosine similarity alone, exact, on our chunks."""
    vectors = embedder.embed([_embedded(chunk) for chunk in chunks])

    def rank(question: str) -> list[str]:
        nearest = np.argsort(-(vectors @ embedder.embed([question])[0]), kind="stable")
        return [chunks[at].source_id for at in nearest[:DEEP]]

    return rank


def langchain(sources: Sequence[Source], chunks: Sequence[Passage], embedder: Embedder) -> Rank:
    """The stock pipeline: recursive splitter, the same embedder, Chroma with its defaults."""
    import chromadb
    from chromadb.config import Settings
    from langchain_text_splitters import RecursiveCharacterTextSplitter

    splitter = RecursiveCharacterTextSplitter(chunk_size=CHUNK_CHARACTERS, chunk_overlap=OVERLAP)
    pieces = [(source.id, piece) for source in sources for piece in splitter.split_text(_titled(source))]
    client = chromadb.EphemeralClient(Settings(anonymized_telemetry=False))
    name = f"stock-{len(client.list_collections())}"
    collection = client.create_collection(name, embedding_function=None)
    _fill(collection, pieces, embedder, batch=client.get_max_batch_size())

    def rank(question: str) -> list[str]:
        found = collection.query(query_embeddings=embedder.embed([question]), n_results=min(DEEP, len(pieces)))
        return [pieces[int(key)][0] for key in found["ids"][0]]

    return rank


SYSTEMS: dict[str, System] = {"BM25": bm25, "dense": dense, "langchain": langchain}


def _embedded(chunk: Passage) -> str:
    return embedded_text(chunk.title, chunk.headings, chunk.text)


def _titled(source: Source) -> str:
    """A post or page without its title would be at a loss that no user would put up with."""
    return source.text if source.text.lstrip("# \n").startswith(source.title) else f"{source.title}\n\n{source.text}"


def _fill(collection: Any, pieces: Sequence[tuple[str, str]], embedder: Embedder, *, batch: int) -> None:
    for at in range(0, len(pieces), batch):
        some = pieces[at : at + batch]
        keys = [str(at + n) for n in range(len(some))]
        collection.add(ids=keys, embeddings=embedder.embed([text for _, text in some]))
