"""The telling words of a question: which they are, how rare, and whether a text holds them."""

from __future__ import annotations

import re
from functools import cache

import numpy as np

from knowledge.lexical import STOP_WORDS
from knowledge.tokens import vocabulary

_WORD = re.compile(r"[^\W_]+(?:['’][^\W_]+)*")
_CONTRACTION = re.compile(r"['’](?:t|ve|re|ll|d|m)$")
_POSSESSIVE = re.compile(r"['’]s$")
_SUFFIX = re.compile(r"(?:ings?|edly|ed|ies|es|s|ly|er)$")

# Words with which people ask, in every subject; a text that answers does not repeat them.
ASKING = frozenset(
    "please help anyone somebody everybody know say said tell told thing things really much many long use used using get"
    " got go going make makes like right ok also want wants need needs take takes thanks hello hi question ask ve ll re"
    " following describe explain example true false called term list name".split()
)
# Verbs and adverbs of everyday telling: an answer often puts them otherwise, so missing them says less.
LIGHT = frozenset(
    "went gets save says lies giving put fill filled hold held turn turned stay stays remember found find finish finished"
    " moved move allow keep kept done realised start begin end wait came come goes gone leave leaving happen happens work"
    " works try tried feel look looks seem think thought mean means talk show shown change changes best better good bad"
    " new old enough late again now away here between least most more less few big little small easy hard safe wrong first"
    " last next same different other early later already still even ever never always often only too very quite".split()
)
LIGHT_WEIGHT = 0.4
# The model's word pieces are numbered by frequency. Numbers below the first are signs and single characters; a word that
# is not among them at all is rarer than all that are.
FIRST_WORD, WORDS = 1996, 30522


def telling(question: str) -> list[str]:
    """Distinct lower-case content words, in order."""
    words = (word for word in map(_plain, _WORD.findall(question.lower())) if word)
    return list(dict.fromkeys(w for w in words if w not in STOP_WORDS and w not in ASKING and len(w) > 1))


def stems(text: str) -> frozenset[str]:
    """All words of a text without their commonest endings."""
    return frozenset(stem(word) for word in map(_plain, _WORD.findall(text.lower())) if word)


def stem(word: str) -> str:
    """`baked`, `bakes` and `baking` become one; good enough to compare, not to show."""
    return _SUFFIX.sub("", word) if len(word) > 4 else word


@cache
def rarity(word: str) -> float:
    """0..1: how much a word tells, from its place among the words of English."""
    root = stem(word)
    places = [vocabulary()[form] for form in (word, root, f"{root}e", f"{root}y") if form in vocabulary()]
    place = max(min(places, default=WORDS) - FIRST_WORD, 50)
    top = np.log((WORDS - FIRST_WORD) / 50 + 1)
    return float(np.log(place / 50 + 1) / top) * (LIGHT_WEIGHT if word in LIGHT else 1.0)


def coverage(words: list[str], there: frozenset[str]) -> tuple[float, float]:
    """Share 0..1 of the words' weight that `there` holds, and the weight 0..1 of the rarest word it lacks."""
    weights = {word: rarity(word) for word in words}
    lacking = [weight for word, weight in weights.items() if stem(word) not in there]
    whole = sum(weights.values())
    return (1 - sum(lacking) / whole if whole else 0.0), max(lacking, default=0.0)


def _plain(word: str) -> str:
    return "" if _CONTRACTION.search(word) else _POSSESSIVE.sub("", word)
