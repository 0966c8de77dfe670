"""An embedder for tests that need neither torch nor weights."""

from __future__ import annotations

import math
import re
import zlib
from collections.abc import Sequence

import numpy as np

from cohost.ports import FloatArray, TokenVectors

_WORD = re.compile(r"\w+")
_STEM = 5  # letters that a word and its inflections usually share


class HashEmbedder:
    """Bags of words hashed into a vector: deterministic, no model; texts that share words are similar."""

    def __init__(self, dimensions: int = 384) -> None:
        self.dimensions = dimensions
        self.name = f"hash-{dimensions}"

    def embed(self, texts: Sequence[str]) -> FloatArray:
        """`(n, dimensions)` float32, unit length; a text without words is the first axis."""
        vectors = np.zeros((len(texts), self.dimensions), dtype=np.float32)
        for row, text in enumerate(texts):
            for word in _WORD.findall(text.lower()):
                self._add(vectors[row], word, 1.0)
                self._add(vectors[row], f"{word[:_STEM]}*", 0.5)
            if not vectors[row].any():
                vectors[row, 0] = 1.0
            vectors[row] /= math.sqrt(float(vectors[row] @ vectors[row]))
        return vectors

    def embed_tokens(self, texts: Sequence[str]) -> list[TokenVectors]:
        """Each word by itself: context changes nothing here."""
        words = [tuple(_WORD.findall(text.lower())) for text in texts]
        return [TokenVectors(found, self.embed(found)) for found in words]

    def _add(self, vector: FloatArray, feature: str, weight: float) -> None:
        """Hash with a sign, so that collisions cancel out on average (Weinberger et al. 2009)."""
        code = zlib.crc32(feature.encode())
        vector[code % self.dimensions] += weight if code & 0x8000_0000 else -weight
