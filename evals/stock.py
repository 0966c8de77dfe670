"""What we compare with: chromadb, sentence-transformers and langchain's splitter as their first pages show them."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from cohost.ports import FloatArray
from knowledge.embed import DEFAULT, model_folder

CHUNK, OVERLAP = 1000, 200  # characters: langchain's defaults in most tutorials
ADD_AT_ONCE = 5000  # below Chroma's own limit of a batch


def split(texts: Sequence[str]) -> list[str]:
    """langchain's recursive splitter."""
    from langchain_text_splitters import RecursiveCharacterTextSplitter

    splitter = RecursiveCharacterTextSplitter(chunk_size=CHUNK, chunk_overlap=OVERLAP)
    return [piece for text in texts for piece in splitter.split_text(text)]


def embedder() -> Callable[[Sequence[str]], FloatArray]:
    """sentence-transformers in floats, with its own batches."""
    from sentence_transformers import SentenceTransformer

    model = SentenceTransformer(str(model_folder(DEFAULT)), device="cpu")
    return lambda texts: np.asarray(model.encode(list(texts), normalize_embeddings=True), dtype=np.float32)


class Chroma:
    """One collection with the space as metadata."""

    def __init__(self, folder: Path) -> None:
        import chromadb
        from chromadb.config import Settings

        client = chromadb.PersistentClient(str(folder), settings=Settings(anonymized_telemetry=False))
        self._collection: Any = client.create_collection(
            "chunks", metadata={"hnsw:space": "cosine"}, embedding_function=None
        )

    def add(self, vectors: FloatArray, spaces: Sequence[int], texts: Sequence[str]) -> None:
        """Ids are the positions."""
        for at in range(0, len(vectors), ADD_AT_ONCE):
            part = slice(at, at + ADD_AT_ONCE)
            self._collection.add(
                ids=[str(n) for n in range(at, min(at + ADD_AT_ONCE, len(vectors)))],
                embeddings=vectors[part],
                metadatas=[{"space": int(space)} for space in spaces[part]],
                documents=list(texts[part]),
            )

    def search(self, vector: FloatArray, spaces: Collection[int], top_k: int) -> list[int]:
        """Positions of the nearest in these spaces."""
        found = self._collection.query(
            query_embeddings=[vector.tolist()], n_results=top_k, where={"space": {"$in": sorted(spaces)}}
        )
        return [int(one) for one in found["ids"][0]]
