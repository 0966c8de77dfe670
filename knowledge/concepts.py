"""Terms that a lesson is about, each with sentences of the lesson that say something about it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

import numpy as np

from cohost.ports import Embedder, LessonText, Telling
from knowledge.grammar import forget, stands_alone
from knowledge.keyphrases import READ, keyphrases, root
from knowledge.said import Sentence, Topic, telling_of, topic_of
from knowledge.sentences import sentence_spans
from knowledge.telling import ABOUT_THE_COURSE, MARKUP, NO_LESSON, POINTS_BACK

SHORTEST, LONGEST, FEWEST_WORDS = 50, 260, 9  # of a sentence that may be quoted
EVERYWHERE = 0.34  # share of the lessons from which on a term is the whole course's, not one lesson's
OFTENER = 2.0  # than the mean of the lessons: such a term is this one's after all
FEW_LESSONS = 8  # with fewer, nothing can be told of a term's spread
MOST_OF_A_LESSON, MOST_OF_A_TERM = 18, 4


class LessonConcepts:
    """The ConceptReader port: terms by what is a name of something, sentences by rules, order by an embedder."""

    def __init__(self, embedder: Embedder) -> None:
        self._embedder = embedder

    def read(self, lessons: Sequence[LessonText], *, common: Sequence[str] = ()) -> list[list[Telling]]:
        """Of each lesson, the most telling first, no sentence twice, and of each term the best before further ones."""
        try:
            spans = [quotable(lesson) for lesson in lessons]
            terms = [
                keyphrases(lesson, [lesson.text[start:end] for start, end in these]) if these else []
                for lesson, these in zip(lessons, spans, strict=True)
            ]
            usual, left_out = _usual(terms, lessons), {root(term) for term in common}
            return [
                self._tellings(lesson, [term for term in named if root(term) not in left_out], widely, these)
                for lesson, named, widely, these in zip(lessons, terms, usual, spans, strict=True)
            ]
        finally:
            forget()  # a lesson that is deleted must not stay in memory

    def _tellings(
        self, lesson: LessonText, terms: Sequence[str], usual: set[str], spans: Sequence[tuple[int, int]]
    ) -> list[Telling]:
        if not spans or not terms:
            return []
        vectors = self._embedder.embed([lesson.text[start:end] for start, end in spans])
        middle = vectors.mean(axis=0)
        central = (vectors @ (middle / max(float(np.linalg.norm(middle)), 1e-9))).tolist()
        sentences = [
            Sentence(*span, lesson.text[slice(*span)], near) for span, near in zip(spans, central, strict=True)
        ]
        topics = [topic_of(term, lesson, rank / len(terms), root(term) in usual) for rank, term in enumerate(terms)]
        found = _candidates(lesson, topics, sentences)
        return _apart(sorted(found, key=lambda one: (not one.own, -one.weight)))[:MOST_OF_A_LESSON]


def quotable(lesson: LessonText) -> list[tuple[int, int]]:
    """`[start, end)` of the sentences that can stand above a post, outside of code and tables."""
    if NO_LESSON.search(lesson.title):
        return []
    spans = sentence_spans(lesson.text[:READ], wrapped=True)
    return [span for span in spans if _is_quotable(lesson.text[slice(*span)]) and not _inside(span, lesson.apart)]


def _candidates(lesson: LessonText, topics: Sequence[Topic], sentences: Sequence[Sentence]) -> Iterator[Telling]:
    terms = [topic.term for topic in topics]
    for topic in topics:
        yield from filter(None, (telling_of(topic, sentence, lesson, terms) for sentence in sentences))


def _usual(terms: Sequence[Sequence[str]], lessons: Sequence[LessonText]) -> list[set[str]]:
    """Of each lesson, what the whole course is about: said in too many of the lessons, and here no more than elsewhere."""
    if len(lessons) < FEW_LESSONS:
        return [set() for _ in lessons]
    texts = [lesson.text[:READ].casefold() for lesson in lessons]
    times = {one: [text.count(one) for text in texts] for one in {root(term) for named in terms for term in named}}
    wide = {one: counts for one, counts in times.items() if sum(map(bool, counts)) > EVERYWHERE * len(lessons)}
    return [
        {one for one, counts in wide.items() if counts[n] < OFTENER * sum(counts) / len(counts)}
        for n in range(len(lessons))
    ]


def _apart(found: Sequence[Telling]) -> list[Telling]:
    """No sentence twice, no term too often; the best sentence of each term before second ones."""
    starts, times, ranked = set[int](), Counter[str](), list[tuple[int, Telling]]()
    for one in found:
        name = root(one.term)
        if one.start not in starts and times[name] < MOST_OF_A_TERM:
            ranked.append((times[name], one))
            starts.add(one.start)
            times[name] += 1
    return [one for _, one in sorted(ranked, key=lambda pair: pair[0])]


def _is_quotable(text: str) -> bool:
    """A whole sentence that stands for itself, and says something of its subject instead of the course."""
    words = text.split()
    whole = SHORTEST <= len(text) <= LONGEST and len(words) >= FEWEST_WORDS and text[0].isupper() and text[-1] == "."
    odd = MARKUP.search(text) or "\n\n" in text or '"' in text or " vs. " in text or text.count("(") != text.count(")")
    return (
        whole and not odd and not POINTS_BACK.match(text) and not ABOUT_THE_COURSE.search(text) and stands_alone(text)
    )


def _inside(span: tuple[int, int], apart: Sequence[tuple[int, int]]) -> bool:
    return any(start < span[1] and span[0] < end for start, end in apart)
