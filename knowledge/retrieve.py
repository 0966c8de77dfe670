"""Hybrid retrieval: a dense and a lexical leg, fused, and every hit checked in SQL for this destination."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from cohost import audience
from cohost.model import Passage
from cohost.ports import Embedder, Query, ScoredSentence, VectorIndex
from cohost.store import Store, Tx, fulltext, sources
from knowledge import lexical
from knowledge.answerable import Answerability
from knowledge.select import score_sentences

CANDIDATES = 60  # of each leg; beyond it the right chunk was almost never found on the development sets
DENSE_WEIGHT = {"sqlite": 0.8, "postgresql": 0.8}  # of the sum; a broad optimum on two courses, see DECISIONS
CHUNKS_PER_SOURCE = 3  # of one result page, so that a long lesson does not hide the others


@dataclass(frozen=True)
class Retriever:
    """The Search port."""

    store: Store
    embedder: Embedder
    index: VectorIndex
    answerability: Answerability
    dense_weight: float | None = None  # None = the measured one for this database

    def search(self, query: Query) -> list[Passage]:
        """Best first; only chunks of persons' living sources in spaces the destination may draw on."""
        with self.store.read() as tx:
            spaces = self._allowed(tx, query)
        if not spaces or not query.text.strip():
            return []
        vector = self.embedder.embed([query.text])[0]
        dense = {h.chunk_pk: h.cosine_similarity for h in self.index.search(vector, spaces, CANDIDATES)}
        with self.store.read() as tx:
            # asked again in the same transaction as the texts: a space may have been restricted while embedding
            allowed = self._allowed(tx, query)
            words = dict(fulltext.search(tx, lexical.terms(query.text), allowed, limit=CANDIDATES))
            found = sources.passages(tx, query.community_id, dense.keys() | words.keys(), allowed)
        return _spread(self._fused(found, dense, words), query.top_k)

    def sentences(self, question: str, passages: Sequence[Passage]) -> list[ScoredSentence]:
        """Sentences and whole blocks of the passages, best answer first."""
        return score_sentences(question, passages, self.embedder)

    def answerable(self, question: str, passages: Sequence[Passage]) -> float:
        """Probability 0..1 that the passages hold the answer."""
        return self.answerability.probability(question, passages, self.embedder)

    def signature(self) -> dict[str, Any]:
        """Embedder and settings, for provenance."""
        settings = {"index": self.index.name, "dense_weight": self._weight, "candidates": CANDIDATES}
        return {"embedder": self.embedder.name, **settings}

    @property
    def _weight(self) -> float:
        return DENSE_WEIGHT[self.store.engine.dialect.name] if self.dense_weight is None else self.dense_weight

    def _allowed(self, tx: Tx, query: Query) -> dict[int, int]:
        """Space key → version, for every space the query may touch."""
        seen = audience.sight(tx, query.community_id)
        allowed = audience.usable_spaces(seen, query.destination)
        if query.spaces is not None:
            allowed &= set(query.spaces)
        return {seen.spaces[s].pk: seen.spaces[s].version for s in sorted(allowed)}

    def _fused(self, found: dict[int, Passage], dense: dict[int, float], words: dict[int, float]) -> list[Passage]:
        """Weighted sum of both legs, each scaled to 0..1 by its best; a leg that missed a chunk gives its floor."""
        best_words = max(words.values(), default=1.0) or 1.0
        floor = min(dense.values(), default=0.0)
        passages = []
        for pk, passage in found.items():
            cosine, word = dense.get(pk, floor), words.get(pk, 0.0) / best_words
            score = self._weight * max(cosine, 0.0) + (1 - self._weight) * word
            passages.append(replace(passage, score=score, cosine_similarity=cosine, lexical_score=word))
        return sorted(passages, key=lambda p: (-p.score, p.chunk_pk))


def _spread(ranked: list[Passage], top_k: int) -> list[Passage]:
    """The first `top_k`, but at most a few of one source while others wait."""
    taken: dict[tuple[str, str], int] = {}
    first: list[Passage] = []
    later: list[Passage] = []
    for passage in ranked:
        count = taken.get((passage.space_id, passage.source_id), 0)
        (first if count < CHUNKS_PER_SOURCE else later).append(passage)
        taken[passage.space_id, passage.source_id] = count + 1
    return (first + later)[:top_k]
