"""Invitations: names are exchanged only when all have accepted; a no needs no reason, and nobody learns of it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from cohost import quotes
from cohost.errors import Conflict, Forbidden, InvalidInput, NotFound
from cohost.ids import new_id
from cohost.jobs import match, match_now
from cohost.jobs.match_payload import IntroductionPayload
from cohost.jobs.match_words import QUESTION_FOLLOWS, exchange
from cohost.model import Caller
from cohost.store import Store, Tx, audit, people, publications, rounds, safety_cases, suggestions
from cohost.store.rounds import Invitation
from cohost.suggestion import Message, Publication, Suggestion

FEWEST = 3  # who said yes, of a group, for names to go out; of two or three people all of them
AT_ONCE = 20  # reminders, or introductions that are closed, in one step
State = Literal["open", "accepted", "declined", "exchanged", "over"]
REACHED = frozenset({"publishing", "published", "uncertain"})  # of an introduction whose invitations are out


@dataclass(frozen=True)
class InvitationView:
    """As its receiver sees it: nothing of the others before names are exchanged."""

    id: str
    state: State
    text: str
    until: datetime
    outcome: str
    again: bool | None


class Invitations:
    """Answered by those invited; the worker reminds once, and closes what is over."""

    def __init__(self, store: Store, clock: Callable[[], datetime]) -> None:
        self._store = store
        self._clock = clock

    def listed(self, caller: Caller) -> list[InvitationView]:
        """The caller's own, newest first."""
        with self._store.read() as tx:
            mine = rounds.of_member(tx, caller.community_id, _self(caller))
            return [self._view(tx, caller.community_id, one) for one in mine]

    def answer(self, caller: Caller, invitation_id: str, *, accept: bool, not_again: bool = False) -> InvitationView:
        """Yes or no, until the deadline; the last word counts until names are exchanged.

        With `not_again`, whoever it was about is blocked in secret. Raises NotFound, Conflict, InvalidInput.
        """
        if accept and not_again:
            raise InvalidInput(
                "Not to meet somebody again goes with a no. Say no, or take that back.", field="not_again"
            )
        with self._store.write() as tx:
            mine = self._held(tx, caller, invitation_id)
            if mine.closed_at is not None or self._until(tx, caller.community_id, mine) <= self._clock():
                raise Conflict("This introduction is closed. There will be others.")
            values = {"answer": "accept" if accept else "decline", "answered_at": self._clock()}
            rounds.change(tx, mine.id, **values)
            if not_again:
                self._block(tx, caller.community_id, mine)
            self._close(tx, caller.community_id, mine.suggestion_id, over=False)
            return self._view(tx, caller.community_id, rounds.invitation(tx, caller.community_id, mine.id))

    def outcome(self, caller: Caller, invitation_id: str, *, met: bool, again: bool | None) -> InvitationView:
        """How it went, in two taps; raises NotFound, Conflict before names were exchanged."""
        with self._store.write() as tx:
            mine = self._own(tx, caller, invitation_id)
            if mine.exchanged_at is None:
                raise Conflict("Names have not been exchanged, so there is nothing to tell yet.")
            rounds.change(tx, mine.id, outcome="met" if met else "not_met", again=again if met else None)
            return self._view(tx, caller.community_id, rounds.invitation(tx, caller.community_id, mine.id))

    def step(self) -> bool:
        """Remind some who have not answered, once, and close some whose deadline is over; False when there are none."""
        now = self._clock()
        with self._store.read() as tx:
            silent = rounds.to_remind(tx, now, limit=AT_ONCE)
            over = rounds.overdue(tx, now, limit=AT_ONCE)
        for (
            community_id,
            one,
        ) in silent:  # each by itself: whoever holds two introductions at once could wait in a circle
            with self._store.write() as tx:
                self._remind(tx, community_id, one)
        for community_id, suggestion_id in over:
            with self._store.write() as tx:
                suggestions.hold(tx, suggestion_id)
                self._close(tx, community_id, suggestion_id, over=True)
        return bool(silent or over)

    def _remind(self, tx: Tx, community_id: str, one: Invitation) -> None:
        suggestions.hold(tx, one.suggestion_id)
        now = rounds.invitation(tx, community_id, one.id)
        if now.reminded_at or now.answer or now.closed_at:
            return  # another worker did, or the answer came in
        rounds.change(tx, one.id, reminded_at=self._clock())
        shown = suggestions.get(tx, community_id, one.suggestion_id)
        if shown.status == "published" and match_now.may_meet(tx, shown):
            payload = IntroductionPayload.model_validate(shown.payload)
            self._send(tx, shown, [match.later_message(payload, one.member_id, None)])

    def _close(self, tx: Tx, community_id: str, suggestion_id: str, *, over: bool) -> None:
        """Once everybody has answered, or time is over: names to those who accepted, where enough did."""
        everybody = rounds.of_suggestions(tx, community_id, [suggestion_id])[suggestion_id]
        if all(one.closed_at is not None for one in everybody):
            return  # somebody else was quicker
        if not over and any(not one.answer for one in everybody):
            return
        shown = suggestions.get(tx, community_id, suggestion_id)
        accepted = frozenset(one.member_id for one in everybody if one.answer == "accept")
        enough = len(accepted) >= min(len(everybody), FEWEST)
        agreed = enough and match_now.may_meet(tx, shown) and shown.status in REACHED
        if not (agreed or over):
            return  # whoever declined may change their mind, and the other learns nothing before the deadline
        now = self._clock()
        for one in everybody:
            met = now if agreed and one.member_id in accepted else None
            rounds.change(tx, one.id, closed_at=now, exchanged_at=met)
        if agreed:
            payload = self._still_holds(tx, shown)
            self._send(tx, shown, [match.later_message(payload, member, accepted) for member in sorted(accepted)])
            audit.record(tx, community_id, audit.WORKER, "introduction.exchanged", "suggestion", shown.id, now=now)

    def _still_holds(self, tx: Tx, shown: Suggestion) -> IntroductionPayload:
        """Its texts as they may go out now; a lesson that was changed takes its question with it."""
        payload = match_now.current(
            tx, shown.community_id, IntroductionPayload.model_validate(shown.payload), self._clock()
        )
        standing = quotes.stand(tx, shown.community_id, shown.destination, shown.evidence, hold=True)
        if None not in standing:
            return payload
        suggestions.set_evidence(tx, shown.community_id, shown.id, [item for item in standing if item])
        return payload.model_copy(update={"text": payload.text.partition(QUESTION_FOLLOWS)[0].strip()})

    def _send(self, tx: Tx, shown: Suggestion, messages: Sequence[Message]) -> None:
        """Under the approval that covers them: into the outbox, by the connector of the invitations."""
        connector = publications.of_suggestion(tx, shown.id)[0].connector
        new = [
            Publication(new_id("pub"), shown.community_id, shown.id, connector, message, "approved", 0)
            for message in messages
        ]
        publications.add(tx, new, self._clock())

    def _block(self, tx: Tx, community_id: str, mine: Invitation) -> None:
        """For pairs; in a group nobody can say who is meant before names are known."""
        others = [
            one.member_id for one in rounds.of_suggestions(tx, community_id, [mine.suggestion_id])[mine.suggestion_id]
            if one.member_id != mine.member_id
        ]  # fmt: skip
        if len(others) == 1:
            safety_cases.block(tx, community_id, mine.member_id, others[0], self._clock())

    def _held(self, tx: Tx, caller: Caller, invitation_id: str) -> Invitation:
        """Of two who answer at once, the second sees what the first said."""
        suggestions.hold(tx, self._own(tx, caller, invitation_id).suggestion_id)
        return self._own(tx, caller, invitation_id)

    def _own(self, tx: Tx, caller: Caller, invitation_id: str) -> Invitation:
        found = rounds.invitation(tx, caller.community_id, invitation_id)
        shown = suggestions.get(tx, caller.community_id, found.suggestion_id)
        if found.member_id != _self(caller) or shown.status not in REACHED:
            raise NotFound(f"There is no invitation {invitation_id!r}.")
        return found

    def _until(self, tx: Tx, community_id: str, one: Invitation) -> datetime:
        return rounds.get(tx, community_id, one.round_id).deadline

    def _view(self, tx: Tx, community_id: str, one: Invitation) -> InvitationView:
        shown = suggestions.get(tx, community_id, one.suggestion_id)
        payload = match_now.current(tx, community_id, IntroductionPayload.model_validate(shown.payload), self._clock())
        state = _state(one)
        text = payload.invitations.get(one.member_id, "")
        if state == "exchanged":
            everybody = rounds.of_suggestions(tx, community_id, [one.suggestion_id])[one.suggestion_id]
            here = {member.id for member in people.all_members(tx, community_id)}
            text = exchange(payload, one.member_id, {i.member_id for i in everybody if i.exchanged_at} & here)
        return InvitationView(one.id, state, text, self._until(tx, community_id, one), one.outcome, one.again)


def _state(one: Invitation) -> State:
    if one.exchanged_at is not None:
        return "exchanged"
    if one.closed_at is not None:
        return "over"
    states: dict[str, State] = {"accept": "accepted", "decline": "declined"}
    return states.get(one.answer, "open")


def _self(caller: Caller) -> str:
    if caller.member_id is None:
        raise Forbidden("Invitations are to members: send the header Cohost-Member with the member's id.")
    return caller.member_id
