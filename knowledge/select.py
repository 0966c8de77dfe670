"""Which parts of the passages answer the question."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from cohost.model import Passage
from cohost.ports import Embedder, FloatArray, ScoredSentence
from knowledge.announcing import announces, heads_no_content
from knowledge.answerable import Answerability
from knowledge.asked import defines, holds, kind_asked
from knowledge.parts import parts_of

# Weights of what makes a part's relevance; they add up to 1.
ALONE, IN_PLACE, KIND, PASSAGE = 0.45, 0.25, 0.12, 0.18
DEFINES = 0.15  # on top, for the sentence that says what the thing asked about is
ANNOUNCES = 0.65  # of the relevance of a sentence that says what will be told, and does not tell it
SHORT, SHORT_WORDS = 0.88, 9  # and of one with so few words that it can hardly say more than the question does


def score_sentences(
    question: str, passages: Sequence[Passage], embedder: Embedder, judge: Answerability
) -> list[ScoredSentence]:
    """Sentences, lists, code and tables of the passages by relevance 0..1, best first."""
    found = [
        ScoredSentence(at, passage.start + start, passage.start + end, passage.text[start:end], 0.0, paragraph)
        for at, passage in enumerate(passages)
        for start, end, paragraph in parts_of(passage.text)
    ]
    if not found:
        return []
    relevance = _relevance(question, found, passages, embedder, judge)
    scored = [replace(part, relevance=float(value)) for part, value in zip(found, relevance, strict=True)]
    return sorted(scored, key=lambda part: -part.relevance)


def _relevance(
    question: str,
    found: Sequence[ScoredSentence],
    passages: Sequence[Passage],
    embedder: Embedder,
    judge: Answerability,
) -> FloatArray:
    """`(n,)` 0..1: nearness alone and under its title, the kind of thing asked for, and how well its passage answers."""
    alone, first = [part.text for part in found], [part.text.split("\n")[0] for part in found]
    in_place = [f"{'. '.join((passages[p.passage].title, *passages[p.passage].headings))}. {p.text}" for p in found]
    vectors = embedder.embed([question, *alone, *first, *in_place])
    whole, led, placed = np.split(np.clip(vectors[1:] @ vectors[0], 0, 1), 3)
    kind = kind_asked(question)
    fits = np.array([holds(kind, text) for text in alone])
    odds = judge.log_odds(question, passages, embedder)
    behind = np.exp(odds - odds.max())[[min(part.passage, len(odds) - 1) for part in found]]
    defined = np.array([defines(question, text) for text in alone])
    said = ALONE * np.maximum(whole, led) + IN_PLACE * placed + KIND * fits + PASSAGE * behind + DEFINES * defined
    kept = [_says(part.text, passages[part.passage].headings) for part in found]
    relevance: FloatArray = np.minimum(said * kept, 1).astype(np.float32)
    return relevance


def _says(text: str, headings: Sequence[str]) -> float:
    """How much of its relevance a part keeps."""
    empty = announces(text) or (bool(headings) and heads_no_content(headings[-1]))
    return (ANNOUNCES if empty else 1.0) * (SHORT if len(text.split()) < SHORT_WORDS else 1.0)
