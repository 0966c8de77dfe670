"""Which sentences of the passages answer the question."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from cohost.model import Passage
from cohost.ports import Embedder, FloatArray, ScoredSentence
from knowledge.sentences import sentence_spans
from knowledge.terms import coverage, stems, telling

READ = 5  # passages whose sentences are scored: an answer hardly ever stands further down
MIN_WORDS = 4  # shorter lines are labels and list heads
MAX_UNIT_CHARACTERS = 900  # a longer 'sentence' is a dump; it is not a quotable answer
# Weights of the parts of a sentence's relevance; they add up to 1.
MEANING, WORDS, PASSAGE = 0.6, 0.25, 0.15


@dataclass(frozen=True)
class Unit:
    """A sentence within a passage."""

    passage: int
    start: int  # offsets in the source's text
    end: int
    text: str


def score_sentences(question: str, passages: Sequence[Passage], embedder: Embedder) -> list[ScoredSentence]:
    """Sentences of the first passages by relevance 0..1, best first."""
    found = units(passages[:READ])
    if not found:
        return []
    relevance = _relevance(question, found, passages, embedder)
    ranked = sorted(zip(found, relevance, strict=True), key=lambda pair: -pair[1])
    return [ScoredSentence(u.passage, u.start, u.end, u.text, float(value)) for u, value in ranked]


def units(passages: Sequence[Passage]) -> list[Unit]:
    """Quotable sentences: no questions (a question is no answer), no labels, no dumps."""
    found = []
    for at, passage in enumerate(passages):
        for start, end in sentence_spans(passage.text):
            text = passage.text[start:end]
            if len(text.split()) >= MIN_WORDS and len(text) <= MAX_UNIT_CHARACTERS and not text.endswith("?"):
                found.append(Unit(at, passage.start + start, passage.start + end, text))
    return found


def similarities(question: str, found: Sequence[Unit], embedder: Embedder) -> FloatArray:
    """`(n,)` cosine of each unit with the question."""
    vectors = embedder.embed([question, *(unit.text for unit in found)])
    similarity: FloatArray = vectors[1:] @ vectors[0]
    return similarity


def _relevance(question: str, found: Sequence[Unit], passages: Sequence[Passage], embedder: Embedder) -> FloatArray:
    """`(n,)` 0..1: likeness in meaning, share of the question's words, and the passage's own standing."""
    meaning = np.clip(similarities(question, found, embedder), 0, 1)
    wanted = telling(question)
    words = np.array([coverage(wanted, stems(f"{passages[u.passage].title} {u.text}"))[0] for u in found])
    best = max(p.score for p in passages) or 1.0
    standing = np.array([passages[u.passage].score / best for u in found])
    relevance: FloatArray = (MEANING * meaning + WORDS * words + PASSAGE * standing).astype(np.float32)
    return relevance
