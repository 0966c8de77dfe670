"""Spaces and who belongs to them."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from cohost.errors import NotFound
from cohost.model import Answers, Space
from cohost.store.engine import Tx, locked
from cohost.store.idsets import gathered, ids
from cohost.store.tables import space_members, spaces


def all_spaces(tx: Tx, community_id: str) -> list[Space]:
    """Every space with its own members, by name."""
    rows = tx.execute(
        sa.select(spaces).where(spaces.c.community_id == community_id).order_by(spaces.c.name, spaces.c.id)
    )
    query = sa.select(space_members.c.space_pk, gathered(tx, space_members.c.member_id).label("ids"))
    here = sa.select(spaces.c.pk).where(spaces.c.community_id == community_id)  # its index holds all that is asked for
    query = query.where(space_members.c.space_pk.in_(here)).group_by(space_members.c.space_pk)
    belonging = {row.space_pk: ids(row.ids) for row in tx.execute(query)}
    return [_space(row, belonging.get(row.pk, frozenset())) for row in rows]


def space(tx: Tx, community_id: str, space_id: str) -> Space:
    """The space; raises NotFound."""
    query = sa.select(spaces).where(spaces.c.community_id == community_id, spaces.c.id == space_id)
    row = tx.execute(locked(tx, query)).one_or_none()
    if row is None:
        raise NotFound(f"There is no space {space_id!r}.")
    belonging = tx.execute(sa.select(space_members.c.member_id).where(space_members.c.space_pk == row.pk)).scalars()
    return _space(row, frozenset(belonging))


def put_space(tx: Tx, community_id: str, new: Space, now: datetime) -> Space:
    """Insert or replace with exactly `new.member_ids`; the stored space."""
    values = {"name": new.name, "kind": new.kind, "visibility": new.visibility}
    where = (spaces.c.community_id == community_id) & (spaces.c.id == new.id)
    if tx.execute(spaces.update().where(where).values(values)).rowcount == 0:
        tx.execute(spaces.insert().values(community_id=community_id, id=new.id, version=0, created_at=now, **values))
    pk = tx.execute(sa.select(spaces.c.pk).where(where)).scalar_one()
    tx.execute(space_members.delete().where(space_members.c.space_pk == pk))
    if new.member_ids:
        rows = [{"space_pk": pk, "community_id": community_id, "member_id": m} for m in sorted(new.member_ids)]
        tx.execute(space_members.insert(), rows)
    return space(tx, community_id, new.id)


def set_answers(tx: Tx, space_pk: int, answers: Answers) -> None:
    """How questions asked in the space are answered from now on."""
    tx.execute(spaces.update().where(spaces.c.pk == space_pk).values(answers=answers))


def delete_space(tx: Tx, space_pk: int) -> None:
    """Remove the row with its sources and chunks; the full-text index must have been cleared before."""
    tx.execute(spaces.delete().where(spaces.c.pk == space_pk))


def bump_version(tx: Tx, space_pks: Collection[int]) -> None:
    """Tell resident copies, here and in other processes, that chunks changed."""
    tx.execute(spaces.update().where(spaces.c.pk.in_(space_pks)).values(version=spaces.c.version + 1))


def _space(row: sa.Row[Any], member_ids: frozenset[str]) -> Space:
    return Space(
        row.id, row.name, row.kind, row.visibility, member_ids, row.pk, row.version, row.answers or "full"
    )  # fmt: skip
