"""How a member's posts were used, and what they let them be used for."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import datetime

from cohost import audience
from cohost.approval import Approval
from cohost.errors import Forbidden
from cohost.model import Caller
from cohost.store import Store, audit, consents, uses
from cohost.store.audit import Actor
from cohost.store.consents import Consents
from cohost.store.uses import StoredUse
from cohost.suggestion import Status


@dataclass(frozen=True)
class Use:
    """One quote of a post in an answer that was posted, as its author may see it."""

    space_id: str
    source_id: str
    title: str
    quote: str
    suggestion_id: str
    status: Status
    at: datetime
    position: str
    seen_in: str | None  # the space where the answer stands, if the author may read there
    url: str | None


class Uses:
    """For members themselves: nobody else looks here."""

    def __init__(self, store: Store, clock: Callable[[], datetime], approval: Approval) -> None:
        self._store = store
        self._clock = clock
        self._approval = approval

    def consents(self, caller: Caller) -> Consents:
        """The caller's switches; raises Forbidden for a platform key that acts for nobody."""
        with self._store.read() as tx:
            return consents.of_member(tx, caller.community_id, _self(caller))

    def set_consents(self, caller: Caller, new: Consents, actor: Actor) -> None:
        """Set the caller's switches; drafts that quote what is kept out now are withdrawn before this returns."""
        member_id = _self(caller)
        with self._store.write() as tx:
            if new == consents.of_member(tx, caller.community_id, member_id):
                return
            consents.put(tx, caller.community_id, member_id, new)
            audit.record(
                tx, caller.community_id, actor, "member.consents_set", "member", member_id, now=self._clock(),
                **asdict(new),
            )  # fmt: skip
            self._approval.recheck_after_consent_change(tx, caller.community_id, member_id)

    def of_caller(self, caller: Caller, *, before: tuple[datetime, str] | None = None, limit: int = 50) -> list[Use]:
        """Answers that quoted the caller's posts, newest first; where one cannot be read by them, only that it exists."""
        with self._store.read() as tx:
            found = uses.of_author(tx, caller.community_id, _self(caller), before=before, limit=limit)
            seen = audience.sight(tx, caller.community_id)
        return [_visible(use, _self(caller) in audience.readers(seen, use.destination)) for use in found]


def _visible(use: StoredUse, readable: bool) -> Use:
    return Use(
        use.space_id, use.source_id, use.title, use.quote, use.suggestion_id, use.status, use.at, use.position,
        use.destination.space_id if readable else None, use.url if readable else None,
    )  # fmt: skip


def _self(caller: Caller) -> str:
    if caller.member_id is None:
        raise Forbidden("These are a member's own. Name the one you act for in the header Cohost-Member.")
    return caller.member_id
