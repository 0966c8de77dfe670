"""Pairs: a maximum-weight matching, not greed.

Each person keeps their best candidates, the matching is optimal on those edges, whoever is left over is matched among
the others left over, and who is left then makes a pair a group of three.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from cohost.match.compatibility import Compatibility
from cohost.match.rules import Allowed
from cohost.ports import FloatArray

CANDIDATES = 8  # measured: more double the time and add less than a hundredth to the total
DENSE = 400  # people up to whom all pairs are looked at
ROWS = 500  # of one block: 20 MB for 10,000 people
UNIT = 10_000  # the matching counts in whole numbers
Groups = list[tuple[int, ...]]


@dataclass(frozen=True)
class Matched:
    """Places of people in the round."""

    groups: tuple[tuple[int, ...], ...]  # pairs, and threes where the number did not come out
    left_out: tuple[int, ...]


def match_pairs(compatibility: Compatibility, allowed: Allowed, *, candidates: int = CANDIDATES) -> Matched:
    """Everyone meets somebody where the rules let them; who was left out before comes first.

    Of more than 400 people, each looks at as many best `candidates`.
    """
    everyone = list(range(len(allowed.people)))
    pairs = _matching(compatibility, allowed, everyone, candidates)
    rest = _rest(everyone, pairs)
    if len(everyone) > DENSE and len(rest) > 1:
        pairs += _matching(compatibility, allowed, rest, candidates)
    groups = _threes(compatibility, allowed, pairs, _rest(everyone, pairs))
    return Matched(tuple(sorted(groups)), tuple(_rest(everyone, groups)))


def _rest(everyone: Sequence[int], groups: Groups) -> list[int]:
    taken = {at for group in groups for at in group}
    return [at for at in everyone if at not in taken]


def _matching(compatibility: Compatibility, allowed: Allowed, among: list[int], candidates: int) -> Groups:
    import rustworkx  # loaded only where a round is made

    weights = dict(_edges(compatibility, allowed, among, candidates))
    if not weights:
        return []
    # who was left out is worth more than any sum of the others' weights, so nobody is traded for a nicer meeting
    first = (max(weights.values()) + 1) * len(among)
    skipped = [person.skipped for person in allowed.people]
    graph = rustworkx.PyGraph(multigraph=False)
    graph.add_nodes_from(range(len(skipped)))
    graph.add_edges_from([(a, b, w + first * (skipped[a] + skipped[b])) for (a, b), w in sorted(weights.items())])
    matched = rustworkx.max_weight_matching(graph, max_cardinality=True, weight_fn=int)
    return sorted((min(pair), max(pair)) for pair in matched)


def _edges(
    compatibility: Compatibility, allowed: Allowed, among: list[int], candidates: int
) -> Iterator[tuple[tuple[int, int], int]]:
    for start in range(0, len(among), ROWS):
        rows = among[start : start + ROWS]
        scores = np.where(allowed.block(rows, among), compatibility.block(rows, among), -np.inf)
        for row, line in zip(rows, scores, strict=True):
            kept = len(among) if len(among) <= DENSE or allowed.people[row].skipped else candidates
            for column in _best(line, kept):
                other = among[column]
                yield (min(row, other), max(row, other)), max(1, round(float(line[column]) * UNIT))


def _best(line: FloatArray, kept: int) -> list[int]:
    chosen = np.argpartition(-line, kept)[:kept] if kept < len(line) else np.arange(len(line))
    return [int(at) for at in chosen if np.isfinite(line[at])]


def _threes(compatibility: Compatibility, allowed: Allowed, pairs: Groups, alone: Sequence[int]) -> Groups:
    """Each person left joins the pair that suits them best, if one may be joined."""
    groups = list(pairs)
    for person in alone:
        everyone = slice(None)
        may = allowed.block([person], everyone)[0]
        suits = compatibility.block([person], everyone)[0]
        open_to = [at for at, group in enumerate(groups) if len(group) == 2 and may[list(group)].all()]
        if open_to:
            best = max(open_to, key=lambda at: float(suits[list(groups[at])].sum()))
            groups[best] = (*groups[best], person)
    return groups
