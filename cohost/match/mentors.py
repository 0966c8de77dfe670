"""Mentors with capacities: a minimum-cost flow, optimal for the scores and the load it is given."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import permutations

import numpy as np
from numpy.typing import NDArray

from cohost.match.rules import BoolArray
from cohost.ports import FloatArray

TRIES = 5  # to let two who would help each other meet once; then it is said beforehand for all
UNIT = 10_000  # the flow counts in whole numbers
IntArray = NDArray[np.int64]


@dataclass(frozen=True)
class Assigned:
    """Which mentor each mentee gets."""

    mentor_of: tuple[int | None, ...]  # by mentee; None where no mentor was left
    total: float  # sum of scores, without what the load cost


def match_once(
    scores: FloatArray, allowed: BoolArray, capacities: Sequence[int], skipped: Sequence[int],
    place: Sequence[int | None],
) -> Assigned:  # fmt: skip
    """As `match_mentors`, where mentees may be mentors too: two who could help each other meet once.

    `place` is, by mentee, where they stand among the mentors.
    """
    allowed = allowed.copy()
    mentee_at = {at: mentee for mentee, at in enumerate(place) if at is not None}
    for _ in range(TRIES):
        found = match_mentors(scores, allowed, capacities, skipped)
        helped = {one: mentee_at[at] for one, at in enumerate(found.mentor_of) if at is not None and at in mentee_at}
        twice = [(one, other) for one, other in helped.items() if helped.get(other) == one]
        if not twice:
            return found
        _forbid_one_way(scores, allowed, place, twice)
    _forbid_one_way(scores, allowed, place, list(permutations(mentee_at.values(), 2)))
    return match_mentors(scores, allowed, capacities, skipped)


def _forbid_one_way(
    scores: FloatArray, allowed: BoolArray, place: Sequence[int | None], pairs: Sequence[tuple[int, int]]
) -> None:
    """Of each two, given in both orders, the way that costs least: where the mentee has somebody else nearly as good."""
    cost = {pair: _loss(scores[pair[0]], allowed[pair[0]], place[pair[1]]) for pair in pairs}
    for one, other in pairs:
        if (cost[one, other], one) < (cost[other, one], other):
            allowed[one, place[other]] = False


def _loss(scores: FloatArray, allowed: BoolArray, mentor: int | None) -> float:
    others = allowed & (np.arange(len(scores)) != mentor)
    return float(scores[mentor] - scores[others].max()) if others.any() else np.inf


@dataclass(frozen=True)
class _Arcs:
    tails: IntArray
    heads: IntArray
    capacities: IntArray
    costs: IntArray


def match_mentors(
    scores: FloatArray, allowed: BoolArray, capacities: Sequence[int], skipped: Sequence[int], *, spread: float = 0.02
) -> Assigned:
    """(mentees, mentors) scores to a choice of mentors.

    As many mentees as possible get one, those left out before come first, then the sum of scores is highest, where each
    further mentee of one mentor costs `spread` more than the one before.
    """
    from ortools.graph.python import min_cost_flow  # loaded only where a round is made

    mentees, mentors = scores.shape
    if not mentees or not mentors:
        return Assigned((None,) * mentees, 0.0)
    flow = min_cost_flow.SimpleMinCostFlow()
    sink = mentees + mentors
    rows, columns = np.nonzero(allowed)
    choices = flow.add_arcs_with_capacity_and_unit_cost(
        rows, columns + mentees, np.ones(len(rows), np.int64), _whole(-scores[rows, columns])
    )
    for arcs in (_load(capacities, mentees, sink, spread), _left_out(skipped, sink, scores, capacities, spread)):
        flow.add_arcs_with_capacity_and_unit_cost(arcs.tails, arcs.heads, arcs.capacities, arcs.costs)
    flow.set_nodes_supplies(np.arange(mentees), np.ones(mentees, np.int64))
    flow.set_node_supply(sink, -mentees)
    status = flow.solve()
    if status != flow.OPTIMAL:
        raise ArithmeticError(f"The flow of {mentees} mentees ended as {status}.")
    taken = flow.flows(choices) > 0
    mentor = dict(zip(rows[taken].tolist(), columns[taken].tolist(), strict=True))
    total = float(scores[rows[taken], columns[taken]].sum())
    return Assigned(tuple(mentor.get(at) for at in range(mentees)), total)


def _load(capacities: Sequence[int], mentees: int, sink: int, spread: float) -> _Arcs:
    """One arc for each place with a mentor, each dearer than the one before."""
    held = [(mentees + at, place) for at, capacity in enumerate(capacities) for place in range(capacity)]
    tails = np.array([node for node, _ in held], np.int64)
    costs = _whole(spread * np.array([place for _, place in held], np.float64))
    return _Arcs(tails, np.full(len(held), sink), np.ones(len(held), np.int64), costs)


def _left_out(skipped: Sequence[int], sink: int, scores: FloatArray, capacities: Sequence[int], spread: float) -> _Arcs:
    """To get nobody costs more than any chain of other choices could save; more for whom it happened to before."""
    steepest = float(np.abs(scores).max()) + spread * max(capacities, default=0)
    dear = int(_whole(np.array([2 * steepest + 1]))[0]) * (len(skipped) + 1)
    costs = np.array([dear * (1 + min(times, 3)) for times in skipped], np.int64)
    mentees = np.arange(len(skipped))
    return _Arcs(mentees, np.full(len(skipped), sink), np.ones(len(skipped), np.int64), costs)


def _whole(values: FloatArray | NDArray[np.float64]) -> IntArray:
    whole: IntArray = np.rint(values * UNIT).astype(np.int64)
    return whole
