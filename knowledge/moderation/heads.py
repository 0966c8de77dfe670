"""The trained heads: a layer that all categories share and a logistic model for each, one for any harm, one for spans."""

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
class Shared:
    """What the categories have in common: units that each say something of a window's features, or nothing."""

    weights: FloatArray  # (features, units)
    bias: FloatArray  # (units,)

    def units(self, rows: FloatArray) -> FloatArray:
        """`(n, units)`, never below nought, of `(n, features)`."""
        found: FloatArray = np.maximum(rows @ self.weights + self.bias, 0)
        return found


@dataclass(frozen=True)
class Heads:
    """What was fitted, with the signature of what it was fitted on."""

    signature: str
    lexicon: Lexicon
    shared: Shared
    categories: Mapping[str, Head]  # over the shared units
    harm: Head  # any harm, over the features
    span: Head  # over what `spans.word_rows` says of single words

    def probabilities(self, rows: FloatArray) -> dict[str, FloatArray]:
        """By category, `(n,)` in 0..1 of `(n, features)`."""
        units = self.shared.units(rows)
        return {name: head.probabilities(units) for name, head in self.categories.items()}

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
        Shared(*(np.array(stored["shared"][part], dtype=np.float32) for part in ("weights", "bias"))),
        {name: _head(head) for name, head in stored["categories"].items()},
        _head(stored["harm"]),
        _head(stored["span"]),
    )


def _head(stored: dict) -> Head:  # type: ignore[type-arg]  # a part of the JSON file
    return Head(np.array(stored["weights"], dtype=np.float32), stored["bias"], stored["threshold"])
