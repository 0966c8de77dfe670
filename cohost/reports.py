"""What members tell in confidence: a report of a post, a block of a person, and the notes that hosts wrote to them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from cohost import audience
from cohost.errors import Conflict, InvalidInput, NotFound
from cohost.ids import new_id
from cohost.model import Caller
from cohost.reading import request_a_look
from cohost.store import Store, board, people, safety_cases, sources
from cohost.store.board import BoardPost
from cohost.store.safety_cases import Report

MOST_BLOCKS = 1000  # of one member


class Reports:
    """Reports, blocks and notes of members."""

    def __init__(self, store: Store, clock: Callable[[], datetime]) -> None:
        self._store = store
        self._clock = clock

    def report(self, caller: Caller, space_id: str, source_id: str, reason: str) -> None:
        """Ask moderators to look at a post; the second time changes nothing. Raises NotFound, Conflict."""
        member_id, now = _member(caller), self._clock()
        with self._store.write() as tx:
            space = audience.space_in_sight(audience.sight(tx, caller.community_id), caller, space_id)
            post = sources.texts(tx, caller.community_id, [(space.id, source_id)]).get((space.id, source_id))
            if post is None or not audience.sees(caller, post):
                raise NotFound(f"There is no source {source_id!r} in space {space_id!r}.")
            if post.author_id == member_id:
                raise Conflict("This is your own post: edit or delete it where you wrote it.")
            new = Report(new_id("rp"), space.id, source_id, member_id, reason.strip(), now)
            if safety_cases.add_report(tx, caller.community_id, new):
                request_a_look(tx, caller.community_id, post, now=now, reported=True)

    def block(self, caller: Caller, member_id: str) -> None:
        """Never be brought together with this person; only the caller ever sees it. Raises NotFound, InvalidInput."""
        own = _member(caller)
        with self._store.write() as tx:
            people.member(tx, caller.community_id, member_id)
            if member_id == own:
                raise InvalidInput("You cannot block yourself.", field="path.id")
            if len(safety_cases.blocked_by(tx, caller.community_id, own)) >= MOST_BLOCKS:
                raise Conflict(f"You have blocked {MOST_BLOCKS} people. Unblock one first, or talk to a host.")
            safety_cases.block(tx, caller.community_id, own, member_id, self._clock())

    def unblock(self, caller: Caller, member_id: str) -> None:
        """Twice is fine."""
        with self._store.write() as tx:
            safety_cases.unblock(tx, caller.community_id, _member(caller), member_id)

    def blocked(self, caller: Caller) -> list[str]:
        """Whom the caller blocked."""
        with self._store.read() as tx:
            return safety_cases.blocked_by(tx, caller.community_id, _member(caller))

    def notes(self, caller: Caller) -> list[BoardPost]:
        """Private notes to the caller, newest first."""
        with self._store.read() as tx:
            return board.notes_to(tx, caller.community_id, _member(caller))


def _member(caller: Caller) -> str:
    if caller.member_id is None:
        raise InvalidInput("Say for whom: send the header Cohost-Member with the member's id.", field="header")
    return caller.member_id
