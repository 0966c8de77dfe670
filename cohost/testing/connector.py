"""A platform in memory, for tests of what happens when replies are lost."""

from __future__ import annotations

import threading
from collections import deque
from dataclasses import dataclass, field
from typing import Literal

from cohost.errors import DeliveryFailed, DeliveryRetry, DeliveryUncertain
from cohost.suggestion import Message, Receipt

Fault = Literal["lost_before", "lost_after", "server_error", "rate_limited", "refused"]


@dataclass(frozen=True)
class Posted:
    """One message that really appeared on the pretended platform."""

    community_id: str
    message: Message
    key: str
    receipt: Receipt


@dataclass
class RecordingConnector:
    """A platform in memory that loses replies and fails on demand, one fault per call of `publish`.

    lost_before    the request never arrived, and nobody can tell: DeliveryUncertain
    lost_after     it was posted, but the reply was lost: DeliveryUncertain
    server_error   a 5xx before anything was posted: DeliveryRetry
    rate_limited   a 429 with `retry_after_s`: DeliveryRetry
    refused        refused for good: DeliveryFailed

    With `proves="same_key"` a second post under a key gives the first one's receipt; otherwise it is posted twice, as
    on a real platform, and `posted` shows both.
    """

    name: str = "recording"
    proves: Literal["same_key", "find", "nothing"] = "same_key"
    can_reverse: bool = True
    steps: frozenset[str] = frozenset()  # of move, hold, remove
    max_characters: int = 10_000
    retry_after_s: float = 30.0
    faults: deque[Fault | None] = field(default_factory=deque)
    posted: list[Posted] = field(default_factory=list)
    reversed: list[Receipt] = field(default_factory=list)
    calls: list[str] = field(default_factory=list)  # the key of each call of `publish`, failed ones included
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False)

    def fail(self, *faults: Fault | None) -> None:
        """One fault for each of the next calls; None lets a call pass."""
        self.faults.extend(faults)

    def publish(self, community_id: str, message: Message, key: str) -> Receipt:
        """Post, unless a fault is due."""
        with self._lock:
            self.calls.append(key)
            fault = self.faults.popleft() if self.faults else None
            self._fail_before(fault)
            receipt = self._post(community_id, message, key)
        if fault == "lost_after":
            raise DeliveryUncertain(f"The reply to {key} was lost.")
        return receipt

    def find(self, community_id: str, key: str) -> Receipt | None:
        """The receipt of the first post under `key` that still stands."""
        found = (p.receipt for p in self.posted if (p.community_id, p.key) == (community_id, key))
        return next((receipt for receipt in found if receipt not in self.reversed), None)

    def reverse(self, community_id: str, receipt: Receipt) -> None:
        """Take back; twice is fine. DeliveryFailed when it was never posted."""
        if receipt not in [p.receipt for p in self.posted if p.community_id == community_id]:
            raise DeliveryFailed(f"Nothing was posted as {receipt.external_id}.")
        if receipt not in self.reversed:
            self.reversed.append(receipt)

    @property
    def standing(self) -> list[Posted]:
        """What can be read on the platform now."""
        return [post for post in self.posted if post.receipt not in self.reversed]

    def _fail_before(self, fault: Fault | None) -> None:
        if fault == "lost_before":
            raise DeliveryUncertain("The connection broke.")
        if fault == "server_error":
            raise DeliveryRetry("The platform failed (HTTP 503).")
        if fault == "rate_limited":
            raise DeliveryRetry("The platform has too many requests (HTTP 429).", retry_after_s=self.retry_after_s)
        if fault == "refused":
            raise DeliveryFailed("The platform refused the message (HTTP 422).")

    def _post(self, community_id: str, message: Message, key: str) -> Receipt:
        earlier = self.find(community_id, key) if self.proves == "same_key" else None
        if earlier:
            return earlier
        number = len(self.posted) + 1
        receipt = Receipt(external_id=f"post-{number}", url=f"https://platform.example/posts/{number}")
        self.posted.append(Posted(community_id, message, key, receipt))
        return receipt
