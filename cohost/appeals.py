"""Appeals: whoever got a note answers it, and somebody else looks again."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal

from cohost import rights
from cohost.approval import Approval
from cohost.errors import Conflict, Forbidden, InvalidInput, NotFound
from cohost.ids import new_id
from cohost.jobs import JOBS
from cohost.model import STAFF, Caller
from cohost.store import Store, Tx, appeals, audit, people, publications, suggestions
from cohost.store.appeals import Appeal
from cohost.store.audit import Actor
from cohost.suggestion import Suggestion

Outcome = Literal["upheld", "overturned"]


@dataclass(frozen=True)
class Settled:
    """A decided appeal."""

    appeal: Appeal
    by_hand: str = ""  # what is left to do where the platform cannot take the note back


class Appeals:
    """Made by members, decided by moderators who did not decide the first time."""

    def __init__(self, store: Store, clock: Callable[[], datetime], approval: Approval) -> None:
        self._store = store
        self._clock = clock
        self._approval = approval

    def make(self, caller: Caller, note_id: str, text: str) -> Appeal:
        """Answer a note; raises NotFound for a note that is not the caller's, Conflict the second time."""
        if caller.member_id is None:
            raise InvalidInput("Say for whom: send the header Cohost-Member with the member's id.", field="header")
        if not text.strip():
            raise InvalidInput("Say what you see differently.", field="text")
        with self._store.write() as tx:
            suggestion = self._of_note(tx, caller, note_id)
            new = Appeal(new_id("ap"), suggestion.id, caller.member_id, text.strip(), self._clock())
            if not appeals.add(tx, caller.community_id, new):
                raise Conflict("You have answered this note already. A moderator looks at it, or has done so.")
            self._record(tx, caller, new, "appeal.made")
        return new

    def listed(self, caller: Caller) -> list[Appeal]:
        """Staff see all, open ones first; everybody else their own."""
        with self._store.read() as tx:
            own = None if caller.is_staff else (caller.member_id or "")
            return appeals.listed(tx, caller.community_id, member_id=own)

    def own(self, caller: Caller) -> dict[str, Appeal]:
        """The caller's, by the id of the note."""
        with self._store.read() as tx:
            mine = appeals.listed(tx, caller.community_id, member_id=caller.member_id or "")
            return {
                note.id: one
                for one in mine
                for note in publications.of_suggestion(tx, one.suggestion_id)
                if note.message.destination.kind == "private_note"
            }

    def decide(self, caller: Caller, appeal_id: str, outcome: Outcome, reason: str) -> Settled:
        """Look again. Overturned: the note is taken back. Raises Forbidden, NotFound, Conflict or InvalidInput."""
        if not reason.strip():
            raise InvalidInput("Say why: whoever appealed, and whoever decided first, will read it.", field="reason")
        with self._store.write() as tx:
            appeal, _ = self._decidable(tx, caller, appeal_id)
            shown = suggestions.get(tx, caller.community_id, appeal.suggestion_id)
        by_hand = self._take_back(caller, shown) if outcome == "overturned" else ""
        with self._store.write() as tx:  # a crash before leaves the appeal open, for a second try
            appeal, by_same = self._decidable(tx, caller, appeal_id)
            settled = replace(
                appeal, verdict=outcome, reason=reason.strip(), decided_by=caller.member_id, by_same=by_same,
                decided_at=self._clock(),
            )  # fmt: skip
            appeals.settle(tx, settled)
            self._record(tx, caller, settled, f"appeal.{outcome}")
        return Settled(settled, by_hand)

    def _of_note(self, tx: Tx, caller: Caller, note_id: str) -> Suggestion:
        note = publications.find(tx, caller.community_id, note_id)
        to = note.message.destination if note else None
        if note is None or to is None or to.kind != "private_note" or caller.member_id not in to.member_ids:
            raise NotFound(f"There is no note {note_id!r} to you.")
        found = suggestions.get(tx, caller.community_id, note.suggestion_id)
        if found.status != "published":
            raise Conflict("This note was taken back already: there is nothing to answer.")
        return found

    def _decidable(self, tx: Tx, caller: Caller, appeal_id: str) -> tuple[Appeal, bool]:
        """The open appeal, and whether somebody decides who should not, because nobody else is left."""
        rights.check_person(tx, caller)
        appeal = appeals.get(tx, caller.community_id, appeal_id)
        if appeal.verdict:
            raise Conflict(f"Appeal {appeal_id} is {appeal.verdict} already; load it again.")
        suggestion = suggestions.get(tx, caller.community_id, appeal.suggestion_id)
        concerned = JOBS[suggestion.job].concerned(suggestion) | {appeal.member_id}
        first = {row["member_id"] for row in suggestions.decisions_of(tx, suggestion.id)}
        staff = {m.id for m in people.all_members(tx, caller.community_id) if m.active and m.role in STAFF}
        if caller.member_id in concerned and staff - concerned:
            raise Forbidden(f"Appeal {appeal_id} concerns you; somebody else has to decide it.")
        if caller.member_id in first and staff - concerned - first:
            raise Forbidden("You decided the flag that this is about; another moderator or a host looks at the appeal.")
        return appeal, caller.member_id in first | concerned

    def _take_back(self, caller: Caller, shown: Suggestion) -> str:
        if shown.status != "published":
            return ""  # somebody took it back already
        try:
            self._approval.undo(caller, shown.id)
        except Conflict as cannot:
            return cannot.message
        return ""

    def _record(self, tx: Tx, caller: Caller, appeal: Appeal, action: str) -> None:
        actor = Actor(caller.member_id or "platform", caller.credential_id)
        audit.record(tx, caller.community_id, actor, action, "appeal", appeal.id, now=self._clock())
