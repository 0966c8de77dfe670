"""Themes of months and weeks."""

from __future__ import annotations

import sqlalchemy as sa

from cohost.errors import NotFound
from cohost.store.engine import Tx
from cohost.store.tables import themes


def put(tx: Tx, community_id: str, period: str, title: str) -> None:
    """Set or replace the theme of a period."""
    where = (themes.c.community_id == community_id) & (themes.c.period == period)
    if tx.execute(themes.update().where(where).values(title=title)).rowcount == 0:
        tx.execute(themes.insert().values(community_id=community_id, period=period, title=title))


def remove(tx: Tx, community_id: str, period: str) -> None:
    """Raises NotFound where there is none."""
    where = (themes.c.community_id == community_id) & (themes.c.period == period)
    if tx.execute(themes.delete().where(where)).rowcount == 0:
        raise NotFound(f"There is no theme for {period}.")


def by_period(tx: Tx, community_id: str) -> dict[str, str]:
    """period → title, in the order of time."""
    query = sa.select(themes.c.period, themes.c.title).where(themes.c.community_id == community_id)
    return {row.period: row.title for row in tx.execute(query.order_by(themes.c.period))}
