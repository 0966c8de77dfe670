"""Which of the scored parts an answer quotes: the best, what goes on from it, and whatever else comes as near."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from itertools import combinations

from cohost.model import Passage
from cohost.ports import ScoredSentence

MAX_PARTS = 4
# Shares of the best part's relevance that others need: beside a chosen one, in the best one's passage, and elsewhere.
BESIDE, NEAR, ELSEWHERE = 0.76, 0.8, 0.88
ALIKE = 0.7  # share of their words that two parts have in common, from which on one of them is enough
_WORD = re.compile(r"\w+")
_NUMBER = re.compile(r"\d+(?:[.,]\d+)*")
_LONG_AGO = datetime.min.replace(tzinfo=UTC)
_POINTS_BACK = re.compile(  # at something of the sentence before; what "it" means, the title below tells as well
    r"(?:this|these|those|however|therefore|thus|instead|otherwise|for example|for instance|the (?:same|latter|former))\b",
    re.IGNORECASE,
)


def choose(scored: Sequence[ScoredSentence], words: int) -> list[ScoredSentence]:
    """Of parts that are given best first, those to quote, within the answer's length in words."""
    chosen: list[ScoredSentence] = []
    left, beside = list(scored), list[ScoredSentence | None]()
    while part := next((p for p in left if p.relevance >= _needed(p, scored[0], beside)), None):
        left.remove(part)
        if part not in chosen and not _is_said(part, chosen):
            chosen += _fitting(_with_context(part, scored), chosen, words)
            beside = [_next(one, scored, step) for one in chosen for step in (-1, 1)]
    return chosen


def disagree(chosen: Sequence[ScoredSentence], passages: Sequence[Passage]) -> bool:
    """Whether two sources say the same with other numbers."""
    return any(
        passages[one.passage].source_id != passages[other.passage].source_id and _differ(one.text, other.text)
        for one, other in combinations(chosen, 2)
    )


def joined(
    chosen: Sequence[ScoredSentence], passages: Sequence[Passage], *, newest_first: bool = False
) -> list[tuple[int, int, int]]:
    """Spans (passage, start, end), best (or newest) passage first; neighbours in the text become one quote."""
    best_first = list(dict.fromkeys(s.passage for s in chosen))
    if newest_first:
        best_first.sort(key=lambda at: passages[at].updated_at or _LONG_AGO, reverse=True)
    spans: list[tuple[int, int, int]] = []
    for sentence in sorted(chosen, key=lambda s: (best_first.index(s.passage), s.start)):
        at, start, end = spans[-1] if spans else (-1, 0, 0)
        passage = passages[sentence.passage]
        if at == sentence.passage and not passage.text[end - passage.start : sentence.start - passage.start].strip():
            spans[-1] = (at, start, sentence.end)
        else:
            spans.append((sentence.passage, sentence.start, sentence.end))
    return spans


def _needed(part: ScoredSentence, best: ScoredSentence, beside: Sequence[ScoredSentence | None]) -> float:
    """The relevance from which on it is quoted."""
    return best.relevance * (BESIDE if part in beside else NEAR if part.passage == best.passage else ELSEWHERE)


def _with_context(part: ScoredSentence, scored: Sequence[ScoredSentence]) -> list[ScoredSentence]:
    """What it points back to comes with it."""
    before = _next(part, scored, -1)
    return [before, part] if before and _POINTS_BACK.match(part.text) else [part]


def _next(part: ScoredSentence, scored: Sequence[ScoredSentence], step: int) -> ScoredSentence | None:
    """What stands before (-1) or after (1) it in its paragraph."""
    paragraph = sorted(
        (s for s in scored if (s.passage, s.paragraph) == (part.passage, part.paragraph)), key=lambda s: s.start
    )
    at = paragraph.index(part) + step
    return paragraph[at] if 0 <= at < len(paragraph) else None


def _fitting(parts: Sequence[ScoredSentence], chosen: Sequence[ScoredSentence], words: int) -> list[ScoredSentence]:
    """Those that are new, as far as there is room; the very first one whatever its length."""
    room = words - sum(len(s.text.split()) for s in chosen)
    taken: list[ScoredSentence] = []
    for part in parts:
        room -= len(part.text.split())
        if part in chosen or len(chosen) + len(taken) >= MAX_PARTS or (room < 0 and (chosen or taken)):
            continue
        taken.append(part)
    return taken


def _is_said(part: ScoredSentence, chosen: Iterable[ScoredSentence]) -> bool:
    """Whether a chosen part says it in nearly the same words, and with the same numbers."""
    return any(_alike(part.text, other.text) and not _differ(part.text, other.text) for other in chosen)


def _alike(one: str, other: str) -> bool:
    words, others = ({word for word in _WORD.findall(text.casefold()) if not word.isdigit()} for text in (one, other))
    return len(words & others) >= ALIKE * max(1, min(len(words), len(others)))


def _differ(one: str, other: str) -> bool:
    """Alike, but for numbers that both have."""
    numbers, others = (set(_NUMBER.findall(text)) for text in (one, other))
    return bool(numbers) and bool(others) and numbers != others and _alike(one, other)
