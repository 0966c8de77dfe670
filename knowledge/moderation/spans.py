"""Which words carry it: each word by what it means where it stands, and by the lexicon."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence

import numpy as np

from cohost.ports import FloatArray, TokenVectors
from knowledge.moderation.features import KINDS, Lexicon
from knowledge.moderation.heads import MEANING_SCALE, Head
from knowledge.moderation.normal import words

FARTHEST = 60  # characters that the tokenizer may have left out between two pieces
Word = tuple[str, int, int]


def word_rows(text: str, tokens: TokenVectors, lexicon: Lexicon) -> tuple[list[Word], FloatArray]:
    """The words of a text, and `(words, dimensions + 5·kinds)` float32 of them: meaning, then weights in the lexicon.

    Its own, those of its neighbours, the most in the text, and how far it is from that: where a text holds one strong
    word, its weak ones carry nothing.
    """
    found = words(text)
    if not found:
        return [], np.zeros((0, 1), dtype=np.float32)
    places = _places(text, tokens.pieces)
    weights = np.array([lexicon.get(word, (0.0,) * len(KINDS)) for word, _, _ in found], dtype=np.float32)
    left, right = np.roll(weights, 1, axis=0), np.roll(weights, -1, axis=0)
    left[0], right[-1] = 0, 0
    meant = np.zeros((len(found), tokens.vectors.shape[1] if len(tokens.pieces) else 384), dtype=np.float32)
    for row, (_, start, end) in enumerate(found):
        pieces = [n for n, at in enumerate(places) if start <= at < end]
        if pieces:
            meant[row] = MEANING_SCALE * tokens.vectors[pieces].mean(axis=0)
    most = np.repeat(weights.max(axis=0, keepdims=True), len(found), axis=0)
    return found, np.hstack([meant, weights, left, right, most, weights - most])


def toxic_spans(text: str, tokens: TokenVectors, lexicon: Lexicon, head: Head) -> list[tuple[int, int, float]]:
    """Spans of the words that carry it, neighbours joined, each with its most probable word's probability."""
    found, rows = word_rows(text, tokens, lexicon)
    if not found:
        return []
    return joined(found, head.probabilities(rows), head.threshold)


def joined(found: Sequence[Word], probabilities: FloatArray, threshold: float) -> list[tuple[int, int, float]]:
    """Runs of words at or above the threshold."""
    spans: list[tuple[int, int, float]] = []
    last = -2
    for at, ((_, start, end), probability) in enumerate(zip(found, probabilities, strict=True)):
        if probability < threshold:
            continue
        if at == last + 1:
            before = spans.pop()
            spans.append((before[0], end, max(before[2], float(probability))))
        else:
            spans.append((start, end, float(probability)))
        last = at
    return spans


def _places(text: str, pieces: Sequence[str]) -> list[int]:
    """Where each piece begins in the text; -1 where it cannot be found."""
    plain = "".join(unicodedata.normalize("NFD", char)[0].lower()[:1] or " " for char in text)
    places, position = [], 0
    for piece in pieces:
        bare = piece.removeprefix("##")
        at = plain.find(bare, position, position + len(bare) + FARTHEST)
        places.append(at)
        position = at + len(bare) if at >= 0 else position
    return places
