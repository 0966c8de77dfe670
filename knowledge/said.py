"""What a sentence of a lesson says about a term: the Telling, or nothing where it only mentions it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from cohost.ports import LessonText, Telling
from knowledge.grammar import NOUN, Word, is_proper, is_subject, is_told_to, phrase_at, words_of
from knowledge.keyphrases import READ, as_words, is_heading, root, tells
from knowledge.pieces import pieces_of
from knowledge.telling import WEIGHT, kind_of
from knowledge.terms import rarity, telling

ARTICLES: Final = frozenset("the a an your this each every its our".split())
RAREST: Final = 6  # words of a sentence that tell how particular it is
OF_THE_SUBJECT: Final = frozenset({"definition", "use", "comparison", "any"})  # kinds that tell of nothing else


@dataclass(frozen=True)
class Sentence:
    """Of a lesson, at `[start, end)`."""

    start: int
    end: int
    text: str
    central: float  # cosine to the mean of the lesson's sentences


@dataclass(frozen=True)
class Topic:
    """A term as its lesson treats it."""

    term: str
    heading: bool  # a heading is just this
    headed: bool  # a heading or the title names it
    titled: bool
    own: bool  # of this lesson, not of the whole course or of the world at large
    key: float  # higher is more important, comparable within one lesson


def topic_of(term: str, lesson: LessonText, rank: float, usual: bool) -> Topic:
    """`rank` is 0..1, 0 the most important by its words alone."""
    heads = " ".join((lesson.title, *lesson.headings)).casefold()
    times, headed = len(as_words(term).findall(lesson.text[:READ])), root(term) in heads
    key = (1 - rank) * 0.4 + 0.4 * headed + 0.05 * min(times, 8)
    own, titled = not usual and tells(term, heads, times), root(term) in lesson.title.casefold()
    return Topic(term, is_heading(term, lesson), headed, titled, own, key)


def telling_of(topic: Topic, sentence: Sentence, lesson: LessonText, terms: Sequence[str]) -> Telling | None:
    """None where the term is a piece of a longer one, where it is too general, or where nothing is said of it."""
    text = sentence.text
    found = as_words(topic.term).search(text)
    if found is None or _part_of_more(text, found, terms):
        return None
    words = words_of(text)
    at = found.span() if topic.heading else _name_at(words, found.span(), lesson.text[:READ])
    if at is None:
        return None
    kind, subject, longer = kind_of(text, found.span()), is_subject(words, at[0]), at[1] - at[0] > len(found[0])
    spoken_of = subject or topic.headed or (topic.own and (longer or " " in topic.term))
    somebody = is_proper(words, *at) and not topic.headed  # "Alfred", of the story that an exercise is told in
    if somebody or not spoken_of or not (topic.own or longer or topic.titled):
        return None
    if kind in OF_THE_SUBJECT and (not subject or (kind == "any" and is_told_to(text))):
        return None
    place = 0.35 if subject else -0.25 if at[0] > 0.6 * len(text) else 0.0
    weight = topic.key + WEIGHT[kind] + 0.6 * sentence.central + place + 0.2 * longer + particular(text, topic.term)
    named = _as_spoken(text, at, lesson.text)
    sides = pieces_of(text) if kind == "contrast" else ("", "")
    noun = _with_article(named, lesson.text[:READ])
    return Telling(named, noun, sentence.start, sentence.end, kind, round(weight, 4), *sides, topic.own)


def particular(text: str, term: str) -> float:
    """0..1 how much a sentence says that is not said everywhere: the mean rarity of its rarest words beside the term.

    Of sixty sentences that a reader judged, it put one that could not be had without the lesson before another in 70 %.
    """
    rarest = sorted((rarity(word) for word in telling(text) if word not in term.casefold()), reverse=True)[:RAREST]
    return sum(rarest) / len(rarest) if rarest else 0.0


def _name_at(words: Sequence[Word], at: tuple[int, int], text: str) -> tuple[int, int] | None:
    """Of the whole name that a term is in: "ripe starter" where the lesson says so more than once, else "starter"."""
    whole = phrase_at(words, *at)
    if whole is None or whole == at:
        return whole
    inside = [word for word in words if whole[0] <= word.start and word.end <= whole[1]]
    name = " ".join(word.text for word in inside)
    by_nouns = all(word.tag in NOUN for word in inside)
    return whole if by_nouns or len(as_words(name).findall(text)) > 1 else at


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
    return any(m.start() <= at.start() < m.end() for term in longer for m in as_words(term).finditer(text))


def _as_spoken(sentence: str, at: tuple[int, int], text: str) -> str:
    """As it reads in the middle of a sentence: a name keeps its capitals, the first word of a sentence loses them."""
    seen = " ".join(sentence[slice(*at)].split())
    first, *others = seen.split()
    if at[0] > 0 or any(letter.isupper() for letter in first[1:] + "".join(others)):
        return seen
    inside = [m[0] for m in re.finditer(rf"(?<=[a-z,] ){re.escape(first)}\b", text, re.I)]
    name = sum(one[0].isupper() for one in inside) > len(inside) / 2 if inside else words_of(sentence)[0].tag == "NP0"
    return seen if name else seen[0].lower() + seen[1:]


def _with_article(term: str, text: str) -> str:
    """As the lesson mostly has it: "the starter" where it hardly stands without an article, "gluten" where it does."""
    before = [text[max(0, m.start() - 8) : m.start()].split()[-1:] for m in as_words(term).finditer(text)]
    with_one = sum(bool(words) and words[0].casefold() in ARTICLES for words in before)
    plural = term.endswith("s") and not term.endswith("ss")
    return f"the {term}" if with_one > 0.35 * len(before) and not plural and term.islower() else term
