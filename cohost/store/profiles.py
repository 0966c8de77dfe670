"""What members say of themselves to be matched."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from cohost.store.engine import Tx
from cohost.store.tables import members, profiles


@dataclass(frozen=True)
class StoredProfile:
    """As the member wrote it; `cohost.match.profile` makes of it what a round reads."""

    member_id: str
    fields: dict[str, Any] = field(
        default_factory=dict
    )  # goals, interests, offers, asks, level, languages, time_zone, free, about
    shown: tuple[str, ...] = ()
    purposes: tuple[str, ...] = ()


def find(tx: Tx, community_id: str, member_id: str) -> StoredProfile | None:
    """The member's, if they wrote one."""
    where = (profiles.c.community_id == community_id) & (profiles.c.member_id == member_id)
    row = tx.execute(sa.select(profiles).where(where)).one_or_none()
    return _profile(row) if row else None


def put(tx: Tx, community_id: str, new: StoredProfile, now: datetime) -> None:
    """Insert or replace."""
    where = (profiles.c.community_id == community_id) & (profiles.c.member_id == new.member_id)
    values = {"fields": new.fields, "shown": list(new.shown), "purposes": list(new.purposes), "updated_at": now}
    if tx.execute(profiles.update().where(where).values(values)).rowcount == 0:
        tx.execute(profiles.insert().values(community_id=community_id, member_id=new.member_id, **values))


def remove(tx: Tx, community_id: str, member_id: str) -> None:
    """Twice is fine."""
    tx.execute(profiles.delete().where(profiles.c.community_id == community_id, profiles.c.member_id == member_id))


def of_active(tx: Tx, community_id: str) -> list[StoredProfile]:
    """Of members who are here and let their profile be used for matching, by member."""
    here = (members.c.community_id == profiles.c.community_id) & (members.c.id == profiles.c.member_id)
    query = sa.select(profiles).join(members, here).where(profiles.c.community_id == community_id)
    return [_profile(row) for row in tx.execute(query.where(members.c.active).order_by(profiles.c.member_id))]


def _profile(row: sa.Row[Any]) -> StoredProfile:
    return StoredProfile(row.member_id, dict(row.fields), tuple(row.shown), tuple(row.purposes))
