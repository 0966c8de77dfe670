"""Pairs: a maximum-weight matching, not greed.

Each person keeps their best candidates, the matching is optimal on those edges, whoever is left over is matched among
the others left over, and who is left then makes a pair a group of three.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from cohost.match.compatibility import Compatibility
from cohost.match.rules import Allowed, BoolArray
from cohost.ports import FloatArray

CANDIDATES = 8  # measured: more double the time and add less than a hundredth to the total
DENSE = 400  # people up to whom all pairs are looked at
ROWS = 500  # of one block: 20 MB for 10,000 people
MOST_WIDE = 1_000_000  # pairs that are looked at beside the candidates, for those whom it would leave out twice
WIDENINGS = 4  # each solves all of it anew
ALIKE = 1e-3  # a difference of scores that means nothing
UNIT = 10_000  # the matching counts in whole numbers
Groups = list[tuple[int, ...]]
IntArray = NDArray[np.int64]


@dataclass(frozen=True)
class Matched:
    """Places of people in the round."""

    groups: tuple[tuple[int, ...], ...]  # pairs, and threes where the number did not come out
    left_out: tuple[int, ...]


def match_pairs(compatibility: Compatibility, allowed: Allowed, *, candidates: int = CANDIDATES) -> Matched:
    """Everyone meets somebody where the rules let them; who was left out before comes first.

    Of more than 400 people, each looks at as many best `candidates`; who was left out before, and would be again, at all.
    """
    everyone = list(range(len(allowed.people)))
    pairs = _skipped_first(compatibility, allowed, everyone, candidates)
    pairs += _among_the_rest(compatibility, allowed, _rest(everyone, pairs), candidates)
    groups = _threes(compatibility, allowed, pairs, _rest(everyone, pairs))
    return Matched(tuple(sorted(groups)), tuple(_rest(everyone, groups)))


def _skipped_first(compatibility: Compatibility, allowed: Allowed, everyone: list[int], candidates: int) -> Groups:
    """Whoever would be left out twice in a row looks at everybody; then so does who took their partners."""
    wide: frozenset[int] = frozenset()
    pairs = _matching(compatibility, allowed, everyone, candidates)
    for _ in range(WIDENINGS):
        again = [at for at in _rest(everyone, pairs) if allowed.people[at].skipped]
        wider = wide | _in_the_way(allowed, again, pairs) | set(again)
        if len(everyone) <= DENSE or not again or wider == wide or len(wider) * len(everyone) > MOST_WIDE:
            break
        wide = wider
        pairs = _matching(compatibility, allowed, everyone, candidates, wide)
    return pairs


def _among_the_rest(compatibility: Compatibility, allowed: Allowed, rest: list[int], candidates: int) -> Groups:
    """Whoever wanted the same few as many others, matched again and again until nobody is left who could be."""
    pairs: Groups = []
    while len(rest) > 1:
        more = _matching(compatibility, allowed, rest, candidates)
        pairs += more
        rest = _rest(rest, more)
        if not more:
            break
    return pairs


def _in_the_way(allowed: Allowed, alone: Sequence[int], pairs: Groups) -> set[int]:
    """People left out before who meet somebody whom one of those alone may meet; they could meet another."""
    may = set(np.flatnonzero(allowed.block(list(alone), slice(None)).any(axis=0)).tolist()) if alone else set()
    mates = [(one, other) for pair in pairs for one, other in (pair, pair[::-1]) if other in may]
    return {one for one, _ in mates if allowed.people[one].skipped}


def _rest(everyone: Sequence[int], groups: Groups) -> list[int]:
    taken = {at for group in groups for at in group}
    return [at for at in everyone if at not in taken]


def _matching(
    compatibility: Compatibility, allowed: Allowed, among: list[int], candidates: int,
    wide: frozenset[int] = frozenset(),
) -> Groups:  # fmt: skip
    import rustworkx  # loaded only where a round is made

    ones, others, weights = _edges(compatibility, allowed, among, candidates, wide)
    if not len(weights):
        return []
    # who was left out is worth more than any sum of the others' weights, so nobody is traded for a nicer meeting
    first = (int(weights.max()) + 1) * len(among)
    skipped = np.array([person.skipped for person in allowed.people], np.int64)
    worth = weights + first * (skipped[ones] + skipped[others])
    graph = rustworkx.PyGraph(multigraph=False)
    graph.add_nodes_from(range(len(skipped)))
    graph.add_edges_from(list(zip(ones.tolist(), others.tolist(), worth.tolist(), strict=True)))
    matched = rustworkx.max_weight_matching(graph, max_cardinality=True, weight_fn=int)
    return sorted((min(pair), max(pair)) for pair in matched)


def _edges(
    compatibility: Compatibility, allowed: Allowed, among: list[int], candidates: int, wide: frozenset[int]
) -> tuple[IntArray, IntArray, IntArray]:
    """(first people, second people, weights), each pair once."""
    blocks = []
    everyone = np.array(among, np.int64)
    for start in range(0, len(among), ROWS):
        rows = among[start : start + ROWS]
        scores = np.where(allowed.block(rows, among), compatibility.block(rows, among), -np.inf)
        everybody = [len(among) <= DENSE or row in wide for row in rows]
        row, column = np.nonzero(_kept(scores, candidates, np.array(everybody)))
        blocks.append((everyone[start + row], everyone[column], _whole(scores[row, column])))
    if not blocks:
        return (np.zeros(0, np.int64),) * 3
    one, other, weight = (np.concatenate(part) for part in zip(*blocks, strict=True))
    return _once(np.minimum(one, other), np.maximum(one, other), weight)


def _kept(scores: FloatArray, candidates: int, everybody: BoolArray) -> BoolArray:
    """(rows, columns) the pairs to be looked at: the best of each row, or all."""
    kept = np.zeros(scores.shape, bool)
    most = min(candidates, scores.shape[1])
    best = np.argpartition(-(scores + _lots(scores)), most - 1, axis=1)[:, :most]
    np.put_along_axis(kept, best, True, axis=1)
    kept[everybody] = True
    return kept & np.isfinite(scores)


def _lots(scores: FloatArray) -> FloatArray:
    """Something small for each pair: of many who are alike, each person's best are others than the next person's."""
    highest = float(np.abs(scores[np.isfinite(scores)]).max(initial=0))
    least = max(ALIKE, 4 * float(np.finfo(np.float32).eps) * highest)  # what single precision still tells apart
    lots: FloatArray = np.random.default_rng(len(scores)).random(scores.shape, np.float32) * np.float32(least)
    return lots


def _once(ones: IntArray, others: IntArray, weights: IntArray) -> tuple[IntArray, IntArray, IntArray]:
    """Of what both ends say of a pair, the higher."""
    order = np.lexsort((weights, others, ones))
    ones, others, weights = ones[order], others[order], weights[order]
    last = np.ones(len(ones), bool)
    last[:-1] = (np.diff(ones) != 0) | (np.diff(others) != 0)
    return ones[last], others[last], weights[last]


def _whole(scores: FloatArray) -> IntArray:
    return np.maximum(1, np.rint(scores * UNIT)).astype(np.int64)


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
