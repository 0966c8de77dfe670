"""The registry of connectors: where approved messages are posted."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from cohost.connectors.board import Board
from cohost.ports import Connector
from cohost.store import Store


def connectors(store: Store, clock: Callable[[], datetime]) -> dict[str, Connector]:
    """Every connector by name."""
    made: list[Connector] = [Board(store, clock)]
    return {connector.name: connector for connector in made}
