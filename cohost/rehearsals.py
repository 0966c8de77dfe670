"""Rehearsals in the background: asked for at once, read by the worker between its other work."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime

from cohost.ids import new_id
from cohost.ports import ModerationReader
from cohost.rehearsal import BATCH, Prices, Rehearsed, read_some, summed_up
from cohost.store import Store, Tx, audit, people, rehearsals, sources
from cohost.store.audit import Actor
from cohost.store.rehearsals import Found, Rehearsal


@dataclass(frozen=True)
class Rehearsals:
    """Of all communities; the newest of each is kept."""

    store: Store
    clock: Callable[[], datetime]
    reader: ModerationReader
    prices: Prices

    def ask(self, community_id: str, limit: int, actor: Actor) -> Rehearsal:
        """One of the newest `limit` posts; it takes the place of an earlier one."""
        now = self.clock()
        with self.store.write() as tx:
            total = min(limit, sources.count_posts(tx, community_id))
            new = Rehearsal(new_id("re"), community_id, total, "waiting", Found(), now)
            rehearsals.add(tx, new)
            audit.record(tx, community_id, actor, "rehearsal.asked", "rehearsal", new.id, now=now, posts=total)
        return new

    def step(self) -> bool:
        """Read some posts of one; False when there is none."""
        with self.store.write() as tx:
            current = rehearsals.claim(tx, self.clock())
            community = people.community(tx, current.community_id) if current else None
        if current is None or community is None:
            return False
        left = current.total - current.found.posts
        found = read_some(self.store, self.reader, community, current.found, most=min(BATCH, left))
        over = found.posts >= current.total or found.posts == current.found.posts
        with self.store.write() as tx:
            rehearsals.put(
                tx, replace(current, found=found, status="done" if over else "running",
                            finished_at=self.clock() if over else None),
            )  # fmt: skip
        return True

    def get(self, community_id: str, rehearsal_id: str) -> tuple[Rehearsal, Rehearsed | None]:
        """How far it is, and what came of it; raises NotFound."""
        with self.store.read() as tx:
            current = rehearsals.get(tx, community_id, rehearsal_id)
            return current, self._summed_up(tx, current)

    def newest(self, community_id: str) -> tuple[Rehearsal, Rehearsed | None] | None:
        """The one that is kept."""
        with self.store.read() as tx:
            current = rehearsals.newest(tx, community_id)
            return (current, self._summed_up(tx, current)) if current else None

    def _summed_up(self, tx: Tx, current: Rehearsal) -> Rehearsed | None:
        if current.status != "done":
            return None
        return summed_up(tx, people.community(tx, current.community_id), current.found, self.prices)
