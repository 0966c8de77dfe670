"""Which sentences of the passages answer the question."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from cohost.model import Passage
from cohost.ports import Embedder, FloatArray, ScoredSentence
from knowledge.asked import holds, kind_asked
from knowledge.sentences import sentence_spans

READ = 5  # passages whose sentences are scored: an answer hardly ever stands further down
MIN_WORDS = 4  # shorter lines are labels and list heads
MAX_UNIT_CHARACTERS = 900  # a longer 'sentence' is a dump; it is not a quotable answer
# Weights of the parts of a sentence's relevance; they add up to 1. Compared on the answerable questions of the sample
# community, whose answers are one or two sentences: the best of a dozen mixtures, and better than any part alone.
SENTENCE, IN_PLACE, KIND, RANK = 0.5, 0.3, 0.1, 0.1


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


def _relevance(question: str, found: Sequence[Unit], passages: Sequence[Passage], embedder: Embedder) -> FloatArray:
    """`(n,)` 0..1: nearness alone and under its title, the kind of thing asked for, and the passage's rank."""
    alone = [unit.text for unit in found]
    in_place = [f"{'. '.join((passages[u.passage].title, *passages[u.passage].headings))}. {u.text}" for u in found]
    vectors = embedder.embed([question, *alone, *in_place])
    near = np.clip(vectors[1:] @ vectors[0], 0, 1)
    kind = kind_asked(question)
    fits = np.array([holds(kind, text) for text in alone])
    rank = np.array([1 / (1 + unit.passage) for unit in found])
    parts = SENTENCE * near[: len(found)] + IN_PLACE * near[len(found) :] + KIND * fits + RANK * rank
    relevance: FloatArray = parts.astype(np.float32)
    return relevance
