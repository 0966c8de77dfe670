"""Which part of the Big Purpose something serves."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

import numpy as np

from cohost.model import BigPurpose
from cohost.ports import Embedder

Part = Literal["goal", "activity", "outcome"]
PART_WORDS: Final = {"goal": "the shared goal", "activity": "what you do together", "outcome": "the outcome"}
# Cosine from which on a sentence, below its lesson's title, serves a part. Measured on four courses against purposes of
# their own and of others: 95 of 100 sentences of the own course come through, and of an unrelated one 2 to 32.
SERVES: Final = 0.22


@dataclass(frozen=True)
class Served:
    """A part, in the host's words; `text` is empty where there is no Big Purpose yet."""

    part: Part | None = None
    text: str = ""

    def told(self) -> str:
        """As a sentence for the host, or nothing."""
        return f"It serves {PART_WORDS[self.part]}: {self.text}" if self.part else ""


class Serving:
    """Asked for one text after another."""

    def __init__(self, purpose: BigPurpose, embedder: Embedder) -> None:
        told: list[tuple[Part, str]] = [("goal", text) for text in purpose.goals]
        told += [("activity", text) for text in purpose.activities]
        told += [("outcome", purpose.outcome)]
        self._parts = [Served(part, text) for part, text in told if text.strip()]
        self._embedder = embedder
        self._vectors = embedder.embed([one.text for one in self._parts]) if self._parts else None
        self.refused = 0  # texts that served nothing

    def of(self, title: str, text: str) -> Served | None:
        """The part that comes nearest; None where no part comes near."""
        if self._vectors is None:
            return Served()
        cosines = self._vectors @ self._embedder.embed([f"{title}. {text}"])[0]
        best = int(np.argmax(cosines))
        if cosines[best] >= SERVES:
            return self._parts[best]
        self.refused += 1
        return None
