"""Hybrid retrieval: a dense and a lexical leg, fused, and every hit checked in SQL for this destination."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from cohost import audience
from cohost.audience import Sight
from cohost.model import Passage
from cohost.ports import Embedder, Query, ScoredSentence, VectorIndex
from cohost.store import Store, Tx, fulltext, sources
from knowledge import fuse, lexical
from knowledge.answerable import Answerability
from knowledge.merge import joined
from knowledge.select import score_sentences

CANDIDATES = 60  # of each leg; beyond it the right chunk was almost never found on the development sets
DENSE_WEIGHT = {"sqlite": 0.7, "postgresql": 0.7}  # of the sum; tuned on halves of four sets, see DECISIONS
CHUNKS_PER_SOURCE = 3  # of one result page, so that a long lesson or thread does not hide the others


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
        if not query.text.strip():
            return []
        vector = self.embedder.embed([query.text])[0]
        with self.store.read() as tx:  # one snapshot: who may read what is looked up once, and holds for the texts
            seen = audience.sight(tx, query.community_id)
            spaces = _allowed(seen, query)
            if not spaces:
                return []
            cosines = {h.chunk_pk: h.cosine_similarity for h in self.index.search(vector, spaces, CANDIDATES)}
            return self._found(tx, query, seen, spaces, cosines)

    def sentences(self, question: str, passages: Sequence[Passage]) -> list[ScoredSentence]:
        """Sentences and whole blocks of the passages, best answer first."""
        return score_sentences(question, passages, self.embedder, self.answerability)

    def answerable(self, question: str, passages: Sequence[Passage]) -> float:
        """Probability 0..1 that the passages hold the answer."""
        return self.answerability.probability(question, passages, self.embedder)

    def signature(self) -> dict[str, Any]:
        """Embedder and settings, for provenance."""
        settings = {"index": self.index.name, "dense_weight": self._weight, "candidates": CANDIDATES, "fusion": 2}
        return {"embedder": self.embedder.name, **settings}

    @property
    def _weight(self) -> float:
        return DENSE_WEIGHT[self.store.engine.dialect.name] if self.dense_weight is None else self.dense_weight

    def _found(
        self, tx: Tx, query: Query, seen: Sight, allowed: dict[int, int], cosines: dict[int, float]
    ) -> list[Passage]:
        words = dict(fulltext.search(tx, lexical.terms(query.text), allowed, limit=CANDIDATES))
        found = sources.passages(tx, query.community_id, cosines.keys() | words.keys(), allowed)
        hits = fuse.Hits(cosines, words, CANDIDATES)
        ranked = fuse.fused(query.text, found, hits, dense_weight=self._weight, staff=seen.staff)
        return joined(tx, _spread(ranked), query.top_k)


def _allowed(seen: Sight, query: Query) -> dict[int, int]:
    """Space key → version, for every space the query may touch."""
    allowed = audience.usable_spaces(seen, query.destination)
    if query.spaces is not None:
        allowed &= set(query.spaces)
    return {seen.spaces[s].pk: seen.spaces[s].version for s in sorted(allowed)}


def _spread(ranked: Sequence[Passage]) -> list[Passage]:
    """At most a few of one source or thread while others wait."""
    taken: dict[tuple[str, str], int] = {}
    first: list[Passage] = []
    later: list[Passage] = []
    for passage in ranked:
        count = taken.get(fuse.whole(passage), 0)
        (first if count < CHUNKS_PER_SOURCE else later).append(passage)
        taken[fuse.whole(passage)] = count + 1
    return first + later
