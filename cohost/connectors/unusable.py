"""What stands in for a connector that was removed, or whose secret cannot be opened."""

from __future__ import annotations

from typing import Literal, NoReturn

from cohost.errors import DeliveryFailed
from cohost.suggestion import Message, Receipt


class Unusable:
    """The Connector port that posts nothing and says why, so that a message on its way becomes visible to a host."""

    proves: Literal["same_key", "find", "nothing"] = "nothing"
    can_reverse = False
    steps: frozenset[str] = frozenset()
    max_characters = 10_000

    def __init__(self, name: str, why: str) -> None:
        self.name = name
        self.why = why

    def publish(self, community_id: str, message: Message, key: str) -> NoReturn:
        """Raise DeliveryFailed."""
        raise DeliveryFailed(self.why)

    def find(self, community_id: str, key: str) -> NoReturn:
        """Raise DeliveryFailed."""
        raise DeliveryFailed(self.why)

    def reverse(self, community_id: str, receipt: Receipt) -> NoReturn:
        """Raise DeliveryFailed."""
        raise DeliveryFailed(self.why)
