"""Questions that are put to members before their draft is posted."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

import sqlalchemy as sa

from cohost.store.engine import Tx
from cohost.store.tables import askings, suggestions

State = Literal["open", "answered", "over"]
BUSY = ("pending", "approved", "publishing", "published", "uncertain")  # of an invitation that takes somebody's time


@dataclass(frozen=True)
class Asking:
    """One question, its draft that waits, and the request for an invitation."""

    id: str
    community_id: str
    question_id: str
    answer_id: str  # the suggestion that waits
    request_id: str  # of the job `help`
    space_id: str
    until: datetime
    asked_at: datetime
    state: State = "open"
    look: bool = False


def add(tx: Tx, new: Asking) -> None:
    """Store one."""
    tx.execute(askings.insert().values(**new.__dict__))


def of_answer(tx: Tx, community_id: str, answer_id: str) -> Asking | None:
    """The latest for a draft."""
    where = (askings.c.community_id == community_id) & (askings.c.answer_id == answer_id)
    row = tx.execute(sa.select(askings).where(where).order_by(askings.c.asked_at.desc()).limit(1)).one_or_none()
    return _asking(row) if row else None


def of_request(tx: Tx, request_id: str) -> Asking | None:
    """That for which an invitation was asked."""
    row = tx.execute(sa.select(askings).where(askings.c.request_id == request_id)).one_or_none()
    return _asking(row) if row else None


def wake(tx: Tx, community_id: str, space_id: str) -> None:
    """Somebody wrote in the space."""
    where = (askings.c.community_id == community_id) & (askings.c.space_id == space_id) & (askings.c.state == "open")
    tx.execute(askings.update().where(where, askings.c.look.is_(False)).values(look=True))


def change(tx: Tx, asking_id: str, **values: Any) -> None:
    """Say what became of it."""
    tx.execute(askings.update().where(askings.c.id == asking_id).values(values))


def due(tx: Tx, now: datetime, *, limit: int) -> list[Asking]:
    """Open ones with something new: a post, the end of their time, or a decision on draft or invitation."""
    draft, sent = suggestions.alias(), suggestions.alias()
    query = (
        sa.select(askings).join(draft, draft.c.id == askings.c.answer_id)
        .outerjoin(sent, sent.c.request_id == askings.c.request_id).where(askings.c.state == "open")
        .where(
            askings.c.look | (askings.c.until <= now) | (draft.c.status != "pending")
            | (sent.c.id.is_not(None) & sent.c.status.not_in(BUSY))
        )
    )  # fmt: skip
    return [_asking(row) for row in tx.execute(query.order_by(askings.c.asked_at, askings.c.id).limit(limit))]


def asked_now(tx: Tx, community_id: str) -> Counter[str]:
    """Member id → how many open questions they are asked to help with."""
    query = sa.select(suggestions.c.destination).join(askings, askings.c.request_id == suggestions.c.request_id)
    mine = (askings.c.community_id == community_id) & (askings.c.state == "open") & suggestions.c.status.in_(BUSY)
    return Counter(member for to in tx.execute(query.where(mine)).scalars() for member in to["member_ids"])


def _asking(row: sa.Row[Any]) -> Asking:
    return Asking(**row._mapping)
