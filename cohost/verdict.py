"""What each verdict does: checks, then state, decision, audit row and outbox in the one transaction of the decision."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from cohost import audience, recall, steps, withdrawal
from cohost.connectors import Connectors
from cohost.connectors.unusable import Unusable
from cohost.errors import AlreadyDecided, CohostError, Conflict, InvalidInput, StaleVersion
from cohost.ids import new_id
from cohost.jobs.shape import Job
from cohost.model import Caller
from cohost.ownwords import find_foreign_text
from cohost.ports import Connector
from cohost.quotes import Readable
from cohost.store import Tx, audit, people, publications, suggestions
from cohost.store.audit import Actor
from cohost.suggestion import Decision, Evidence, Publication, Status, Suggestion, check_move

DECIDABLE: frozenset[Status] = frozenset({"pending", "abstained", "failed"})
FURTHEST = timedelta(days=366)  # a later time is a slip of the pen
SHOWN_CHARACTERS = 120  # of a person's words, in a message
Result = Suggestion | CohostError  # an error that is raised only after its own changes are committed


@dataclass(frozen=True)
class Verdict:
    """One decision about one suggestion, whose row this transaction holds."""

    tx: Tx
    caller: Caller
    shown: Suggestion
    decision: Decision
    job: Job
    connectors: Connectors
    now: datetime
    by_concerned: bool = False  # nobody else was left to decide

    def apply(self) -> Result:
        """Do what the person decided; raises Conflict or InvalidInput, then nothing may be committed."""
        check_current(self.tx, self.shown, self.decision)
        self._check_time()
        match self.decision.verdict:
            case "approve":
                return self._approve()
            case "edit":
                return self._edit()
            case "reject":
                return self._reject()
            case "escalate":
                return self._escalate()

    def _approve(self) -> Result:
        shown = self.shown
        if shown.status == "abstained":
            raise Conflict(
                f"Suggestion {shown.id} is an abstention: there is nothing to approve. Answer it in your own words (edit)."
            )
        if not withdrawal.still_stands(self.tx, shown, self.now):
            withdrawal.withdraw(self.tx, shown, withdrawal.GROUND_GONE, now=self.now)
            return Conflict(
                f"Suggestion {shown.id} was withdrawn: something that it relied on changed or may no longer be read there."
                + (" It is being drafted again." if self.job.remade else "")
            )
        return self._publish(shown.payload, shown.evidence)

    def _edit(self) -> Suggestion:
        shown = self.shown
        if not self.decision.payload:
            raise InvalidInput("The verdict `edit` needs the changed `payload`.", field="payload")
        readable = Readable(self.tx, shown.community_id, shown.destination)
        revision = self.job.revise(shown, self.decision.payload, readable)
        self._outbox(revision.payload)  # a text that is too long is not searched for foreign words
        foreign = find_foreign_text(self.tx, shown.community_id, shown.destination, revision.own_words)
        if foreign:
            raise InvalidInput(
                f"“{foreign[:SHOWN_CHARACTERS]}” is taken from a source that not all readers may read. Leave it out.",
                field="payload",
            )
        return self._publish(revision.payload, revision.evidence)

    def _reject(self) -> Suggestion:
        if (self.job.needs_reason or self.shown.corrects) and not self.decision.reason.strip():
            raise InvalidInput("Say why: a rejection of this kind needs a reason.", field="reason")
        recall.leave(self.tx, self.shown, now=self.now)
        steps.give_back(self.tx, self.shown, now=self.now)  # where sending it had failed
        return self._settle("rejected")

    def _escalate(self) -> Suggestion:
        members = people.all_members(self.tx, self.caller.community_id)
        hosts = [m.id for m in members if m.role == "host" and m.active]
        others = [host for host in hosts if host != self.caller.member_id] or hosts
        if not others:
            raise Conflict("There is no host to escalate to; make a member host first.")
        return self._settle(self.shown.status, assigned_to=others[0])

    def _publish(self, payload: dict[str, Any], evidence: Sequence[Evidence]) -> Suggestion:
        shown, can = self.shown, self._connector().steps
        payload = self.job.left_to_people(payload, can)
        changed = payload != self.job.left_to_people(shown.payload, can)
        outbox = self._outbox(payload)
        values: dict[str, Any] = {"payload": payload, "notice": ""}
        if changed:
            values["original_payload"] = shown.original_payload or shown.payload
        suggestions.set_evidence(self.tx, shown.community_id, shown.id, evidence)
        approved = self._settle("approved", edited=payload if changed else None, **values)
        self.job.approved(self.tx, approved, self.now)
        steps.give_back(self.tx, approved, now=self.now)  # of an approval whose sending failed
        steps.take(self.tx, approved, self.decision, now=self.now)
        if outbox:
            self._send_out(outbox, again=not changed)
            return approved
        suggestions.set_status(self.tx, shown.id, "published", now=self.now)  # agreed, and nothing to send
        return suggestions.get(self.tx, shown.community_id, shown.id)

    def _send_out(self, outbox: Sequence[Publication], *, again: bool) -> None:
        """The messages into the outbox; what failed to be sent goes out under its old keys, if it is the same."""
        at = max(self.decision.publish_at or self.job.planned_for(self.shown) or self.now, self.now)
        connector = outbox[0].connector if outbox else ""
        if not (again and publications.revive(self.tx, self.shown.id, connector, now=self.now, publish_at=at)):
            publications.discard(self.tx, self.shown.id)
            publications.add(self.tx, outbox, self.now, publish_at=at)

    def _outbox(self, payload: dict[str, Any]) -> list[Publication]:
        """The rows of an approval; raises Conflict or InvalidInput where they could not be sent."""
        shown, connector = self.shown, self._connector()
        messages = self.job.messages(payload, shown.destination, shown.request_id)
        for message in messages:
            if len(message.text) > connector.max_characters:
                raise InvalidInput(
                    f"The text is longer than {connector.name} takes ({connector.max_characters} characters).",
                    field="payload",
                )
        return [
            Publication(new_id("pub"), shown.community_id, shown.id, connector.name, message, "approved", 0)
            for message in messages
            if message.destination.kind != "post" or message.step in connector.steps
        ]

    def _connector(self) -> Connector:
        shown = self.shown
        if not audience.readers(audience.sight(self.tx, shown.community_id), shown.destination):
            raise Conflict(f"Suggestion {shown.id} has nowhere to go: its space or its reader is gone. Reject it.")
        name = people.community(self.tx, shown.community_id).settings.connector
        connector = self.connectors.get(self.tx, shown.community_id, name)
        if isinstance(connector, Unusable):
            raise Conflict(f"Nothing can be posted through {name}: {connector.why} Choose another in the settings.")
        return connector

    def _settle(self, status: Status, *, edited: dict[str, Any] | None = None, **values: Any) -> Suggestion:
        shown, decision = self.shown, self.decision
        if status != shown.status:
            check_move(shown.id, shown.status, status)
        if not suggestions.update(self.tx, shown.id, from_version=shown.version, now=self.now, status=status, **values):
            raise StaleVersion(f"Suggestion {shown.id} changed meanwhile; load it again.")
        suggestions.add_decision(
            self.tx, shown.community_id, shown.id, version=decision.version, verdict=decision.verdict,
            member_id=self.caller.member_id, credential_id=self.caller.credential_id, payload_shown=shown.payload,
            payload=edited, reason=decision.reason, by_concerned=self.by_concerned, decided_at=self.now,
        )  # fmt: skip
        record(self.tx, self.caller, shown, status, now=self.now, verdict=decision.verdict)
        return suggestions.get(self.tx, shown.community_id, shown.id)

    def _check_time(self) -> None:
        at = self.decision.publish_at
        if at is not None and self.decision.verdict not in ("approve", "edit"):
            raise InvalidInput("Only what is approved has a time to be published.", field="publish_at")
        if at is not None and at > self.now + FURTHEST:
            raise InvalidInput(f"The time to publish is more than {FURTHEST.days} days away.", field="publish_at")


def check_current(tx: Tx, shown: Suggestion, decision: Decision) -> None:
    """Raise AlreadyDecided or StaleVersion unless the decision is about the suggestion as it stands."""
    if shown.status not in DECIDABLE:
        verdicts = suggestions.decisions_of(tx, shown.id)
        who = f" by {verdicts[-1]['member_id']} ({verdicts[-1]['verdict']})" if verdicts else ""
        raise AlreadyDecided(f"Suggestion {shown.id} is already {shown.status}{who}; load it again.")
    if shown.version != decision.version:
        raise StaleVersion(
            f"You saw version {decision.version} of suggestion {shown.id}; now it is {shown.version}. Load it again."
        )


def record(tx: Tx, caller: Caller, shown: Suggestion, new: Status, *, now: datetime, **details: Any) -> None:
    """The audit row of a change of state that a person made."""
    actor = Actor(caller.member_id or "platform", caller.credential_id)
    audit.record(
        tx, shown.community_id, actor, f"suggestion.{new}", "suggestion", shown.id, now=now, old=shown.status, new=new,
        version=shown.version, **details,
    )  # fmt: skip
