"""The calendar: slots in which a discussion prompt is planned."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

import sqlalchemy as sa

from cohost.errors import NotFound
from cohost.store.engine import Tx
from cohost.store.tables import slots

Status = Literal["planned", "asked", "dropped", "missed"]


@dataclass(frozen=True)
class Slot:
    """One planned prompt."""

    id: str
    space_id: str
    at: datetime  # when it would be posted
    theme: str
    format: str = ""  # "" = in turn
    status: Status = "planned"
    request_id: str | None = None
    named: bool = True  # the plan named the theme; otherwise a theme of the week or the month goes before it


def add(tx: Tx, community_id: str, new: Sequence[Slot]) -> None:
    """Store slots."""
    if new:
        tx.execute(slots.insert(), [{"community_id": community_id, **one.__dict__} for one in new])


def listed(tx: Tx, community_id: str, *, since: datetime, limit: int = 500) -> list[Slot]:
    """From a time on, earliest first, without dropped ones."""
    where = (slots.c.community_id == community_id) & (slots.c.at >= since) & (slots.c.status != "dropped")
    return _load(tx, where, limit)


def get(tx: Tx, community_id: str, slot_id: str) -> Slot:
    """The slot; raises NotFound."""
    found = _load(tx, (slots.c.community_id == community_id) & (slots.c.id == slot_id), 1)
    if not found:
        raise NotFound(f"There is no slot {slot_id!r}.")
    return found[0]


def change(tx: Tx, slot_id: str, **values: Any) -> None:
    """Move it, or say what became of it."""
    tx.execute(slots.update().where(slots.c.id == slot_id).values(values))


def clear(tx: Tx, community_id: str, space_id: str, *, since: datetime) -> None:
    """Take what is planned in a space and not asked for yet out of the calendar."""
    where = (slots.c.community_id == community_id) & (slots.c.space_id == space_id) & (slots.c.at >= since)
    tx.execute(slots.delete().where(where, slots.c.status == "planned"))


def due(tx: Tx, until: datetime, *, now: datetime, resting: Collection[str] = (), limit: int) -> list[tuple[str, Slot]]:
    """(community, slot) of planned ones up to a time, earliest first; of resting communities only those that are over."""
    query = sa.select(slots).where(slots.c.status == "planned", slots.c.at <= until)
    query = query.where(slots.c.community_id.not_in(resting) | (slots.c.at <= now))
    rows = tx.execute(query.order_by(slots.c.at, slots.c.id).limit(limit))
    return [(row.community_id, _slot(row)) for row in rows]


def _load(tx: Tx, where: sa.ColumnElement[bool], limit: int) -> list[Slot]:
    rows = tx.execute(sa.select(slots).where(where).order_by(slots.c.at, slots.c.id).limit(limit))
    return [_slot(row) for row in rows]


def _slot(row: sa.Row[Any]) -> Slot:
    return Slot(row.id, row.space_id, row.at, row.theme, row.format, row.status, row.request_id, row.named)
