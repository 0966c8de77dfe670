"""Vectors of what was read a moment ago: a question and the sentences of its passages are asked for several times."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Sequence
from hashlib import sha256
from typing import TypeVar

import numpy as np

from cohost.ports import Embedder, FloatArray, TokenVectors

VECTORS = 4096  # 6 MiB; a draft asks for about a hundred
TOKENS = 64  # passages, each of up to 256 vectors: 25 MiB
Key = tuple[str, bytes]  # the embedder's name, and a text that is not kept
T = TypeVar("T")


class Recent:
    """The Embedder port over another one. Not for intake: it reads each text once, and would push out the others."""

    def __init__(self, embedder: Embedder) -> None:
        self._embedder = embedder
        self._lock = threading.Lock()
        self._vectors: OrderedDict[Key, FloatArray] = OrderedDict()
        self._tokens: OrderedDict[Key, TokenVectors] = OrderedDict()

    @property
    def name(self) -> str:
        """Of the embedder that makes the vectors."""
        return self._embedder.name

    @property
    def dimensions(self) -> int:
        """Length of each vector."""
        return self._embedder.dimensions

    def embed(self, texts: Sequence[str]) -> FloatArray:
        """`(n, dimensions)` float32, unit length, in the order of `texts`."""
        known = self._known(self._vectors, texts)
        missing = [text for text in dict.fromkeys(texts) if text not in known]
        if missing:
            made = [vector.copy() for vector in self._embedder.embed(missing)]  # a view would keep them all
            known |= self._keep(self._vectors, missing, made, VECTORS)
        return np.stack([known[text] for text in texts]) if texts else self._embedder.embed([])

    def embed_tokens(self, texts: Sequence[str]) -> list[TokenVectors]:
        """Word by word, in the order of `texts`."""
        known = self._known(self._tokens, texts)
        missing = [text for text in dict.fromkeys(texts) if text not in known]
        if missing:
            known |= self._keep(self._tokens, missing, self._embedder.embed_tokens(missing), TOKENS)
        return [known[text] for text in texts]

    def _known(self, kept: OrderedDict[Key, T], texts: Sequence[str]) -> dict[str, T]:
        with self._lock:
            found = {text: key for text in texts if (key := self._key(text)) in kept}
            for key in found.values():
                kept.move_to_end(key)
            return {text: kept[key] for text, key in found.items()}

    def _keep(self, kept: OrderedDict[Key, T], texts: Sequence[str], made: Sequence[T], limit: int) -> dict[str, T]:
        new = dict(zip(texts, made, strict=True))
        with self._lock:  # under the name that made them: an embedder may fall back to another at its first use
            kept.update((self._key(text), vector) for text, vector in new.items())
            while len(kept) > limit:
                kept.popitem(last=False)
        return new

    def _key(self, text: str) -> Key:
        return self.name, sha256(text.encode("utf-8", "surrogatepass")).digest()
