"""Parts of speech: is a term a whole phrase, does a sentence stand for itself, does it tell somebody to do something?

Tags are those of the British National Corpus (C5), set by HanTa (Wartena 2019), whose English model lies in its package.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import Any, Final

SENTENCES_KEPT = 20_000  # tagging takes three milliseconds a sentence, and each is asked about many terms
_TOKEN: Final = re.compile(r"[^\W\d_]\w*(?:['’.-]\w+)*|\d(?:[\d.,]*\d)?|[^\w\s]")
NOUN: Final = frozenset({"NN0", "NN1", "NN2", "NP0"})
_BESIDE_NOUN: Final = NOUN | set("AJ0 AJC AJS VVN VVG VVD ORD POS".split())  # what a phrase may hold before its noun
_DESCRIBES: Final = NOUN | {"AJ0"}
MOST_WORDS: Final = 3  # of a name of something: longer ones are descriptions
SAYS_LITTLE: Final = frozenset(
    "new old good bad big small other same such certain whole own different many several various common usual main important"
    " single particular specific general full simple easy hard possible available final current given little much few bit"
    " short long longer following popular best cent interesting creative real great overall".split()
)
_FINITE: Final = frozenset("VBB VBD VBZ VDB VDD VDZ VHB VHD VHZ VM0 VVB VVD VVZ".split())
_POINTING: Final = frozenset({"DT0", "DPS", "PNP"})
_HALVES: Final = frozenset("while whereas although though if when because since unless once".split())
_POINTS: Final = frozenset("it its they them their he him his she her this that these those such".split())


@dataclass(frozen=True)
class Word:
    """Of a sentence, at `[start, end)`."""

    text: str
    tag: str
    start: int
    end: int


@lru_cache(SENTENCES_KEPT)
def words_of(sentence: str) -> tuple[Word, ...]:
    """All of them in order, marks too."""
    found = list(_TOKEN.finditer(sentence))
    tags = _tagger().tag_sent([one[0] for one in found], taglevel=0) if found else []
    return tuple(Word(one[0], tag, *one.span()) for one, tag in zip(found, tags, strict=True))


def forget() -> None:
    """Drop the sentences that were kept for the next question about them."""
    words_of.cache_clear()


def phrase_at(words: Sequence[Word], start: int, end: int) -> tuple[int, int] | None:
    """`[start, end)` of the whole name of something that what stands there belongs to; None where it is no name."""
    inside = [n for n, word in enumerate(words) if start <= word.start and word.end <= end]
    if not inside or words[inside[-1]].tag not in NOUN:
        return None
    first, last = inside[0], inside[-1]
    while first > 0 and words[first - 1].tag in _DESCRIBES and words[first - 1].text.casefold() not in SAYS_LITTLE:
        first -= 1
    whole = _is_name(words[first : last + 1]) and not _is_half(words, first, last)
    return (words[first].start, words[last].end) if whole and not _is_done(words, first) else None


def _is_name(phrase: Sequence[Word]) -> bool:
    return len(phrase) <= MOST_WORDS and all(word.tag in _BESIDE_NOUN for word in phrase[:-1])


def _is_half(words: Sequence[Word], first: int, last: int) -> bool:
    """Whether it goes on to the right, or belongs to a figure or an owner on its left."""
    before = words[first - 1] if first else None
    counted = before is not None and (before.tag in ("POS", "CRD", "NN0") or before.text in ("per", "cent"))
    return counted or (last + 1 < len(words) and words[last + 1].tag in NOUN)


def _is_done(words: Sequence[Word], first: int) -> bool:
    """Whether it is something that one does: "tying ropes"."""
    gerund = words[first].tag == "VVG" or (first == 0 and words[first].text.endswith("ing"))
    return gerund and first + 1 < len(words) and words[first + 1].tag in ("NN0", "NN2")


def is_proper(words: Sequence[Word], start: int, end: int) -> bool:
    """Whether what stands there is one name of somebody or something, and no noun."""
    inside = [word for word in words if start <= word.start and word.end <= end]
    return len(inside) == 1 and inside[0].tag == "NP0" and inside[0].text[0].isupper()


def stands_alone(sentence: str) -> bool:
    """Whether each "it" and "this" has something before it in the sentence that it can mean, and something is said.

    What begins with "while" or "if" goes on after a comma, or it is half a sentence.
    """
    words, named, said = words_of(sentence), False, False
    aside = bool(words) and words[0].tag == "PRP"  # "In a sweet dough it …": what comes first is not what "it" means
    if words and words[0].text.casefold() in _HALVES and "," not in sentence:
        return False
    for word in words:
        if word.text.casefold() in _POINTS and word.tag in _POINTING and (not named or (aside and not said)):
            return False
        named = named or word.tag in NOUN
        said = said or word.tag in _FINITE
    return said


def is_told_to(sentence: str) -> bool:
    """Whether it tells its reader to do something: it begins with a verb that has no subject."""
    tags = [word.tag for word in words_of(sentence) if word.tag not in ("AV0", "PUN")]
    return bool(tags) and (tags[0] in ("VVB", "VVI", "VBI") or tags[:2] == ["VDB", "XX0"])


def is_subject(words: Sequence[Word], start: int) -> bool:
    """Whether what begins at `start` is what the sentence speaks of: before its verb, and after no preposition."""
    before = [word for word in words if word.end <= start]
    return not any(word.tag in _FINITE or word.tag in ("PRP", "PRF", "CJS", "AVQ") for word in before)


def subject_of(words: Sequence[Word]) -> tuple[int, int] | None:
    """`[start, end)` of the name of what the sentence speaks of; None where it is told in other ways."""
    last = next((n for n, word in enumerate(words) if word.tag in NOUN), None)
    if last is None or not is_subject(words, words[last].start):
        return None
    while last + 1 < len(words) and words[last + 1].tag in NOUN:
        last += 1
    return phrase_at(words, words[last].start, words[last].end)


def is_clause(piece: str) -> bool:
    """Whether a part of a sentence has a verb of its own, after somebody or something that does it."""
    words = words_of(piece)
    acts = next((n for n, word in enumerate(words) if word.tag in _FINITE), -1)
    return acts > 0 and any(word.tag in NOUN | {"PNP", "PNI", "DT0"} for word in words[:acts])


@cache
def _tagger() -> Any:
    from HanTa import HanoverTagger  # its model takes a quarter of a second to load

    return HanoverTagger.HanoverTagger("morphmodel_en.pgz")
