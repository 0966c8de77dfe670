"""Communities and their members."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from cohost.errors import NotFound
from cohost.model import BigPurpose, Community, CommunitySettings, Member
from cohost.store import purposes
from cohost.store.engine import Tx, kept
from cohost.store.idsets import IDS_PER_QUERY, gathered, ids
from cohost.store.purposes import PurposeVersion
from cohost.store.tables import communities, members


def community(tx: Tx, community_id: str) -> Community:
    """The community; raises NotFound."""
    row = tx.execute(sa.select(communities).where(communities.c.id == community_id)).one_or_none()
    if row is None:
        raise NotFound(f"There is no community {community_id!r}.")
    return _community(row)


def all_communities(tx: Tx) -> list[Community]:
    """Every community, oldest first."""
    return [_community(row) for row in tx.execute(sa.select(communities).order_by(communities.c.created_at))]


def put_community(
    tx: Tx, new: Community, now: datetime, *, by: str | None = None, restored_from: int | None = None
) -> None:
    """Insert or replace; a changed Big Purpose must come with its next version, which is kept with who made it."""
    values: dict[str, Any] = {
        "name": new.name,
        "big_purpose": asdict(new.big_purpose),
        "guidelines": list(new.guidelines),
        "settings": asdict(new.settings),
    }
    changed = tx.execute(communities.update().where(communities.c.id == new.id).values(values))
    if changed.rowcount == 0:
        tx.execute(communities.insert().values(id=new.id, created_at=now, **values))
    purposes.keep(tx, new.id, PurposeVersion(new.big_purpose, by, now, restored_from))


def _community(row: sa.Row[Any]) -> Community:
    purpose, settings = BigPurpose(**_frozen(row.big_purpose)), CommunitySettings(**_frozen(row.settings))
    return Community(row.id, row.name, purpose, tuple(row.guidelines), settings)


def _frozen(stored: dict[str, Any]) -> dict[str, Any]:
    """JSON knows no tuples; the records do."""
    return {key: tuple(value) if isinstance(value, list) else value for key, value in stored.items()}


def member(tx: Tx, community_id: str, member_id: str) -> Member:
    """The member; raises NotFound."""
    found = find_member(tx, community_id, member_id)
    if found is None:
        raise NotFound(f"There is no member {member_id!r}.")
    return found


def find_member(tx: Tx, community_id: str, member_id: str) -> Member | None:
    """The member, or None."""
    row = tx.execute(_select_member(community_id, member_id)).one_or_none()
    return _member(row) if row else None


def hold_member(tx: Tx, community_id: str, member_id: str) -> Member | None:
    """The member, or None; nobody changes their role or lets them go before this transaction ends."""
    query = _select_member(community_id, member_id).with_for_update(read=True)  # SQLite: the write lock does the same
    row = tx.execute(query).one_or_none()
    return _member(row) if row else None


def all_members(tx: Tx, community_id: str) -> list[Member]:
    """Every member, by name."""
    query = sa.select(members).where(members.c.community_id == community_id).order_by(members.c.name, members.c.id)
    return [_member(row) for row in tx.execute(query)]


def active_by_role(tx: Tx, community_id: str) -> dict[str, frozenset[str]]:
    """Ids of everyone active by role: all that permissions need."""
    query = sa.select(members.c.role, gathered(tx, members.c.id).label("ids"))
    query = query.where(members.c.community_id == community_id, members.c.active).group_by(members.c.role)
    return {row.role: ids(row.ids) for row in tx.execute(query)}


def unknown_members(tx: Tx, community_id: str, member_ids: Iterable[str]) -> list[str]:
    """Those of `member_ids` that are no members here."""
    wanted = set(member_ids)
    query = sa.select(members.c.id).where(members.c.community_id == community_id, members.c.id.in_(wanted))
    return sorted(wanted - set(tx.execute(query).scalars()))


def put_member(tx: Tx, community_id: str, new: Member, now: datetime) -> bool:
    """Insert or replace; True when the member is new."""
    values: dict[str, Any] = {"name": new.name, "role": new.role, "active": new.active, "profile": new.profile}
    where = (members.c.community_id == community_id) & (members.c.id == new.id)
    if tx.execute(members.update().where(where).values(values)).rowcount:
        return False
    joined = new.joined_at or now
    tx.execute(
        members.insert().values(community_id=community_id, id=new.id, joined_at=joined, created_at=now, **values)
    )
    return True


def hold(tx: Tx, community_id: str, member_id: str) -> bool:
    """Whether there is such a member; an erasure waits until this transaction ends (on SQLite all writers do)."""
    where = (members.c.community_id == community_id) & (members.c.id == member_id)
    return tx.execute(kept(tx, sa.select(members.c.id).where(where))).one_or_none() is not None


def hold_active(tx: Tx, community_id: str, member_ids: Iterable[str]) -> frozenset[str]:
    """Those of the ids who are active members; while this transaction writes, nobody erases them."""
    wanted, found = sorted(set(member_ids)), set[str]()
    for at in range(0, len(wanted), IDS_PER_QUERY):
        where = (members.c.community_id == community_id) & members.c.id.in_(wanted[at : at + IDS_PER_QUERY])
        found |= set(tx.execute(kept(tx, sa.select(members.c.id).where(where, members.c.active))).scalars())
    return frozenset(found)


def _select_member(community_id: str, member_id: str) -> sa.Select[Any]:
    return sa.select(members).where(members.c.community_id == community_id, members.c.id == member_id)


def _member(row: sa.Row[Any]) -> Member:
    return Member(row.id, row.name, row.role, row.active, row.joined_at, dict(row.profile))
