"""Never the same twice: a draft is compared with what was posted and with every earlier draft, whatever became of it."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from cohost.discuss.payload import NAME, PromptPayload
from cohost.ports import Embedder, FloatArray
from cohost.store import Tx, sources, suggestions

ALIKE = 0.85  # cosine from which on two texts say the same
POSTS_LOOKED_AT = 10_000
DRAFTS_EMBEDDED = 300  # the newest; older ones are told by their quotes and terms


class Earlier:
    """What was there before, and what this run has added."""

    def __init__(self, tx: Tx, community_id: str, embedder: Embedder, *, without: str = "") -> None:
        self._embedder = embedder
        self.drafts = [
            one for one in suggestions.of_job(tx, community_id, NAME) if one.payload.get("text") and one.id != without
        ]
        payloads = [PromptPayload.model_validate(one.payload) for one in self.drafts]
        self._quotes = {item.quote for one in self.drafts for item in one.evidence}
        self._pairs = {(one.format, one.concept.casefold()) for one in payloads}
        posts = sources.post_vectors(tx, community_id, embedder.dimensions, embedder.name, limit=POSTS_LOOKED_AT)
        said = [text_of(one) for one in payloads[-DRAFTS_EMBEDDED:]]
        before = embedder.embed(said) if said else np.zeros((0, embedder.dimensions), np.float32)
        self._vectors: list[FloatArray] = [posts, before]  # one matrix would be copied with every draft

    def knows_quote(self, quote: str) -> bool:
        """Whether an earlier draft quoted just this."""
        return quote in self._quotes

    def knows(self, draft: PromptPayload, quote: str, vector: FloatArray) -> bool:
        """Whether it, or something near it, was there before; `vector` is that of its text."""
        if quote in self._quotes or (draft.format, draft.concept.casefold()) in self._pairs:
            return True
        return self.is_near(vector)

    def is_near(self, vector: FloatArray) -> bool:
        """Whether a text says the same as one that was there before."""
        return any(float((known @ vector).max()) >= ALIKE for known in self._vectors if len(known))

    def add(self, draft: PromptPayload, quote: str, vector: FloatArray) -> None:
        """Now it is known."""
        self._quotes.add(quote)
        self._pairs.add((draft.format, draft.concept.casefold()))
        self._vectors.append(vector[None, :])

    def learn(self, vectors: FloatArray) -> None:
        """Further texts that were there before, `(n, dimensions)`, unit length."""
        self._vectors.append(vectors)

    def embed(self, texts: Sequence[str]) -> FloatArray:
        """`(n, dimensions)`, unit length."""
        return self._embedder.embed(texts)

    def used(self, space_id: str) -> dict[str, int]:
        """How often each format was proposed in a space."""
        counts: dict[str, int] = {}
        for one in self.drafts:
            if one.destination.space_id == space_id:
                counts[one.payload["format"]] = counts.get(one.payload["format"], 0) + 1
        return counts


def text_of(draft: PromptPayload) -> str:
    """What readers would read."""
    return "\n".join((draft.title, draft.text, *draft.options))
