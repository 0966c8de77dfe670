"""What members say of published answers."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

import sqlalchemy as sa

from cohost.store.engine import Tx
from cohost.store.tables import feedback, suggestions

Opinion = Literal["helpful", "not_helpful", "wrong"]


@dataclass(frozen=True)
class Counts:
    """How many members said what of one answer."""

    helpful: int = 0
    not_helpful: int = 0
    wrong: int = 0


@dataclass(frozen=True)
class Remark:
    """What somebody wrote with it; hosts are not told who."""

    opinion: Opinion
    note: str
    at: datetime


def put(
    tx: Tx, community_id: str, question_id: str, suggestion_id: str, member_id: str, opinion: Opinion, note: str, now: datetime
) -> None:  # fmt: skip
    """A member's one opinion of an answer; a later one takes its place."""
    mine = (feedback.c.suggestion_id == suggestion_id) & (feedback.c.member_id == member_id)
    values = {"opinion": opinion, "note": note, "at": now, "seen": False}
    if not tx.execute(feedback.update().where(mine).values(values)).rowcount:
        ids = {"community_id": community_id, "question_id": question_id, "suggestion_id": suggestion_id}
        tx.execute(feedback.insert().values(**ids, member_id=member_id, **values))


def of_member(tx: Tx, suggestion_id: str, member_id: str) -> Opinion | None:
    """What the member said of the answer."""
    mine = (feedback.c.suggestion_id == suggestion_id) & (feedback.c.member_id == member_id)
    found: Opinion | None = tx.execute(sa.select(feedback.c.opinion).where(mine)).scalar_one_or_none()
    return found


def counts(tx: Tx, suggestion_ids: Collection[str]) -> dict[str, Counts]:
    """By suggestion; those of which nobody said anything are left out."""
    query = sa.select(feedback.c.suggestion_id, feedback.c.opinion, sa.func.count().label("n"))
    query = query.where(feedback.c.suggestion_id.in_(suggestion_ids))
    found: dict[str, dict[str, int]] = {}
    for row in tx.execute(query.group_by(feedback.c.suggestion_id, feedback.c.opinion)):
        found.setdefault(row.suggestion_id, {})[row.opinion] = row.n
    return {suggestion_id: Counts(**each) for suggestion_id, each in found.items()}


def remarks(tx: Tx, suggestion_id: str) -> list[Remark]:
    """What members wrote, newest first."""
    query = sa.select(feedback.c.opinion, feedback.c.note, feedback.c.at)
    query = query.where(feedback.c.suggestion_id == suggestion_id, feedback.c.note != "")
    return [Remark(row.opinion, row.note, row.at) for row in tx.execute(query.order_by(feedback.c.at.desc()))]


def called_wrong(tx: Tx, community_id: str) -> list[str]:
    """Ids of published answers that somebody called wrong and no host has looked at since, oldest first."""
    query = (
        sa.select(feedback.c.suggestion_id)
        .join(suggestions, suggestions.c.id == feedback.c.suggestion_id)
        .where(feedback.c.community_id == community_id, feedback.c.opinion == "wrong", feedback.c.seen.is_(False))
        .where(suggestions.c.status == "published")
        .group_by(feedback.c.suggestion_id)
        .order_by(sa.func.min(feedback.c.at), feedback.c.suggestion_id)
    )
    return list(tx.execute(query).scalars())


def mark_seen(tx: Tx, suggestion_id: str) -> None:
    """A host has looked at what was said of the answer so far."""
    tx.execute(feedback.update().where(feedback.c.suggestion_id == suggestion_id).values(seen=True))


def forget_member(tx: Tx, community_id: str, member_id: str) -> None:
    """Delete what a member said."""
    tx.execute(feedback.delete().where(feedback.c.community_id == community_id, feedback.c.member_id == member_id))
