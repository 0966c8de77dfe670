"""How probable it is that passages answer a question: a small logistic model over features that need no language model."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from cohost.model import Passage
from cohost.ports import Embedder, FloatArray
from knowledge.select import coverage, sentence_relevance, units

FEATURES = ("best_cosine", "cosine_gap", "best_lexical", "best_sentence", "second_sentence", "title_words", "passage_words", "sentence_words")
READ = 4  # passages the features look at
WEIGHTS = Path(__file__).with_name("answerable.json")


@dataclass(frozen=True)
class Answerability:
    """Fitted weights; `signature` says on what."""

    weights: FloatArray  # (len(FEATURES),)
    bias: float
    signature: str

    def probability(self, question: str, passages: Sequence[Passage], embedder: Embedder) -> float:
        """0..1 that the passages hold the answer."""
        if not passages:
            return 0.0
        logit = float(features(question, passages, embedder) @ self.weights) + self.bias
        return 1 / (1 + float(np.exp(-logit)))


def load(path: Path = WEIGHTS) -> Answerability:
    """The shipped weights."""
    stored = json.loads(path.read_text())
    weights = np.array([stored["weights"][name] for name in FEATURES], dtype=np.float32)
    return Answerability(weights, stored["bias"], stored["signature"])


def features(question: str, passages: Sequence[Passage], embedder: Embedder) -> FloatArray:
    """`(len(FEATURES),)` float32, each roughly 0..1."""
    read = passages[:READ]
    found = units(read)
    best = sorted(sentence_relevance(question, found, read, embedder), reverse=True) if found else [0.0]
    cosines = sorted((p.cosine_similarity for p in passages), reverse=True)
    together = " ".join(f"{p.title} {' '.join(p.headings)} {p.text}" for p in read)
    values = (
        cosines[0],
        cosines[0] - float(np.mean(cosines)),
        max(p.lexical_score for p in read),
        best[0],
        best[1] if len(best) > 1 else 0.0,
        max(coverage(question, f"{p.title} {' '.join(p.headings)}") for p in read),
        coverage(question, together),
        max((coverage(question, unit.text) for unit in found), default=0.0),
    )
    return np.array(values, dtype=np.float32)
