"""Terms that a lesson is about, each with a sentence of the lesson that says something about it."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from functools import cache
from typing import Any

import numpy as np

from cohost.ports import Embedder, LessonText, Telling
from knowledge.pieces import pieces_of
from knowledge.sentences import sentence_spans
from knowledge.telling import (
    ABOUT_THE_COURSE,
    AFTER_A_NOUN,
    BEFORE_A_VERB,
    MARKUP,
    NO_LESSON,
    PLAIN,
    POINTS_BACK,
    WEIGHT,
    kind_of,
)
from knowledge.terms import rarity

READ = 30_000  # characters of a lesson
CANDIDATES = 60  # keyphrases that are looked at
SHORTEST, LONGEST, FEWEST_WORDS = 50, 260, 9  # of a sentence that may be quoted
EVERYWHERE = 0.34  # share of the lessons from which on a term is the whole course's, not one lesson's
FEW_LESSONS = 8  # with fewer, nothing can be told of a term's spread
TELLS = 0.66  # rarity of a single word, below which it has to stand in a heading to be a lesson's own
MOST_OF_A_LESSON = 12
ARTICLES = frozenset("the a an your this each every its our".split())
_WORD = re.compile(r"[A-Za-z][A-Za-z'’-]*")


class LessonConcepts:
    """The ConceptReader port: keyphrases by YAKE (Campos et al. 2020), sentences by rules, order by an embedder."""

    def __init__(self, embedder: Embedder) -> None:
        self._embedder = embedder

    def read(self, lessons: Sequence[LessonText], *, common: Sequence[str] = ()) -> list[list[Telling]]:
        """Of each lesson, the most telling first, no term and no sentence twice."""
        keys = [[] if NO_LESSON.search(lesson.title) else _keyphrases(lesson) for lesson in lessons]
        usual = _usual(keys, lessons)
        known = {_root(term) for term in common}
        return [
            self._tellings(lesson, [term for term in terms if _root(term) not in known], usual)
            for lesson, terms in zip(lessons, keys, strict=True)
        ]

    def _tellings(self, lesson: LessonText, terms: Sequence[str], usual: set[str]) -> list[Telling]:
        sentences = [(s, e) for s, e in sentence_spans(lesson.text[:READ], wrapped=True) if _quotable(lesson.text[s:e])]
        sentences = [span for span in sentences if not _inside(span, lesson.apart)]
        if not sentences or not terms:
            return []
        vectors = self._embedder.embed([lesson.text[s:e] for s, e in sentences])
        middle = vectors.mean(axis=0)
        central = vectors @ (middle / max(float(np.linalg.norm(middle)), 1e-9))
        found = list(_candidates(lesson, terms, usual, sentences, central.tolist()))
        return _apart(sorted(found, key=lambda one: (not one.own, -one.weight)))[:MOST_OF_A_LESSON]


def _candidates(
    lesson: LessonText,
    terms: Sequence[str],
    usual: set[str],
    sentences: Sequence[tuple[int, int]],
    central: Sequence[float],
) -> Iterator[Telling]:
    heads = " ".join((lesson.title, *lesson.headings)).casefold()
    for rank, term in enumerate(terms):
        pattern = _as_words(term)
        own = _root(term) not in usual and _tells(term, heads, len(pattern.findall(lesson.text[:READ])))
        key = (1 - rank / len(terms)) * 0.5 + (0.4 if term.casefold() in heads else 0.0) + 0.1 * (len(term.split()) > 1)
        for (start, end), near in zip(sentences, central, strict=True):
            text = lesson.text[start:end]
            at = pattern.search(text)
            if at is None or _part_of_more(text, at, terms):
                continue
            kind = kind_of(text, at.span())
            first, second = pieces_of(text, kind)
            early = 0.2 if at.start() < 30 else -0.25 if at.start() > 0.6 * len(text) else 0.0
            weight = key + WEIGHT[kind] + 0.6 * near + early + (0.25 if first else 0.0)
            written = _lowered(at[0], term)
            noun = _with_article(written, lesson.text[:READ])
            yield Telling(written, noun, start, end, kind, round(weight, 4), first, second, own)


def _part_of_more(text: str, at: re.Match[str], terms: Sequence[str]) -> bool:
    """Whether the sentence speaks of something longer: "calling" in "function-calling", "language" in "language models"."""
    if text[at.start() - 1 : at.start()] in ("-", "–", "'", "’", ".") or text[at.end() : at.end() + 1] in (
        "-",
        "_",
        "(",
    ):
        return True
    if re.match(r"\s[A-Z]", text[at.end() :]) and at[0][:1].isupper():
        return True  # the beginning of a longer name
    longer = [term for term in terms if len(term) > len(at[0]) and at[0].casefold() in term.casefold()]
    return any(m.start() <= at.start() < m.end() for term in longer for m in _as_words(term).finditer(text))


def _usual(keys: Sequence[Sequence[str]], lessons: Sequence[LessonText]) -> set[str]:
    """What the whole course is about, or the world at large: said in too many of the lessons."""
    if len(lessons) < FEW_LESSONS:
        return set()
    texts = [lesson.text[:READ].casefold() for lesson in lessons]
    roots = {_root(term) for found in keys for term in found}
    return {root for root in roots if sum(root in text for text in texts) > EVERYWHERE * len(lessons)}


def _root(term: str) -> str:
    """One form for "dataset" and "Datasets"."""
    return re.sub(r"(?<=\w{3})(?:es|s)$", "", term.casefold())


def _lowered(seen: str, term: str) -> str:
    """As it reads in the middle of a sentence: a name keeps its capitals, the first word of a sentence loses them."""
    return term if term[:1].islower() or any(c.isupper() for c in term[1:]) else seen[0].lower() + seen[1:]


@cache
def _with_article(term: str, text: str) -> str:
    """As the lesson mostly has it: "the starter" where it hardly stands without an article, "gluten" where it does."""
    before = [text[max(0, m.start() - 8) : m.start()].split()[-1:] for m in _as_words(term).finditer(text)]
    with_one = sum(bool(words) and words[0].casefold() in ARTICLES for words in before)
    plural = term.endswith("s") and not term.endswith("ss")
    return f"the {term}" if with_one > 0.35 * len(before) and not plural and term.islower() else term


def _apart(found: Sequence[Telling]) -> list[Telling]:
    """No sentence twice, and no term that is part of one before it."""
    kept: list[Telling] = []
    for one in found:
        words = {_stem(word) for word in one.term.casefold().split()}
        new = all(
            one.start != other.start and not words & {_stem(word) for word in other.term.casefold().split()}
            for other in kept
        )
        if new:
            kept.append(one)
    return kept


def _stem(word: str) -> str:
    return re.sub(r"(?:ies|es|e|s|ing|ed)$", "", word)


def _quotable(text: str) -> bool:
    """A whole sentence that stands for itself, and says something of its subject instead of the course."""
    words = text.split()
    whole = SHORTEST <= len(text) <= LONGEST and len(words) >= FEWEST_WORDS and text[0].isupper() and text[-1] == "."
    plain = (
        not MARKUP.search(text)
        and "\n\n" not in text
        and text.count("(") == text.count(")")
        and '"' not in text
        and " vs. " not in text
    )
    return whole and plain and not POINTS_BACK.match(text) and not ABOUT_THE_COURSE.search(text)


def _inside(span: tuple[int, int], apart: Sequence[tuple[int, int]]) -> bool:
    return any(start < span[1] and span[0] < end for start, end in apart)


def _keyphrases(lesson: LessonText) -> list[str]:
    """The lesson's own terms, most important first."""
    text = _prose(lesson)
    found: dict[str, str] = {}
    for phrase, _ in _yake().extract_keywords(text):
        if _is_a_term(phrase) and _is_a_noun(phrase, text):
            found.setdefault(phrase.casefold(), _as_written(phrase, text))
    return list(found.values())


def _as_written(phrase: str, text: str) -> str:
    """The most frequent spelling in the text, so that a heading's capitals do not make a name of a noun."""
    seen = Counter(re.sub(r"\s+", " ", match) for match in _as_words(phrase).findall(text))
    return seen.most_common(1)[0][0] if seen else phrase


def _is_a_term(phrase: str) -> bool:
    words = _WORD.findall(phrase)
    long_enough = len(phrase) >= 4 and " ".join(words) == " ".join(phrase.split())
    telling = [word for word in words if word.casefold() not in PLAIN]
    if len(words) == 1 and words[0].islower() and words[0].endswith("ing"):
        return False  # "working" is no topic; "active listening" may be one
    if len(words) == 1 and re.search(r"(?:ible|ous|ful|ends)$", phrase):
        return False
    ends = words and words[-1].casefold() not in ("use", "make", "using") and not words[-1].casefold().endswith("ly")
    return bool(long_enough and ends and telling and (len(words) > 1 or len(phrase) >= 5))


def _tells(phrase: str, heads: str, times: int) -> bool:
    """A single everyday word is a topic only where a heading names it, any other where the lesson keeps to it."""
    word = phrase.casefold()
    return times > 1 and (" " in phrase or (times > 2 and rarity(word) >= TELLS) or _root(word) in heads)


def _is_a_noun(phrase: str, text: str) -> bool:
    """By the company it keeps: a noun is often followed by a mark or a small word, and seldom preceded by "to" or "we"."""
    seen = [
        (text[max(0, m.start() - 12) : m.start()], text[m.end() : m.end() + 12])
        for m in _as_words(phrase).finditer(text)
    ]
    ends = sum(bool(AFTER_A_NOUN.match(after)) for _, after in seen)
    acts = sum(bool(BEFORE_A_VERB.search(before)) for before, _ in seen)
    return ends >= 0.4 * len(seen) and acts <= 0.25 * len(seen)


@cache
def _as_words(term: str) -> re.Pattern[str]:
    return re.compile(r"\b" + r"\s+".join(map(re.escape, term.split())) + r"\b", re.I)


def _prose(lesson: LessonText) -> str:
    """Without what is code or a table."""
    text, position, kept = lesson.text[:READ], 0, []
    for start, end in sorted(lesson.apart):
        kept.append(text[position:start])
        position = max(position, end)
    return re.sub(r"`[^`]*`|https?://\S+|[|#*_>]", " ", " ".join((*kept, text[position:])))


@cache
def _yake() -> Any:
    import yake  # with networkx, half a second

    return yake.KeywordExtractor(lan="en", n=3, dedupLim=0.8, top=CANDIDATES)
