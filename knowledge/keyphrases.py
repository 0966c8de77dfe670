"""What a lesson is about, by the words it keeps to: keyphrases of YAKE (Campos et al. 2020) that are names of something."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from functools import cache
from typing import Any

from cohost.ports import LessonText
from knowledge.grammar import MOST_WORDS, SAYS_LITTLE, phrase_at, subject_of, words_of
from knowledge.telling import PLAIN
from knowledge.terms import rarity

READ = 30_000  # characters of a lesson
CANDIDATES = 60  # keyphrases that are looked at
TELLS = 0.66  # rarity of a single word, below which it has to stand in a heading to be a lesson's own
PHRASE = 0.6  # share of the places where a term has to be a whole phrase
_WORD = re.compile(r"[A-Za-z][A-Za-z'’-]*")


def keyphrases(lesson: LessonText, sentences: Sequence[str]) -> list[str]:
    """The lesson's own terms, most important first; `sentences` of it show whether they are names of something."""
    text = _prose(lesson)
    found: dict[str, str] = {}
    named = [phrase for phrase, _ in _yake().extract_keywords(text)] + _subjects(sentences)
    for phrase in (*names_in_headings(lesson), *named):
        if _is_a_term(phrase) and (is_heading(phrase, lesson) or _is_a_name(phrase, sentences)):
            found.setdefault(phrase.casefold(), _as_written(phrase, text))
    return list(found.values())


def names_in_headings(lesson: LessonText) -> list[str]:
    """Headings that are a term and nothing else; their authors say that it is one."""
    return [
        name
        for name in _bare_headings(lesson)
        if len(name.split()) <= MOST_WORDS and as_words(name).search(lesson.text)
    ]


def is_heading(term: str, lesson: LessonText) -> bool:
    """Whether a heading is just this, its article apart."""
    return root(term) in map(root, _bare_headings(lesson))


def _bare_headings(lesson: LessonText) -> list[str]:
    return [re.sub(r"^(?:the|an?)\s+", "", head, flags=re.I) for head in (lesson.title, *lesson.headings)]


def _subjects(sentences: Sequence[str]) -> list[str]:
    """What the sentences speak of; YAKE looks at words alone, and passes over names that stand in few places."""
    found = [(one, subject_of(words_of(one))) for one in sentences]
    return [one[slice(*at)] for one, at in found if at]


def tells(phrase: str, heads: str, times: int) -> bool:
    """A single everyday word is a topic only where a heading names it, any other where the lesson keeps to it."""
    word = phrase.casefold()
    return times > 1 and (" " in phrase or (times > 2 and rarity(word) >= TELLS) or root(word) in heads)


def root(term: str) -> str:
    """One form for "dataset" and "Datasets"."""
    return re.sub(r"(?<=\w{3})(?:es|s)$", "", term.casefold())


@cache
def as_words(term: str) -> re.Pattern[str]:
    """Finds it as whole words, over a line's end too."""
    return re.compile(r"\b" + r"\s+".join(map(re.escape, term.split())) + r"\b", re.I)


def _is_a_term(phrase: str) -> bool:
    words = _WORD.findall(phrase)
    long_enough = len(phrase) >= 4 and " ".join(words) == " ".join(phrase.split())
    telling = [
        word for word in words if word.casefold() not in PLAIN | SAYS_LITTLE and words[0] != "cent"
    ]  # of "5 per cent protein"
    return bool(long_enough and telling and (len(words) > 1 or len(phrase) >= 5))


def _is_a_name(phrase: str, sentences: Sequence[str]) -> bool:
    places = [(one, at) for one in sentences for at in as_words(phrase).finditer(one)]
    whole = sum(phrase_at(words_of(one), *at.span()) is not None for one, at in places)
    return whole > 0 and whole >= PHRASE * len(places)


def _as_written(phrase: str, text: str) -> str:
    """The most frequent spelling in the text, so that a heading's capitals do not make a name of a noun."""
    seen = Counter(re.sub(r"\s+", " ", match) for match in as_words(phrase).findall(text))
    return seen.most_common(1)[0][0] if seen else phrase


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
