"""How probable it is that passages answer a question: a small logistic model over features that need no language model."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from cohost.model import Passage
from cohost.ports import Embedder, FloatArray
from knowledge.chunk import embedded_text
from knowledge.sentences import Unit, units
from knowledge.terms import coverage, stems, telling
from knowledge.wordwise import meeting

# passage, title  cosine of the question with a passage as it is embedded, and with what stands over it alone
# sentence, pair  the nearest sentence, and the nearest two in a row
# sentences       mean over the passage's sentences: is it about this at all?
# joint           best product of a sentence's cosine and the share of telling words in it and its neighbours
# met_…           how the question's words are met by the passage's, see `Meeting`
FEATURES = (
    "passage",
    "title",
    "sentence",
    "pair",
    "sentences",
    "joint",
    "met_pieces",
    "met_words",
    "met_weighted",
    "met_worst",
)
# Passages that are judged; with four, the one that answers was not among them in a tenth of a course's questions.
READ = 8
SHARPNESS = 2.0  # 1 adds the odds of all passages, much more counts the best alone; 1.5 to 4 are alike on the sets
WEIGHTS = Path(__file__).with_name("answerable.json")


@dataclass(frozen=True)
class Answerability:
    """Fitted weights; `signature` says on what."""

    weights: FloatArray  # (len(FEATURES),)
    bias: float
    signature: str

    def probability(self, question: str, passages: Sequence[Passage], embedder: Embedder) -> float:
        """0..1 that the passages hold the answer. Of those that are judged, one less never makes it more."""
        if not passages:
            return 0.0
        return 1 / (1 + float(np.exp(-together(self.log_odds(question, passages, embedder)))))

    def log_odds(self, question: str, passages: Sequence[Passage], embedder: Embedder) -> FloatArray:
        """`(n,)`, of each passage that is judged, the first ones, that it answers."""
        odds: FloatArray = features(question, passages, embedder) @ self.weights + self.bias
        return odds


def load(path: Path = WEIGHTS) -> Answerability:
    """The shipped weights."""
    stored = json.loads(path.read_text())
    weights = np.array([stored["weights"][name] for name in FEATURES], dtype=np.float32)
    return Answerability(weights, stored["bias"], stored["signature"])


def together(logits: FloatArray) -> float:
    """The log-odds that one of several passages answers: the root of the sum of their odds' squares, above the best one's.

    Each passage adds to it, whatever the others are, so that taking one away lowers the estimate.
    """
    return float(np.logaddexp.reduce(SHARPNESS * logits)) / SHARPNESS


def features(question: str, passages: Sequence[Passage], embedder: Embedder) -> FloatArray:
    """`(n, len(FEATURES))` float32 of the first passages, each value within -1..1 and of its passage alone."""
    read = passages[:READ]
    if not read:
        return np.zeros((0, len(FEATURES)), dtype=np.float32)
    asked, *texts = embedder.embed_tokens([question, *(embedded_text(p.title, p.headings, p.text) for p in read)])
    met = [meeting(asked, text) for text in texts]
    near = [_nearness(question, passage, embedder) for passage in read]
    return np.array(
        [(*n, m.pieces, m.words, m.weighted, m.worst) for n, m in zip(near, met, strict=True)], dtype=np.float32
    )


def _nearness(question: str, passage: Passage, embedder: Embedder) -> tuple[float, ...]:
    """The features of one passage up to `joint`."""
    found = units([passage])
    texts = [unit.text for unit in found] or [passage.text[:300]]
    pairs = [" ".join(texts[n : n + 2]) for n in range(len(texts))]
    vectors = embedder.embed([question, _head(passage), *texts, *pairs])
    cosines = vectors[1:] @ vectors[0]
    single, double = cosines[1 : len(texts) + 1], cosines[len(texts) + 1 :]
    shares = _window_shares(question, found, passage) or [0.0]
    joint = max(share * float(cosine) for share, cosine in zip(shares, single, strict=True))
    return (
        passage.cosine_similarity,
        float(cosines[0]),
        float(single.max()),
        float(double.max()),
        float(single.mean()),
        joint,
    )


def _window_shares(question: str, found: Sequence[Unit], passage: Passage) -> list[float]:
    """Of each sentence: share of the telling words in it, its neighbours, and what stands over them."""
    wanted, head = telling(question), _head(passage)
    windows = ([head, *(unit.text for unit in found[max(0, n - 1) : n + 2])] for n in range(len(found)))
    return [coverage(wanted, stems(" ".join(window)))[0] for window in windows]


def _head(passage: Passage) -> str:
    return ". ".join((passage.title, *passage.headings))
