"""Reports of posts and blocks between members: secret, and erased with whoever made them or is meant by them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from itertools import combinations

import sqlalchemy as sa

from cohost.store.engine import Tx
from cohost.store.tables import blocks, evidence, reports, sources, spaces, suggestions
from cohost.suggestion import AGREED


@dataclass(frozen=True)
class Report:
    """A member's report of a post."""

    id: str
    space_id: str
    source_id: str
    reporter_id: str
    reason: str
    at: datetime


def add_report(tx: Tx, community_id: str, new: Report) -> bool:
    """Store a report; False when this member reported this post before."""
    where = _of_post(community_id, new.space_id, new.source_id) & (reports.c.reporter_id == new.reporter_id)
    if tx.execute(sa.select(reports.c.id).where(where)).first():
        return False
    tx.execute(reports.insert().values(community_id=community_id, **new.__dict__))
    return True


def reporters(tx: Tx, community_id: str, posts: Iterable[tuple[str, str]]) -> frozenset[str]:
    """Who reported any of the posts; for deciding who may decide, and for nothing else."""
    found: set[str] = set()
    for space_id, source_id in set(posts):
        found |= set(
            tx.execute(sa.select(reports.c.reporter_id).where(_of_post(community_id, space_id, source_id))).scalars()
        )
    return frozenset(found)


def reasons(tx: Tx, community_id: str, space_id: str, source_id: str) -> list[str]:
    """What members wrote with their reports of a post, oldest first; not who."""
    query = sa.select(reports.c.reason).where(_of_post(community_id, space_id, source_id), reports.c.reason != "")
    return list(tx.execute(query.order_by(reports.c.at, reports.c.id)).scalars())


def block(tx: Tx, community_id: str, member_id: str, blocked_id: str, now: datetime) -> None:
    """Twice is fine."""
    if blocked_id not in blocked_by(tx, community_id, member_id):
        tx.execute(
            blocks.insert().values(community_id=community_id, member_id=member_id, blocked_id=blocked_id, at=now)
        )


def unblock(tx: Tx, community_id: str, member_id: str, blocked_id: str) -> None:
    """Twice is fine."""
    where = (blocks.c.community_id == community_id) & (blocks.c.member_id == member_id)
    tx.execute(blocks.delete().where(where, blocks.c.blocked_id == blocked_id))


def blocked_by(tx: Tx, community_id: str, member_id: str) -> list[str]:
    """Whom a member blocked; for that member alone."""
    where = (blocks.c.community_id == community_id) & (blocks.c.member_id == member_id)
    return list(tx.execute(sa.select(blocks.c.blocked_id).where(where).order_by(blocks.c.blocked_id)).scalars())


def kept_apart(tx: Tx, community_id: str) -> frozenset[frozenset[str]]:
    """Member ids, two by two, that nothing may bring together: after a block, a report, or while a case is open.

    Secret: neither the pairs nor their number may reach a reason, a count, an order or an error.
    """
    return frozenset(
        frozenset(pair)
        for pair in (*_blocked(tx, community_id), *_reported(tx, community_id), *_in_a_case(tx, community_id))
        if len(set(pair)) > 1
    )


def questioned(tx: Tx, community_id: str) -> frozenset[tuple[str, str]]:
    """Posts (space id, source id) that nothing points to: reported, flagged and not decided, or rightly flagged. Secret."""
    reported = sa.select(reports.c.space_id, reports.c.source_id).where(reports.c.community_id == community_id)
    flagged = (
        sa.select(evidence.c.space_id, evidence.c.source_id)
        .join(suggestions, suggestions.c.id == evidence.c.suggestion_id)
        .where(suggestions.c.community_id == community_id, suggestions.c.job == "moderate")
        .where(suggestions.c.status.in_((*AGREED, "pending")))
    )
    return frozenset((row.space_id, row.source_id) for query in (reported, flagged) for row in tx.execute(query))


def _blocked(tx: Tx, community_id: str) -> Iterable[tuple[str, str]]:
    query = sa.select(blocks.c.member_id, blocks.c.blocked_id).where(blocks.c.community_id == community_id)
    return ((row.member_id, row.blocked_id) for row in tx.execute(query))


def _reported(tx: Tx, community_id: str) -> Iterable[tuple[str, str]]:
    query = (
        sa.select(reports.c.reporter_id, sources.c.author_id)
        .join(spaces, (spaces.c.community_id == reports.c.community_id) & (spaces.c.id == reports.c.space_id))
        .join(sources, (sources.c.space_pk == spaces.c.pk) & (sources.c.id == reports.c.source_id))
        .where(reports.c.community_id == community_id, sources.c.author_id.is_not(None))
    )
    return ((row.reporter_id, row.author_id) for row in tx.execute(query))


def _in_a_case(tx: Tx, community_id: str) -> Iterable[tuple[str, str]]:
    """Whoever wrote a post that waits for moderators, with whom it answers."""
    query = sa.select(suggestions.c.payload).where(
        suggestions.c.community_id == community_id, suggestions.c.job == "moderate", suggestions.c.status == "pending"
    )
    for payload in tx.execute(query).scalars():
        yield from combinations(sorted(set(payload.get("concerned", ()))), 2)


def forget_member(tx: Tx, community_id: str, member_id: str) -> None:
    """What the member reported and blocked, and the blocks of them."""
    tx.execute(reports.delete().where(reports.c.community_id == community_id, reports.c.reporter_id == member_id))
    either = (blocks.c.member_id == member_id) | (blocks.c.blocked_id == member_id)
    tx.execute(blocks.delete().where(blocks.c.community_id == community_id, either))


def _of_post(community_id: str, space_id: str, source_id: str) -> sa.ColumnElement[bool]:
    return (
        (reports.c.community_id == community_id) & (reports.c.space_id == space_id) & (reports.c.source_id == source_id)
    )
