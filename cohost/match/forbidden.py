"""Pairs that a safety rule keeps apart. Secret: nothing here may reach a reason, a count, an order or an error."""

from __future__ import annotations

from collections.abc import Callable

from cohost.store import Tx

Pairs = frozenset[frozenset[str]]
Source = Callable[[Tx, str], Pairs]

SOURCES: tuple[Source, ...] = ()  # each answers for one community: blocks, reports, open cases


def forbidden_pairs(tx: Tx, community_id: str) -> Pairs:
    """Member ids, two by two, that no round may bring together."""
    return frozenset[frozenset[str]]().union(*(source(tx, community_id) for source in SOURCES))
