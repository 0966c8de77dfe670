"""Who may know: by the few posts of a member that come nearest to a question, never by how many they wrote."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

Kind = Literal["answered", "wrote", "asked", "offers"]

MOST = 3  # people asked for one question
# Of the nearest posts of one person, in this order; a fourth adds nothing, so that a hundred posts weigh as much as three.
# With these, half of those proposed on open discussions are among the most active tenth; by the plain sum 98 of 100.
SHARES = (0.6, 0.3, 0.1)
FLOOR = 0.2  # cosine that any two texts of one community reach
# From this cosine on somebody's best post may be about the question; .35 loses a fourth of the right ones.
NEAR = 0.25
COUNTS: Mapping[Kind, float] = {"answered": 1.0, "wrote": 0.8, "asked": 0.5, "offers": 0.9}
MARKED = 1.2  # quoted in an answer that a host approved
HALF_LIFE_DAYS = 540.0
LEAST_FRESH = 0.4  # what somebody knew years ago they still know in part
ROOM = 3  # questions at once, of who does not say how many people they would help


@dataclass(frozen=True)
class Said:
    """One thing that somebody wrote, or offers."""

    member_id: str
    kind: Kind
    cosine_similarity: float  # with the question, -1..1
    age_days: float = 0.0
    marked: bool = False  # an approved answer quotes it
    space_id: str = ""  # of a post
    source_id: str = ""

    @property
    def weight(self) -> float:
        """0..1.2: how much it says that its author knows."""
        half_lives = max(self.age_days, 0.0) / HALF_LIFE_DAYS
        fresh = LEAST_FRESH + (1 - LEAST_FRESH) * float(0.5**half_lives)
        near = max(self.cosine_similarity - FLOOR, 0.0) / (1 - FLOOR)
        return near * COUNTS[self.kind] * fresh * (MARKED if self.marked else 1.0)


@dataclass(frozen=True)
class Helper:
    """Somebody who may know, and what says so, most telling first."""

    member_id: str
    strength: float  # 0..1.2, higher is likelier; of this person alone, whoever else there is
    said: tuple[Said, ...]


def likely(said: Iterable[Said], *, busy: Mapping[str, int], room: Mapping[str, int], most: int = MOST) -> list[Helper]:
    """Up to `most`, likeliest first; nobody who is asked for as many questions already as they have room for."""
    own: dict[str, dict[tuple[str, str, str], Said]] = defaultdict(dict)
    for one in said:  # of a long post its nearest part, once
        key = (one.kind, one.space_id, one.source_id)
        own[one.member_id][key] = max(one, own[one.member_id].get(key, one), key=lambda s: s.weight)
    found = (_helper(m, list(those.values()), busy.get(m, 0), room.get(m, ROOM)) for m, those in own.items())
    return sorted((h for h in found if h is not None), key=lambda h: (-h.strength, h.member_id))[:most]


def _helper(member_id: str, said: Sequence[Said], busy: int, room: int) -> Helper | None:
    best = sorted(said, key=lambda one: (-one.weight, one.space_id, one.source_id))[: len(SHARES)]
    if busy >= room or max(one.cosine_similarity for one in best) < NEAR:
        return None
    strength = sum(share * one.weight for share, one in zip(SHARES, best, strict=False))
    return Helper(member_id, strength * (1 - busy / room / 2), tuple(one for one in best if one.weight > 0))
