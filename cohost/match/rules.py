"""What must hold between two people before they may meet at all."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import permutations
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cohost.match.profile import WEEK_HOURS, Profile, Rows
from cohost.ports import FloatArray

BoolArray = NDArray[np.bool_]

NO_LANGUAGE = "Speaks no language that another member of this round speaks."
NO_HOURS = "Shares too few free hours with every other member of this round who speaks their language."
# One sentence for all the rest: it must read the same whether or not a safety rule had a part in it.
NOBODY_LEFT = "Nobody was left whom all rules allow: earlier meetings, numbers and safety rules count."


@dataclass(frozen=True)
class Must:
    """The hard rules of a round."""

    overlap_hours: int = 0  # free hours of the week that both have
    shared_language: bool = False


@dataclass(frozen=True)
class Allowed:
    """Who may meet whom; `apart` is never relaxed, whatever is left over. Somebody may stand here twice, on two sides."""

    people: tuple[Profile, ...]
    must: Must = Must()
    apart: frozenset[frozenset[str]] = frozenset()  # secret pairs and recent ones alike

    def block(self, rows: Rows, columns: Rows) -> BoolArray:
        """(rows, columns) whether two people may meet; nobody meets themselves."""
        allowed = self._fits(rows, columns)
        at = np.arange(len(self.people))
        place = {int(column): n for n, column in enumerate(at[columns])}
        for n, row in enumerate(at[rows]):
            allowed[n, [place[other] for other in self._others[int(row)] if other in place]] = False
        return allowed

    def why_alone(self, at: int) -> str:
        """Why one person was left out, told from the rules that everybody may know."""
        speaks, free = self._speaks([at], slice(None))[0], self._free([at], slice(None))[0]
        others = np.array([person.member_id != self.people[at].member_id for person in self.people])
        if not (speaks & others).any():
            return NO_LANGUAGE
        return NOBODY_LEFT if (speaks & free & others).any() else NO_HOURS

    def _fits(self, rows: Rows, columns: Rows) -> BoolArray:
        both: BoolArray = self._speaks(rows, columns) & self._free(rows, columns)
        return both

    def _speaks(self, rows: Rows, columns: Rows) -> BoolArray:
        needed = 1 if self.must.shared_language else 0
        shared: BoolArray = self._languages[rows] @ self._languages[columns].T >= needed
        return shared

    def _free(self, rows: Rows, columns: Rows) -> BoolArray:
        enough: BoolArray = self._hours[rows] @ self._hours[columns].T >= self.must.overlap_hours
        return enough

    @cached_property
    def _hours(self) -> FloatArray:
        return _marks([profile.hours for profile in self.people], range(WEEK_HOURS))

    @cached_property
    def _languages(self) -> FloatArray:
        spoken = sorted({language for profile in self.people for language in profile.languages})
        return _marks([profile.languages for profile in self.people], spoken)

    @cached_property
    def _others(self) -> list[list[int]]:
        """By place: the places of those a person is kept apart from, their own among them."""
        places: dict[str, list[int]] = {}
        for at, profile in enumerate(self.people):
            places.setdefault(profile.member_id, []).append(at)
        others = [list(places[profile.member_id]) for profile in self.people]
        for pair in self.apart:
            for one, two in permutations(pair, 2):
                for at in places.get(one, ()):
                    others[at] += places.get(two, ())
        return others


def _marks(sets: Sequence[frozenset[Any]], values: Iterable[Any]) -> FloatArray:
    """(n, values) float32: 1 where a set holds the value."""
    column = {value: at for at, value in enumerate(values)}
    marks = np.zeros((len(sets), len(column)), np.float32)
    for row, members in enumerate(sets):
        marks[row, [column[value] for value in members]] = 1
    return marks
