"""Where approved messages are posted: the built-in connectors, and those that a community's hosts configured."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from cohost.connectors.board import Board
from cohost.connectors.configured import Webhooks
from cohost.connectors.unusable import Unusable
from cohost.errors import Misconfigured, NotFound
from cohost.ports import Connector
from cohost.store import Store, Tx
from cohost.store import connectors as rows


def built_in(store: Store, clock: Callable[[], datetime]) -> dict[str, Connector]:
    """The registry: every connector that needs no setting up, by name."""
    made: list[Connector] = [Board(store, clock)]
    return {connector.name: connector for connector in made}


@dataclass(frozen=True)
class Connectors:
    """Finds connectors by name within a community."""

    built_in: dict[str, Connector]
    webhooks: Webhooks

    def get(self, tx: Tx, community_id: str, name: str) -> Connector:
        """The connector of that name, or one that says why it cannot be used."""
        try:
            return self.built_in.get(name) or self.webhooks.get(tx, community_id, name)
        except (NotFound, Misconfigured) as error:
            return Unusable(name, error.message)

    def names(self, tx: Tx, community_id: str) -> list[str]:
        """What the community may choose from."""
        return sorted([*self.built_in, *(row.name for row in rows.of_community(tx, community_id))])
