"""Answers of members to a note they were sent, and what became of them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

import sqlalchemy as sa

from cohost.errors import NotFound
from cohost.store.engine import Tx
from cohost.store.tables import appeals

Outcome = Literal["", "upheld", "overturned"]


@dataclass(frozen=True)
class Appeal:
    """One appeal; there is at most one of a note."""

    id: str
    suggestion_id: str
    member_id: str
    text: str
    made_at: datetime
    verdict: Outcome = ""  # "" while it is open
    reason: str = ""
    decided_by: str | None = None
    by_same: bool = False  # whoever decided the flag, because nobody else was left
    decided_at: datetime | None = None


def add(tx: Tx, community_id: str, new: Appeal) -> bool:
    """Store an appeal; False when this note has one already."""
    if of_suggestion(tx, community_id, new.suggestion_id):
        return False
    tx.execute(appeals.insert().values(community_id=community_id, **new.__dict__))
    return True


def of_suggestion(tx: Tx, community_id: str, suggestion_id: str) -> Appeal | None:
    """The appeal against it, if there is one."""
    found = _load(tx, (appeals.c.community_id == community_id) & (appeals.c.suggestion_id == suggestion_id))
    return found[0] if found else None


def get(tx: Tx, community_id: str, appeal_id: str) -> Appeal:
    """The appeal, held until this transaction ends; raises NotFound."""
    where = (appeals.c.community_id == community_id) & (appeals.c.id == appeal_id)
    tx.execute(sa.select(appeals.c.id).where(where).with_for_update())
    found = _load(tx, where)
    if not found:
        raise NotFound(f"There is no appeal {appeal_id!r}.")
    return found[0]


def listed(tx: Tx, community_id: str, *, member_id: str | None = None) -> list[Appeal]:
    """Open ones first, then the newest; of one member, if told so."""
    where = appeals.c.community_id == community_id
    if member_id is not None:
        where &= appeals.c.member_id == member_id
    return sorted(_load(tx, where), key=lambda appeal: appeal.verdict != "")


def settle(tx: Tx, decided: Appeal) -> None:
    """Store what was decided."""
    values = {name: getattr(decided, name) for name in ("verdict", "reason", "decided_by", "by_same", "decided_at")}
    tx.execute(appeals.update().where(appeals.c.id == decided.id).values(values))


def forget_member(tx: Tx, community_id: str, member_id: str) -> None:
    """What they wrote, and that they decided."""
    mine = (appeals.c.community_id == community_id) & (appeals.c.member_id == member_id)
    tx.execute(appeals.delete().where(mine))
    theirs = (appeals.c.community_id == community_id) & (appeals.c.decided_by == member_id)
    tx.execute(appeals.update().where(theirs).values(decided_by=None, reason=""))


def _load(tx: Tx, where: sa.ColumnElement[bool]) -> list[Appeal]:
    rows = tx.execute(sa.select(appeals).where(where).order_by(appeals.c.made_at.desc(), appeals.c.id))
    return [
        Appeal(
            row.id, row.suggestion_id, row.member_id, row.text, row.made_at, row.verdict, row.reason, row.decided_by,
            row.by_same, row.decided_at,
        )
        for row in rows
    ]  # fmt: skip
