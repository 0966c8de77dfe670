"""How probable it is that passages answer a question: a small logistic model over features that need no language model."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from cohost.model import Passage
from cohost.ports import Embedder, FloatArray
from knowledge.select import Unit, similarities, units
from knowledge.terms import coverage, stems, telling

# best_cosine    of a passage with the question
# cosine_gap     of the best passage to the mean of all found: one place stands out, or none does
# best_sentence  cosine of the sentence nearest to the question; second_sentence of the next
# joint          best product of a sentence's cosine and the share of telling words in it and its neighbours
# missing        weight of the rarest telling word that stands in none of the passages
FEATURES = ("best_cosine", "cosine_gap", "best_sentence", "second_sentence", "joint", "missing")
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
    """`(len(FEATURES),)` float32, each within -1..1."""
    if not passages:
        return np.zeros(len(FEATURES), dtype=np.float32)
    read = passages[:READ]
    found = units(read)
    similar = similarities(question, found, embedder) if found else np.zeros(1, dtype=np.float32)
    nearest = sorted(map(float, similar), reverse=True)
    cosines = [p.cosine_similarity for p in passages]
    wanted = telling(question)
    joint = max((_window_share(wanted, n, found, read) * float(similar[n]) for n in range(len(found))), default=0.0)
    together = stems(" ".join(f"{_head(p)} {p.text}" for p in read))
    return np.array(
        (
            max(cosines),
            max(cosines) - float(np.mean(cosines)),
            nearest[0],
            nearest[1] if len(nearest) > 1 else 0.0,
            joint,
            coverage(wanted, together)[1],
        ),
        dtype=np.float32,
    )


def _window_share(wanted: list[str], n: int, found: Sequence[Unit], passages: Sequence[Passage]) -> float:
    """Share of the telling words in a sentence, its neighbours, and what stands over them."""
    at = found[n].passage
    window = [unit.text for unit in found[max(0, n - 1) : n + 2] if unit.passage == at]
    return coverage(wanted, stems(" ".join((_head(passages[at]), *window))))[0]


def _head(passage: Passage) -> str:
    return " ".join((passage.title, *passage.headings))
