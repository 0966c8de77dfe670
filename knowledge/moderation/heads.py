"""The trained heads: one logistic model a category over a window's features, and one over single words for the spans."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from cohost.ports import FloatArray
from knowledge.moderation.features import Lexicon

HEADS = Path(__file__).with_name("heads.json")
MEANING_SCALE = 8.0  # a unit vector's 384 parts are tiny beside the lexical features; one penalty is to fit both


@dataclass(frozen=True)
class Head:
    """A logistic model, and the probability from which a post is worth a moderator's look."""

    weights: FloatArray  # (features,)
    bias: float
    threshold: float  # 0..1

    def probabilities(self, rows: FloatArray) -> FloatArray:
        """`(n,)` in 0..1 of `(n, features)`."""
        logits = np.clip(rows @ self.weights + self.bias, -30, 30)
        sigmoid: FloatArray = (1 / (1 + np.exp(-logits))).astype(np.float32)
        return sigmoid


@dataclass(frozen=True)
class Heads:
    """What was fitted, with the signature of what it was fitted on."""

    signature: str
    lexicon: Lexicon
    categories: Mapping[str, Head]
    span: Head

    @property
    def version(self) -> str:
        """Short, for provenance."""
        return self.signature.split("|")[0]


def load(path: Path = HEADS) -> Heads:
    """The shipped heads."""
    stored = json.loads(path.read_text(encoding="utf-8"))
    return Heads(
        stored["signature"],
        {word: tuple(weights) for word, weights in stored["lexicon"].items()},
        {name: _head(head) for name, head in stored["categories"].items()},
        _head(stored["span"]),
    )


def _head(stored: dict) -> Head:  # type: ignore[type-arg]  # a part of the JSON file
    return Head(np.array(stored["weights"], dtype=np.float32), stored["bias"], stored["threshold"])
