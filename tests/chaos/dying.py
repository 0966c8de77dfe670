"""A process that dies at a named point between approve and published, and the platform that it posts to.

`die_at` names where: `decide`, `claim` and `settle` are transactions (`:before` they begin, `:uncommitted`, `:after`
the commit); `send:before` and `send:posted` lie around the moment in which the platform has the message.
"""

from __future__ import annotations

import os
import signal
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Literal

from cohost.bootstrap import App, build
from cohost.errors import DeliveryUncertain
from cohost.model import Caller
from cohost.settings import load
from cohost.store import Store, Tx
from cohost.suggestion import Decision, Message, Receipt
from cohost.testing import HashEmbedder

Proves = Literal["same_key", "find", "nothing"]
POINTS = {
    "decide": ["decide:before", "decide:uncommitted", "decide:after"],
    "publish": ["claim:before", "claim:uncommitted", "claim:after", "send:before", "send:posted", "settle:before",
                "settle:uncommitted", "settle:after"],
}  # fmt: skip
_WRITES = {"decide": ["decide"], "publish": ["claim", "settle"]}  # the write transactions in their order


class Ledger:
    """A platform that outlives every process: one line for each post, on disk before it answers."""

    can_reverse = False
    steps: frozenset[str] = frozenset()
    max_characters = 10_000

    def __init__(self, path: Path, proves: Proves, point: Callable[[str], None] = lambda name: None) -> None:
        self.name = f"ledger-{proves}"
        self.proves = proves
        self._path = path
        self._point = point

    def publish(self, community_id: str, message: Message, key: str) -> Receipt:
        """Post; only a platform that knows keys takes the same one once."""
        self._point("send:before")
        if not (self.proves == "same_key" and self.posts()[key]):
            with self._path.open("a") as file:
                file.write(f"{key}\n")
                file.flush()
                os.fsync(file.fileno())
        self._point("send:posted")
        return Receipt(key)

    def find(self, community_id: str, key: str) -> Receipt | None:
        """Look for a post."""
        if self.proves != "find":
            raise DeliveryUncertain("This platform cannot be asked.")
        return Receipt(key) if self.posts()[key] else None

    def reverse(self, community_id: str, receipt: Receipt) -> None:
        """Never."""
        raise NotImplementedError

    def posts(self) -> Counter[str]:
        """How often each message was posted."""
        return Counter(self._path.read_text().split()) if self._path.exists() else Counter()


class DyingStore(Store):
    """A store whose write transactions have names, and tell when one is about to begin or to commit, or has."""

    def __init__(self, url: str, names: list[str], point: Callable[[str], None]) -> None:
        super().__init__(url)
        self._names = list(names)
        self._point = point

    @contextmanager
    def write(self) -> Iterator[Tx]:
        name = self._names.pop(0) if self._names else "later"
        self._point(f"{name}:before")
        with super().write() as tx:
            yield tx
            self._point(f"{name}:uncommitted")
        self._point(f"{name}:after")


def opened(url: str, home: Path, now: datetime, *, deed: str = "", die_at: str = "") -> App:
    """The application over the ledgers, at a given time."""

    def point(name: str) -> None:
        if name == die_at:
            os.kill(os.getpid(), signal.SIGKILL)

    ledgers = [Ledger(home / f"{proves}.posts", proves, point) for proves in ("same_key", "find", "nothing")]
    settings = load({"COHOST_HOME": str(home), "COHOST_DATABASE_URL": url})
    return build(
        settings, clock=lambda: now, embedder=HashEmbedder(), connectors={each.name: each for each in ledgers},
        store=DyingStore(url, _WRITES.get(deed, []), point),
    )  # fmt: skip


def publish(url: str, home: Path, now: datetime, die_at: str) -> None:
    """Send all that is due, unless death comes first."""
    core = opened(url, home, now, deed="publish", die_at=die_at)
    while core.worker.publish_one():
        pass


def decide(url: str, home: Path, now: datetime, die_at: str, host: Caller, suggestion_id: str) -> None:
    """Approve one suggestion, unless death comes first."""
    core = opened(url, home, now, deed="decide", die_at=die_at)
    core.approval.decide(host, suggestion_id, Decision("approve", core.approval.visible(host, suggestion_id).version))
