"""What moderation saw in each post it read: scores and outcomes, no words."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

import sqlalchemy as sa

from cohost.store.engine import Tx
from cohost.store.tables import readings

Outcome = Literal["", "flagged", "shadow", "held_back"]


@dataclass(frozen=True)
class Reading:
    """Of the newest version of a post."""

    space_id: str
    source_id: str
    version: int
    author_id: str | None
    target_id: str | None  # whose post it answers
    category: str  # "" where nothing comes near
    excess: float | None  # log-odds above the threshold
    spans: tuple[tuple[int, int], ...]  # what carries it, in this version
    outcome: Outcome
    at: datetime


def put(tx: Tx, community_id: str, new: Reading) -> None:
    """Store it in the place of an older one of the same post; what was flagged in this version stays so."""
    where = _of_post(community_id, new.space_id, new.source_id)
    old = tx.execute(sa.delete(readings).where(where).returning(readings.c.version, readings.c.outcome)).one_or_none()
    stays = old.outcome if old is not None and old.version == new.version and not new.outcome else new.outcome
    values = {**new.__dict__, "spans": [list(span) for span in new.spans], "outcome": stays}
    tx.execute(readings.insert().values(community_id=community_id, **values))


def since(tx: Tx, community_id: str, at: datetime, *, target_id: str | None = None) -> list[Reading]:
    """Of all posts read from then on, oldest first; only those that answer one member, if told so."""
    where = (readings.c.community_id == community_id) & (readings.c.at >= at)
    if target_id is not None:
        where &= readings.c.target_id == target_id
    return _load(tx, where)


def between(tx: Tx, community_id: str, author_id: str, target_id: str, at: datetime) -> list[Reading]:
    """Of what one member answered another from then on, oldest first."""
    where = (readings.c.community_id == community_id) & (readings.c.at >= at)
    return _load(tx, where & (readings.c.author_id == author_id) & (readings.c.target_id == target_id))


def count(tx: Tx, community_id: str, outcome: Outcome, since: datetime) -> int:
    """How many posts came to this outcome from then on."""
    where = (readings.c.community_id == community_id) & (readings.c.at >= since) & (readings.c.outcome == outcome)
    return tx.execute(sa.select(sa.func.count()).select_from(readings).where(where)).scalar_one()


def with_outcome(tx: Tx, community_id: str, outcome: Outcome, *, limit: int) -> list[Reading]:
    """The newest."""
    where = (readings.c.community_id == community_id) & (readings.c.outcome == outcome)
    rows = tx.execute(sa.select(readings).where(where).order_by(readings.c.at.desc()).limit(limit))
    return [_reading(row) for row in rows]


def forget_before(tx: Tx, community_id: str, at: datetime) -> None:
    """What is old says little of how people write now."""
    tx.execute(readings.delete().where(readings.c.community_id == community_id, readings.c.at < at))


def forget_member(tx: Tx, community_id: str, member_id: str) -> None:
    """What was seen in their posts, and in answers to them."""
    theirs = (readings.c.author_id == member_id) | (readings.c.target_id == member_id)
    tx.execute(readings.delete().where(readings.c.community_id == community_id, theirs))


def _of_post(community_id: str, space_id: str, source_id: str) -> sa.ColumnElement[bool]:
    return (
        (readings.c.community_id == community_id)
        & (readings.c.space_id == space_id)
        & (readings.c.source_id == source_id)
    )


def _load(tx: Tx, where: sa.ColumnElement[bool]) -> list[Reading]:
    rows = tx.execute(sa.select(readings).where(where).order_by(readings.c.at, readings.c.source_id))
    return [_reading(row) for row in rows]


def _reading(row: sa.Row) -> Reading:  # type: ignore[type-arg]  # columns of the table
    return Reading(
        row.space_id, row.source_id, row.version, row.author_id, row.target_id, row.category, row.excess,
        tuple((start, end) for start, end in row.spans), row.outcome, row.at,
    )  # fmt: skip
