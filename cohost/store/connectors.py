"""The webhooks that a community's hosts set up as connectors."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any, Literal

import sqlalchemy as sa

from cohost.store import suggestions
from cohost.store.engine import Tx
from cohost.store.tables import connectors, publications
from cohost.suggestion import Evidence

Proof = Literal["same_key", "find", "nothing"]
State = Literal["active", "disabled"]


@dataclass(frozen=True)
class StoredConnector:
    """A connector as its row holds it."""

    id: str
    name: str  # unique in its community
    url: str
    find_url: str | None  # asked what was posted, where `proves` is "find"
    proves: Proof
    can_reverse: bool
    takes_steps: bool  # moves, holds and removes posts when told by message
    max_characters: int
    sealed_secret: str  # `cohost.vault` opens it
    state: State
    notice: str  # why it was disabled, for hosts
    created_at: datetime


def add(tx: Tx, community_id: str, new: StoredConnector) -> None:
    """Store a connector; its name must be free."""
    tx.execute(connectors.insert().values(community_id=community_id, **asdict(new)))


def find(tx: Tx, community_id: str, name: str) -> StoredConnector | None:
    """The connector of that name, if there is one."""
    row = tx.execute(sa.select(connectors).where(_named(community_id, name))).one_or_none()
    return _connector(row) if row else None


def of_community(tx: Tx, community_id: str) -> list[StoredConnector]:
    """All of a community, by name."""
    query = sa.select(connectors).where(connectors.c.community_id == community_id).order_by(connectors.c.name)
    return [_connector(row) for row in tx.execute(query)]


def disable(tx: Tx, connector_id: str, notice: str) -> bool:
    """Stop using a connector; False when it was disabled already or is gone."""
    where = (connectors.c.id == connector_id) & (connectors.c.state == "active")
    return tx.execute(connectors.update().where(where).values(state="disabled", notice=notice)).rowcount > 0


def remove(tx: Tx, connector_id: str) -> None:
    """Delete the row and with it the secret; twice is fine."""
    tx.execute(connectors.delete().where(connectors.c.id == connector_id))


def evidence_behind(tx: Tx, community_id: str, publication_id: str) -> tuple[Evidence, ...]:
    """What a message of the outbox quotes."""
    where = (publications.c.community_id == community_id) & (publications.c.id == publication_id)
    suggestion_id = tx.execute(sa.select(publications.c.suggestion_id).where(where)).scalar_one_or_none()
    return suggestions.get(tx, community_id, suggestion_id).evidence if suggestion_id else ()


def is_echo(tx: Tx, community_id: str, external_id: str, text: str) -> bool:
    """Whether a post that a platform reports is one of ours: by its id there, or, before we know that, by its text."""
    ours = publications.c.receipt["external_id"].as_string() == external_id
    if text:
        ours |= publications.c.message["text"].as_string() == text
    query = sa.select(publications.c.id).where(publications.c.community_id == community_id, ours).limit(1)
    return tx.execute(query).one_or_none() is not None


def any_sealed(tx: Tx) -> tuple[str, str] | None:
    """(row id, sealed secret) of one connector of any community, to try the vault's key on."""
    row = tx.execute(sa.select(connectors.c.id, connectors.c.sealed_secret).limit(1)).one_or_none()
    return (row.id, row.sealed_secret) if row else None


def _named(community_id: str, name: str) -> sa.ColumnElement[bool]:
    return (connectors.c.community_id == community_id) & (connectors.c.name == name)


def _connector(row: sa.Row[Any]) -> StoredConnector:
    values = dict(row._mapping)
    values.pop("community_id")
    return StoredConnector(**values)
