"""Groups of 3 to 6: local search by swaps, the worst group first, then the sum."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from cohost.match.pairs import Matched
from cohost.match.rules import BoolArray
from cohost.ports import FloatArray

SMALLEST, LARGEST = 3, 6
NEVER = -1_000.0  # times the highest score, the worth of a pair that may not meet: no sum of others makes up for it
PASSES = 20  # over everyone; a pass without a swap ends it
KICKS = 100  # tries to free a worst group that no swap improves
NEAR = 12  # people whom the worst group would be most glad of
SMALL = 1e-9
Array = NDArray[np.float64]


def match_groups(
    scores: FloatArray, allowed: BoolArray, size: int, *, rules: FloatArray | None = None, seed: int = 0
) -> Matched:  # fmt: skip
    """(n, n) symmetric scores to groups of about `size`; no pair that may not meet is ever in one group.

    With `rules`, (n, n) too, their sum comes first: one group that keeps none of them is better than none that does.
    Raises ValueError when the size is not 3 to 6.
    """
    if not SMALLEST <= size <= LARGEST:
        raise ValueError(f"A group has {SMALLEST} to {LARGEST} members, not {size}.")
    if len(scores) < SMALLEST:
        return Matched((), tuple(range(len(scores))))
    sizes = sizes_of(len(scores), size)
    before = _Search(_lawful_scores(rules, allowed), sizes) if rules is not None else None
    if before is not None:
        before.climb_sum()
    search = _Search(_lawful_scores(scores, allowed), sizes, before)
    search.climb_sum()
    search.climb_worst(np.random.default_rng(seed))
    return _lawful(search.members(), allowed)


def _lawful_scores(scores: FloatArray, allowed: BoolArray) -> Array:
    never = NEVER * (1 + float(np.abs(scores).max()))
    return np.where(allowed, scores, never).astype(np.float64)


def sizes_of(people: int, size: int) -> list[int]:
    """Sizes of groups that hold everyone, as near to `size` as the number allows, within 3 to 6 where it can."""
    count = max(1, round(people / size))
    while people / count > LARGEST:
        count += 1
    while count > 1 and people / count < SMALLEST:
        count -= 1
    return [people // count + (at < people % count) for at in range(count)]


def worst(groups: Sequence[tuple[int, ...]], scores: FloatArray) -> float:
    """The mean score of two people within the group where it is lowest."""
    return min(_mean(scores, group) for group in groups)


def _mean(scores: FloatArray, group: Sequence[int]) -> float:
    inside = scores[np.ix_(list(group), list(group))]
    return float((inside.sum() - np.trace(inside)) / (len(group) * (len(group) - 1)))


class _Search:
    """Who is in which group, and what everyone would be worth to every group.

    With a search that comes `before` it, it begins where that one ended, and no swap makes less of that one's sum.
    """

    def __init__(self, scores: Array, sizes: Sequence[int], before: _Search | None = None) -> None:
        self.scores = scores.copy()
        np.fill_diagonal(self.scores, 0)
        self.before = before
        self.group: NDArray[np.int64] = before.group.copy() if before else _start(self.scores, sizes)
        self.pairs = np.array([size * (size - 1) / 2 for size in sizes])
        self.worth = self.scores @ np.eye(len(sizes))[self.group]  # (n, groups)

    def members(self) -> list[tuple[int, ...]]:
        """Places of people, by group."""
        return [tuple(np.flatnonzero(self.group == at).tolist()) for at in range(len(self.pairs))]

    def means(self) -> Array:
        """(groups,) mean score of two people within each."""
        own = self.worth[np.arange(len(self.group)), self.group]
        sums: Array = np.bincount(self.group, own, minlength=len(self.pairs)) / 2
        return np.asarray(sums / self.pairs)

    def climb_sum(self) -> None:
        """Swap as long as the sum grows."""
        for _ in range(PASSES):
            if not sum(self._swap_for_sum(one) for one in range(len(self.group))):
                return

    def climb_worst(self, random: np.random.Generator) -> None:
        """Improve the worst group; where no swap does, take in somebody by chance and try on; keep the best."""
        self._improve_worst()
        best = self.group.copy(), float(self.means().min())
        for _ in range(KICKS if self.before is None else 0):  # chance would spoil what comes before
            self._swap(*self._welcome(random))
            self._improve_worst()
            if self.means().min() > best[1] + SMALL:
                best = self.group.copy(), float(self.means().min())
            else:
                self._back_to(best[0])

    def _welcome(self, random: np.random.Generator) -> tuple[int, int]:
        """One of the worst group and somebody whom it would be glad of, whatever their own group loses."""
        low = int(self.means().argmin())
        one = int(random.choice(np.flatnonzero(self.group == low)))
        mine = np.where(self.group == low, -np.inf, self._after(one)[0])
        return one, int(random.choice(np.argsort(-mine)[:NEAR]))

    def _back_to(self, group: NDArray[np.int64]) -> None:
        self.group = group.copy()
        self.worth = self.scores @ np.eye(len(self.pairs))[self.group]

    def _swap_for_sum(self, one: int) -> bool:
        gain = self.gain(one)
        gain[(self.group == self.group[one]) | self._spoils(one)] = -np.inf
        other = int(gain.argmax())
        if gain[other] <= SMALL:
            return False
        self._swap(one, other)
        return True

    def _improve_worst(self) -> None:
        for _ in range(len(self.group)):
            means = self.means()
            low = int(means.argmin())
            gain, one, other = max(self._best_swap(int(one), low) for one in np.flatnonzero(self.group == low))
            if gain <= means[low] + SMALL:
                return
            self._swap(one, other)

    def _best_swap(self, one: int, low: int) -> tuple[float, int, int]:
        """The lower of the two groups' means after the best swap of one person."""
        mine, theirs = self._after(one)
        lower = np.minimum(mine / self.pairs[low], theirs / self.pairs[self.group])
        lower[(self.group == low) | self._spoils(one)] = -np.inf
        other = int(lower.argmax())
        return float(lower[other]), one, other

    def _spoils(self, one: int) -> BoolArray:
        """(n,) with whom a swap would make less of what comes before."""
        if self.before is None:
            return np.zeros(len(self.group), bool)
        return np.asarray(self.before.gain(one) < -SMALL)

    def gain(self, one: int) -> Array:
        """(n,) of the sum, after a swap with each other person."""
        mine, theirs = self._after(one)
        return np.asarray((mine - self._sums()[self.group[one]]) + (theirs - self._sums()[self.group]))

    def _after(self, one: int) -> tuple[Array, Array]:
        """(n,) sums of one's group, and of the other's, after a swap with each other person."""
        everyone, here = np.arange(len(self.group)), self.group[one]
        between = self.scores[one]
        sums = self._sums()
        mine = sums[here] - self.worth[one, here] + self.worth[:, here] - between
        theirs = sums[self.group] - self.worth[everyone, self.group] + self.worth[one, self.group] - between
        return mine, theirs

    def _sums(self) -> Array:
        return np.asarray(self.means() * self.pairs)

    def _swap(self, one: int, other: int) -> None:
        here, there = self.group[one], self.group[other]
        moved = self.scores[:, other] - self.scores[:, one]
        if here != there:
            self.worth[:, here] += moved
            self.worth[:, there] -= moved
            self.group[one], self.group[other] = there, here
            if self.before is not None:
                self.before._swap(one, other)


def _start(scores: Array, sizes: Sequence[int]) -> NDArray[np.int64]:
    """Each group begins with a person who is hard to place and takes, one by one, who suits it best."""
    group = np.full(len(scores), -1, np.int64)
    for at, size in enumerate(sizes):
        free = np.flatnonzero(group < 0)
        first = free[np.argmin(np.sort(scores[np.ix_(free, free)], axis=1)[:, -size:].sum(axis=1))]
        group[first] = at
        suits = scores[first].copy()
        for _ in range(size - 1):
            best = int(np.where(group < 0, suits, -np.inf).argmax())
            group[best] = at
            suits += scores[best]
    return group


def _lawful(groups: Sequence[tuple[int, ...]], allowed: BoolArray) -> Matched:
    """What the search could not part is parted now: nobody stays with somebody they may not meet."""
    kept: list[tuple[int, ...]] = []
    alone: list[int] = []
    for group in groups:
        together = _together(group, allowed)
        alone += [at for at in group if at not in together]
        if len(together) >= 2:
            kept.append(together)
        else:
            alone += together
    for person in sorted(alone):
        joins = (at for at, g in enumerate(kept) if len(g) < LARGEST and allowed[person, list(g)].all())
        at = next(joins, None)
        if at is not None:
            kept[at] = (*kept[at], person)
    placed = {person for group in kept for person in group}
    return Matched(tuple(kept), tuple(at for at in sorted(alone) if at not in placed))


def _together(group: Sequence[int], allowed: BoolArray) -> tuple[int, ...]:
    chosen: list[int] = []
    for person in group:
        if allowed[person, chosen].all():
            chosen.append(person)
    return tuple(chosen)
