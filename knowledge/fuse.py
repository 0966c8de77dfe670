"""One score from several signs: nearness in meaning, words, exact names, and what else of the same source was found."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from cohost.model import Passage
from knowledge import lexical
from knowledge.terms import coverage, stems, telling

# Coverage, doubt and whole were tuned on halves of the development sets, the boosts set by reason; see DECISIONS.
READ = 5  # best lexical hits that are read to see how many of the question's words the material holds
COVERAGE_POWER = 2.0  # how fast the lexical leg loses its say when the material lacks the question's words
OPEN = 0.5  # with no cosine above one half, the words have their full say
DOUBT_POWER = 1.0
WHOLE = 0.1  # share of a source's (or thread's) strength that each of its chunks gets
NEXT = 0.5  # each further chunk of a source counts this much of the one before it
COUNTED = 4  # chunks of one source that count
EXACT = 0.3  # the question as a whole stands there word for word: a name, a heading, an error message
EXACT_TITLE = 1.0  # the question is the title: outweighs both legs
IDENTIFIER = 0.1  # an identifier within the question stands there as it is written
MAX_EXACT_WORDS = 25  # an error message may be that long; longer is no name
STAFF_REPLY = 0.05  # a host's or a moderator's reply: as much as two places in a typical ranking
RECENT = 0.02  # the newest post against a very old one: decides between near equals only
HALF_LIFE = timedelta(days=365)


@dataclass(frozen=True)
class Hits:
    """What both legs found, by chunk key."""

    cosines: Mapping[int, float]  # -1..1
    words: Mapping[int, float]  # above 0, of any scale
    sought: int  # how many each leg may find; a full leg says nothing of what it left out


def fused(
    question: str, found: Mapping[int, Passage], hits: Hits, *, dense_weight: float, staff: Collection[str] = ()
) -> list[Passage]:
    """The passages with their scores, best first."""
    scored = list(_legs(question, found, hits, dense_weight))
    named = _Names.of(question)
    newest = max((p.updated_at for p in found.values() if p.kind == "post" and p.updated_at), default=None)
    for one in scored:
        one.score += named.boost(one.passage) + _standing(one.passage, staff, newest)
    ranked = sorted(_with_their_whole(scored), key=lambda one: (-one.score, one.passage.chunk_pk))
    return _replies_first([one.as_passage() for one in ranked])


@dataclass
class _Scored:
    """A passage on its way to its score; a frozen one for every step would cost more than all the steps."""

    passage: Passage
    cosine: float
    word: float
    score: float

    def as_passage(self) -> Passage:
        return replace(self.passage, score=self.score, cosine_similarity=self.cosine, lexical_score=self.word)


def whole(passage: Passage) -> tuple[str, str]:
    """What a passage is part of: its thread, or its source."""
    return passage.space_id, passage.parent_id or passage.source_id


def _legs(question: str, found: Mapping[int, Passage], hits: Hits, dense_weight: float) -> Iterable[_Scored]:
    """Weighted sum of cosine and of words scaled to 0..1; a leg that missed a chunk gives its floor."""
    words = {pk: score for pk, score in hits.words.items() if pk in found}
    best, floor = max(words.values(), default=0.0) or 1.0, min(hits.cosines.values(), default=0.0)
    wordless = min(words.values(), default=0.0) if len(hits.words) >= hits.sought else 0.0
    trust = _held(question, found, words) ** COVERAGE_POWER * _doubt(hits.cosines) ** DOUBT_POWER
    for pk, passage in found.items():
        cosine, word = hits.cosines.get(pk, floor), words.get(pk, wordless) / best
        score = dense_weight * max(cosine, 0.0) + (1 - dense_weight) * trust * word
        yield _Scored(passage, cosine, word, score)


def _doubt(cosines: Mapping[int, float]) -> float:
    """0..1: how open the dense leg leaves the question; a near paraphrase was found, and shared words add little."""
    return min(1.0, (1 - max(cosines.values(), default=0.0)) / OPEN)


def _held(question: str, found: Mapping[int, Passage], words: Mapping[int, float]) -> float:
    """Share 0..1 of the question's telling words that the best lexical hit holds.

    BM25's own scale says nothing of words that stand nowhere: a French question to English lessons shares a stray name
    with one of them, and that one would come first.
    """
    wanted = telling(question)
    if not wanted:
        return 1.0
    nearest = sorted(words, key=lambda pk: -words[pk])[:READ]
    return max((coverage(wanted, stems(_all_words(found[pk])))[0] for pk in nearest), default=0.0)


@dataclass(frozen=True)
class _Names:
    """What in a question may stand word for word in a source."""

    phrase: str  # the whole question, folded; "" when it is too long for a name
    pattern: re.Pattern[str] | None
    identifiers: tuple[re.Pattern[str], ...]

    @staticmethod
    def of(question: str) -> _Names:
        phrase = _folded(question)
        phrase = phrase if 0 < len(phrase.split()) <= MAX_EXACT_WORDS else ""
        inside = tuple(_as_written(name) for name in lexical.identifiers(question))
        return _Names(phrase, _as_written(phrase) if phrase else None, inside)

    def boost(self, passage: Passage) -> float:
        """0 or more."""
        if self.phrase and self.phrase == _folded(passage.title):
            return EXACT_TITLE
        if self.pattern is None and not self.identifiers:
            return 0.0
        there = _folded(_all_words(passage))
        if self.pattern is not None and self.pattern.search(there):
            return EXACT
        held = sum(bool(pattern.search(there)) for pattern in self.identifiers)
        return IDENTIFIER * held / len(self.identifiers) if self.identifiers else 0.0


def _standing(passage: Passage, staff: Collection[str], newest: datetime | None) -> float:
    """What a post's author and age add."""
    if passage.kind != "post":
        return 0.0
    reply = STAFF_REPLY if passage.parent_id and passage.author_id in staff else 0.0
    if newest is None or passage.updated_at is None:
        return reply
    return reply + RECENT * float(0.5 ** ((newest - passage.updated_at) / HALF_LIFE))


def _with_their_whole(scored: Sequence[_Scored]) -> Sequence[_Scored]:
    """Each passage gets a share of the strength of its source: several good places in one lesson speak for it."""
    strength: dict[tuple[str, str], float] = {}
    seen: dict[tuple[str, str], int] = {}
    for one in sorted(scored, key=lambda one: -one.score):
        key = whole(one.passage)
        seen[key] = seen.get(key, 0) + 1
        if seen[key] <= COUNTED:
            strength[key] = strength.get(key, 0.0) + one.score * NEXT ** (seen[key] - 1)
    for one in scored:
        one.score += WHOLE * strength[whole(one.passage)]
    return scored


def _replies_first(ranked: Sequence[Passage]) -> list[Passage]:
    """A thread's question comes right after the best reply to it: who asks the same wants what was answered."""
    best: dict[tuple[str, str], Passage] = {}
    for passage in ranked:
        if passage.parent_id is not None:
            best.setdefault(whole(passage), passage)
    first: list[Passage] = []
    for passage in ranked:
        reply = best.get(whole(passage)) if _asks(passage) else None
        first += [reply, passage] if reply else [passage]
    return list(dict.fromkeys(first))  # where it stands first


def _asks(passage: Passage) -> bool:
    return passage.kind == "post" and passage.parent_id is None and "?" in f"{passage.title} {passage.text}"


def _as_written(name: str) -> re.Pattern[str]:
    """`fit` does not stand in `fitting`."""
    return re.compile(rf"(?<!\w){re.escape(_folded(name))}(?!\w)")


def _all_words(passage: Passage) -> str:
    return "\n".join((passage.title, *passage.headings, passage.text))


def _folded(text: str) -> str:
    return " ".join(text.casefold().split())
