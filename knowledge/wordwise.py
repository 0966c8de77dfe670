"""How well each word of a question is met by some word of a text, by what the words mean where they stand.

The soft form of counting shared words: late interaction as in ColBERT (Khattab and Zaharia 2020), with the embedder's own
word vectors and no training. A synonym or a misspelt word is met; a thing that the text does not speak of is not.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from cohost.ports import FloatArray, TokenVectors
from knowledge.lexical import STOP_WORDS
from knowledge.terms import ASKING, rarity

LEAST_WEIGHT = 0.05  # of a word that tells next to nothing


@dataclass(frozen=True)
class Meeting:
    """Cosines -1..1 of a question's words with their best match in a text, summed up in four ways."""

    pieces: float  # mean over all word pieces
    words: float  # mean over the telling words
    weighted: float  # the same, rare words weighing more
    worst: float  # the telling word that is met worst


def meeting(question: TokenVectors, text: TokenVectors) -> Meeting:
    """How the words of a question are met by a text's; all 0 when either has none."""
    if not question.pieces or not text.pieces:
        return Meeting(0.0, 0.0, 0.0, 0.0)
    # not `@`: so little is done before other threads of BLAS are awake, and these then spin
    best: FloatArray = np.einsum("qd,td->qt", question.vectors, text.vectors).max(axis=1)
    telling = _telling(question.pieces, best)
    met = np.array([cosine for _, cosine in telling])
    weights = np.array([rarity(word) + LEAST_WEIGHT for word, _ in telling])
    return Meeting(float(best.mean()), float(met.mean()), float(met @ weights / weights.sum()), float(met.min()))


def _telling(pieces: tuple[str, ...], best: FloatArray) -> list[tuple[str, float]]:
    """Content words with the mean of their pieces; all words where there is no content word."""
    words: list[tuple[str, list[float]]] = []
    for piece, cosine in zip(pieces, map(float, best), strict=True):
        if piece.startswith("##") and words:
            words[-1] = (words[-1][0] + piece[2:], [*words[-1][1], cosine])
        else:
            words.append((piece, [cosine]))
    whole = [(word, float(np.mean(cosines))) for word, cosines in words]
    telling = [(w, c) for w, c in whole if w.isalnum() and w not in STOP_WORDS and w not in ASKING]
    return telling or whole
