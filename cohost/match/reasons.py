"""Why two people should meet, in their own words: what each asks and the other offers, and what they share."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations, permutations
from typing import Literal

import numpy as np

from cohost.match.features import Embed
from cohost.match.stored import Fact, facts_of
from cohost.ports import FloatArray
from cohost.store.profiles import StoredProfile

HELPS, ALIKE = 0.36, 0.42  # cosine from which on an offer meets an ask, and two goals or interests are one
MOST_OF_A_KIND = 2  # of one pair
MOST_TEXTS = 20_000  # different ones that are compared by meaning; beyond, by their words alone
Kind = Literal["helps", "goals", "interests", "languages"]


@dataclass(frozen=True)
class Reason:
    """Two things that were said, and that go together."""

    kind: Kind
    one: Fact  # of "helps": the offer
    other: Fact  # of "helps": the ask


class Meanings:
    """Whatever members say, each text embedded once."""

    def __init__(self, people: Sequence[StoredProfile], embed: Embed) -> None:
        fields = ("goals", "interests", "offers", "asks")
        texts = sorted({fact.value for person in people for name in fields for fact in facts_of(person, name)})
        self._row: Mapping[str, int] = {text: n for n, text in enumerate(texts)} if len(texts) <= MOST_TEXTS else {}
        self._vectors: FloatArray = embed(texts) if self._row else np.zeros((0, 1), np.float32)

    def cosine(self, one: str, other: str) -> float:
        """-1..1; 1 for the same words, 0 where meanings are not known."""
        if one.casefold() == other.casefold():
            return 1.0
        if one not in self._row or other not in self._row:
            return 0.0
        return float(self._vectors[self._row[one]] @ self._vectors[self._row[other]])


def reasons(group: Sequence[StoredProfile], meanings: Meanings) -> list[Reason]:
    """What speaks for it, strongest first within each kind; only from fields that both sides show."""
    found: list[Reason] = []
    for one, other in permutations(group, 2):
        found += _best("helps", one, "offers", other, "asks", meanings, HELPS)
    for one, other in combinations(group, 2):
        for kind in ("goals", "interests"):
            found += _best(kind, one, kind, other, kind, meanings, ALIKE)
    return [*found, *_languages(group)]


def _best(
    kind: Kind, one: StoredProfile, field: str, other: StoredProfile, other_field: str, meanings: Meanings, least: float
) -> list[Reason]:
    pairs = [
        (meanings.cosine(a.value, b.value), a, b) for a in facts_of(one, field) for b in facts_of(other, other_field)
    ]
    kept: list[Reason] = []
    for cosine, a, b in sorted(pairs, key=lambda pair: -pair[0]):
        new = all(a not in (r.one, r.other) and b not in (r.one, r.other) for r in kept)
        if cosine >= least and new and len(kept) < MOST_OF_A_KIND:
            kept.append(Reason(kind, a, b))
    return kept


def _languages(group: Sequence[StoredProfile]) -> list[Reason]:
    """Those that everybody in the group speaks, told once."""
    spoken = [{fact.value.casefold(): fact for fact in facts_of(person, "languages")} for person in group]
    common = [name for name in spoken[0] if all(name in theirs for theirs in spoken)]
    return [Reason("languages", spoken[0][name], spoken[-1][name]) for name in common]
