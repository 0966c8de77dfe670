"""Every version of a community's Big Purpose, with who made it and when."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from cohost.errors import NotFound
from cohost.model import BigPurpose
from cohost.store.engine import Tx
from cohost.store.tables import purposes


@dataclass(frozen=True)
class PurposeVersion:
    """A Big Purpose as it was from a time on."""

    purpose: BigPurpose
    made_by: str | None  # a member's id, "platform" or "operator"; None of those from before versions were kept
    made_at: datetime | None
    restored_from: int | None = None


def keep(tx: Tx, community_id: str, made: PurposeVersion) -> None:
    """Store a version once; version 0 stands for none yet."""
    number = made.purpose.version
    where = (purposes.c.community_id == community_id) & (purposes.c.version == number)
    if number and tx.execute(sa.select(purposes.c.version).where(where)).one_or_none() is None:
        values: dict[str, Any] = {name: getattr(made, name) for name in ("made_by", "made_at", "restored_from")}
        tx.execute(
            purposes.insert().values(
                community_id=community_id, version=number, statement=asdict(made.purpose), **values
            )
        )  # fmt: skip


def listed(tx: Tx, community_id: str) -> list[PurposeVersion]:
    """All of them, newest first."""
    query = sa.select(purposes).where(purposes.c.community_id == community_id)
    return [_version(row) for row in tx.execute(query.order_by(purposes.c.version.desc()))]


def get(tx: Tx, community_id: str, version: int) -> PurposeVersion:
    """One of them; raises NotFound."""
    where = (purposes.c.community_id == community_id) & (purposes.c.version == version)
    row = tx.execute(sa.select(purposes).where(where)).one_or_none()
    if row is None:
        raise NotFound(f"There is no version {version} of the Big Purpose.")
    return _version(row)


def _version(row: sa.Row[Any]) -> PurposeVersion:
    stored: dict[str, Any] = {
        name: tuple(value) if isinstance(value, list) else value for name, value in row.statement.items()
    }
    return PurposeVersion(BigPurpose(**stored), row.made_by, row.made_at, row.restored_from)
