"""What the rules of a round leave before anybody is matched, told from what everybody may know."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from cohost.match.groups import sizes_of
from cohost.match.ordered import Rule, Term, terms_of
from cohost.match.rules import Allowed, BoolArray

ROWS = 500  # of people who are looked at at once
SILENT = "Say nothing about it."
ALL_DIFFER = "Share it with nobody whom hours and languages let them meet."
ALL_ALIKE = "Share it with everybody whom hours and languages let them meet."
TOO_MANY = "Are more with the same than there are meetings."
Limits = dict[str, int]  # reason → how many people


@dataclass(frozen=True)
class RuleLimits:
    """A rule, and for how many it cannot be kept whatever comes of the round."""

    rule: Rule
    limits: Limits


def looked_at(
    allowed: Allowed, rules: Sequence[Rule], learners: int, group_size: int
) -> tuple[list[int], tuple[RuleLimits, ...]]:
    """(places of people without a partner, what is in the way of each rule)."""
    return without_partner(allowed, learners), limits(rules, allowed, learners=learners, group_size=group_size)


def without_partner(allowed: Allowed, learners: int) -> list[int]:
    """Places of people; where the first `learners` are to meet the others, only those of the other side count."""
    return [row for rows, block in _blocks(allowed, learners) for row in np.array(rows)[~block.any(axis=1)].tolist()]


def limits(rules: Sequence[Rule], allowed: Allowed, *, learners: int, group_size: int) -> tuple[RuleLimits, ...]:
    """In the order of the rules; `group_size` is 2 where two meet."""
    terms = terms_of(rules, allowed.people, 0)
    meetings = learners or _meetings(len(allowed.people), group_size)
    return tuple(RuleLimits(term.rule, _some(_of(term, allowed, learners, meetings))) for term in terms)


def _of(term: Term, allowed: Allowed, learners: int, meetings: int) -> Limits:
    found = {SILENT: sum(not one for one in term.said)}
    if term.rule.kind == "cluster":
        found[ALL_DIFFER] = _nobody(term, allowed, learners, lambda block, shared: block & shared)
    if term.rule.kind == "distribute":
        found[ALL_ALIKE] = _nobody(term, allowed, learners, lambda block, shared: block & ~shared)
        held = Counter(value for one in term.said for value in one)
        found[TOO_MANY] = 0 if learners else max([n - meetings for n in held.values()], default=0)
    return found


def _nobody(term: Term, allowed: Allowed, learners: int, left: Callable[[BoolArray, BoolArray], BoolArray]) -> int:
    """How many who say something could meet somebody, but nobody whom the rule leaves them."""
    count = 0
    for rows, block in _blocks(allowed, learners):
        told = np.array([bool(term.said[at]) for at in rows])
        chosen = left(block, term.shared(rows, slice(None)) > 0)
        count += int((told & block.any(axis=1) & ~chosen.any(axis=1)).sum())
    return count


def _blocks(allowed: Allowed, learners: int) -> Iterator[tuple[range, BoolArray]]:
    for start in range(0, len(allowed.people), ROWS):
        rows = range(start, min(start + ROWS, len(allowed.people)))
        block = allowed.block(rows, slice(None))
        if learners:
            learns = np.array(rows) < learners
            block[learns, :learners] = False
            block[~learns, learners:] = False
        yield rows, block


def _meetings(people: int, group_size: int) -> int:
    return max(1, people // 2) if group_size == 2 else len(sizes_of(people, group_size))


def _some(found: Limits) -> Limits:
    return {reason: count for reason, count in found.items() if count > 0}
