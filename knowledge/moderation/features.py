"""What the heads read of a window of a post: its meaning and its wording as vectors, its words by a learned lexicon."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

import numpy as np

from cohost.ports import FloatArray, TokenVectors
from knowledge.moderation.normal import words

KINDS = ("insult", "identity", "threat", "profane", "sexual")  # of words in the lexicon
YOU = frozenset("you your you're youre u ur yourself yours ya y'all".split())
I_ME = frozenset("i i'm im i've i'll my me mine myself".split())
NOT = frozenset("not no never isn't aren't don't doesn't didn't won't can't cannot wasn't".split())
THIRD = frozenset("he she they him her them his their he's she's they're".split())
NEAR = 4  # words between a word of the lexicon and the person it is said to
MONEY = re.compile(
    r"[$€£]\s?\d|\d+\s?%|\b(?:free|discount|promo|earn|profit|income|crypto|bitcoin|invest|deal|offer|cheap|guaranteed"
    r"|whatsapp|telegram|dm|click|subscribe|sale|buy)\b",
    re.IGNORECASE,
)
LINK = re.compile(r"https?://|www\.|\b[\w-]+\.(?:com|net|org|io|xyz|shop|biz|example)\b", re.IGNORECASE)
FEATURES = (
    *(f"{kind}_{what}" for kind in KINDS for what in ("most", "sum", "to_you")),
    "negated", "you", "i", "third", "not", "you_first",
    "questions", "exclamations", "capitals", "money", "links", "mentions", "length",
)  # fmt: skip
Lexicon = Mapping[str, Sequence[float]]  # word → weight by kind, 0..1


def lexical(text: str, lexicon: Lexicon) -> list[float]:
    """The features of a window's words, each within about 0..1."""
    found = [word for word, _, _ in words(text)]
    n = max(len(found), 1)
    weights = np.array([lexicon.get(word, (0.0,) * len(KINDS)) for word in found] or [(0.0,) * len(KINDS)])
    spoken_to = np.array([_near(found, at, YOU) for at in range(len(found))] or [False])
    denied = np.array(
        [any(word in NOT for word in found[max(0, at - NEAR) : at]) for at in range(len(found))] or [False]
    )
    by_kind = [
        value
        for kind in range(len(KINDS))
        for column in (weights[:, kind],)
        for value in (column.max(), min(column.sum() / 2, 2.0), (column * spoken_to).max())
    ]
    letters = [char for char in text if char.isalpha()]
    return [
        *map(float, by_kind),
        float((weights.max(axis=1) * denied).max()),
        *(min(8 * sum(word in group for word in found) / n, 2.0) for group in (YOU, I_ME, THIRD, NOT)),
        float(bool(found) and found[0] in YOU),
        min(text.count("?"), 3) / 3,
        min(text.count("!"), 5) / 5,
        sum(char.isupper() for char in letters) / max(len(letters), 20),
        min(len(MONEY.findall(text)), 4) / 4,
        min(len(LINK.findall(text)), 2) / 2,
        min(text.count("@"), 2) / 2,
        min(np.log1p(n) / 4, 1.5),
    ]


def meaning(tokens: TokenVectors, dimensions: int) -> FloatArray:
    """`(dimensions,)` float32, unit length: the mean of what the word pieces mean where they stand; zeros of nothing."""
    if not len(tokens.pieces):
        return np.zeros(dimensions, dtype=np.float32)
    mean: FloatArray = tokens.vectors.mean(axis=0)
    return mean / max(float(np.linalg.norm(mean)), 1e-9)


def wording(tokens: TokenVectors, dimensions: int) -> FloatArray:
    """`(dimensions,)` float32, unit length: as the middle of the model reads it; the meaning again where it has none."""
    return meaning(tokens, dimensions) if tokens.halfway is None else tokens.halfway


def _near(found: Sequence[str], at: int, group: frozenset[str]) -> bool:
    return any(word in group for word in found[max(0, at - NEAR) : at + NEAR + 1])
